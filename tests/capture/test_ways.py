"""Ways of reaching a person, as people write them."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.capture.rules import is_reachable
from clew.capture.schemas import LeadIn
from clew.capture.ways import Way, normal_phone, numbers, phone_fault, ways

DATA = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data")) / "phones"
MANY = ["+8613812345678", "+8613912345678"]
WRITTEN = {
    "13800138000": ["+8613800138000"],
    "+86 138-0013-8000": ["+8613800138000"],
    "0086 13800138000": ["+8613800138000"],
    "86-13800138000": ["+8613800138000"],
    "013800138000": ["+8613800138000"],
    "０１３８００１３８０００": ["+8613800138000"],
    "\t13800138000": ["+8613800138000"],
    "'13800138000": ["+8613800138000"],
    '="13800138000"': ["+8613800138000"],
    "13800138000.0": ["+8613800138000"],
    "13,800,138,000": ["+8613800138000"],
    "手机：138 0013 8000": ["+8613800138000"],
    "13800138000（微信同号）": ["+8613800138000"],
    "010-62345678": ["+861062345678"],
    "(010)62345678转801": ["+861062345678,801"],
    "（０１０）６２３４５６７８ 分机：801": ["+861062345678,801"],
    "010-62345678 ext. 801": ["+861062345678,801"],
    "010-62345678x801": ["+861062345678,801"],
    "010-62345678#801": ["+861062345678,801"],
    "010-62345678-801": ["+861062345678,801"],
    "+861062345678,801": ["+861062345678,801"],
    "0512-6555123-8": ["+865126555123,8"],
    "0755-8888-8888": ["+8675588888888"],
    "17012345678转1234": ["+8617012345678,1234"],
    "400-820-8820": ["+864008208820"],
    "400-820-8820转5": ["+864008208820,5"],
    "+852 6123 4567": ["+85261234567"],
    "852-61234567": ["+85261234567"],
    "00852 61234567": ["+85261234567"],
    "+1 (415) 555-0132": ["+14155550132"],
    "13812345678 13912345678": MANY,
    "13812345678，13912345678": MANY,
    "13812345678、13912345678": MANY,
    "13812345678/13912345678": MANY,
    "13812345678;13912345678": MANY,
    "13812345678或13912345678": MANY,
    "张三13812345678 李四13912345678": MANY,
    "138 1234 5678 139 1234 5678": MANY,
    "13812345678；无": ["+8613812345678"],
}
USELESS = {
    "1.38E+10": "digits_lost",
    "1.38001E+10": "digits_lost",
    "1.38e10": "digits_lost",
    "１．３８Ｅ＋１０": "digits_lost",
    "138001380": "digits_lost",
    "1380013800": "digits_lost",
    "1380013800.0": "digits_lost",
    "+86 1380013800": "digits_lost",
    "86138001380": "digits_lost",
    "13812345678; 1.38E+10": "digits_lost",
    "138****5678": "masked",
    "62345678": "no_area_code",
    "138001": "too_few_digits",
    "10086": "too_few_digits",
    "138001380001": "too_many_digits",
    "13800138000138001380": "too_many_digits",
    "没有": "not_a_phone",
    "13800138abc": "not_a_phone",
    "a@b": "not_a_phone",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_every_number_of_a_field_is_normalised(text: str) -> None:
    assert list(dict.fromkeys(numbers(text))) == WRITTEN[text]
    assert normal_phone(text) == WRITTEN[text][0]
    assert phone_fault(text) == ""


@pytest.mark.parametrize("text", USELESS)
def test_what_is_not_a_whole_number_is_refused_with_the_reason(text: str) -> None:
    assert phone_fault(text) == USELESS[text]
    assert numbers(text) == [] or USELESS[text] == "digits_lost"


def test_an_empty_field_has_no_fault() -> None:
    assert phone_fault("") == phone_fault(" ") == ""


def rows(name: str) -> Iterator[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} beside the project")
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_awkward_chinese_numbers_agree_with_the_expected_answers() -> None:
    for row in rows("cn_inputs_expected.csv"):
        is_extended = row["input"] == "(010)62345678转801"
        expected = "+861062345678,801" if is_extended else row["e164"]
        assert normal_phone(row["input"]) == expected, row["input"]


def test_the_example_numbers_of_every_country_normalise_from_both_their_forms() -> None:
    for row in rows("phone_examples.csv"):
        if row["valid"] != "1":
            continue
        assert numbers(row["international"]) == [row["e164"]], row
        if row["region"] != "CN":
            assert numbers(row["national"], row["region"]) == [row["e164"]], row


def test_a_file_of_another_country_reads_its_own_numbers() -> None:
    assert numbers("(415) 555-0132", "US") == ["+14155550132"]
    assert numbers("6123 4567", "HK") == ["+85261234567"]
    assert phone_fault("6123 4567", "CN") == "no_area_code"
    assert numbers("+86 13812345678", "US") == ["+8613812345678"]
    assert numbers("13812345678", "no such country") == []


def test_several_ways_in_one_field_are_all_kept_once() -> None:
    found = ways("13812345678，010-62345678;13812345678", "A@B.cn; c@d.cn", "Wei_Xin01")
    assert found == [
        Way("phone", "+8613812345678"),
        Way("phone", "+861062345678"),
        Way("wechat", "wei_xin01"),
        Way("email", "a@b.cn"),
        Way("email", "c@d.cn"),
    ]


@pytest.mark.parametrize("text", ["-", "无", "none", "Unknown", "小王", "同手机号", " "])
def test_a_word_that_many_write_is_nobodys_wechat_id(text: str) -> None:
    assert ways("", "", text) == []


def test_a_wechat_id_that_is_the_phone_number_is_kept_as_such() -> None:
    assert ways("13812345678", "", "微信同号") == [
        Way("phone", "+8613812345678"),
        Way("wechat", "13812345678"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("张三 <Zhang@A.cn>", "zhang@a.cn"), ("ａ＠ｂ．ｃｎ", "a@b.cn"), (" a@b.cn。", "a@b.cn。")],
)
def test_an_address_is_taken_out_of_its_wrapping(text: str, expected: str) -> None:
    assert ways("", text, "") == [Way("email", expected)]


@pytest.mark.parametrize(
    "given", [{"phone": "10086"}, {"phone": "1.38E+10"}, {"email": "a@b"}, {"wechat": "无"}]
)
def test_the_door_says_at_once_what_reaches_nobody(given: dict[str, str]) -> None:
    assert not is_reachable(LeadIn(source="site", **given))


@given(st.text(max_size=80))
def test_any_text_is_taken_without_an_error(text: str) -> None:
    found = numbers(text)
    assert all(number.startswith("+") for number in found)
    assert [n for number in found for n in numbers(number)] == found
    fault = phone_fault(text)
    assert not found or fault in {"", "digits_lost"}
    ways(text, text, text)


@given(
    st.from_regex(r"\A[+(]?[0-9]{2,5}[-) .]?[0-9]{3,8}([-转x,; ][0-9]{1,8}){0,2}\Z"),
    st.sampled_from(["CN", "US", "DE"]),
)
def test_what_looks_like_a_number_keeps_its_digits(text: str, country: str) -> None:
    given = "".join(c for c in text if c.isdigit())
    for number in numbers(text, country):
        main, _, extension = number.partition(",")
        assert main[-4:] in given
        assert extension in given
