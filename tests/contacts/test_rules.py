import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.contacts.rules import Way, interest, mask, normal_phone, ways

DATA = Path(os.environ.get("CLEW_TEST_DATA", "../shared/data"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("０１３８００１３８０００", "+8613800138000"),
        ("010-62345678", "+861062345678"),
        ("(010)62345678转801", "+861062345678,801"),
        ("+852 6123 4567", "+85261234567"),
        ("138001", None),
        ("没有", None),
        ("1.38E+10", None),
    ],
)
def test_a_number_is_normalised_or_refused_never_guessed(text: str, expected: str | None) -> None:
    assert normal_phone(text) == expected


def test_awkward_chinese_numbers_agree_with_the_expected_answers() -> None:
    path = DATA / "phones" / "cn_inputs_expected.csv"
    if not path.exists():
        pytest.skip(f"no {path.name} beside the project")
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        if not row["e164"].startswith("ERR"):
            assert normal_phone(row["input"]) == row["e164"], row["input"]


def test_several_ways_in_one_field_are_all_kept_once() -> None:
    found = ways("13812345678，010-62345678;13812345678", "A@B.cn", "Wei_Xin01")
    assert found == [
        Way("phone", "+8613812345678"),
        Way("phone", "+861062345678"),
        Way("wechat", "wei_xin01"),
        Way("email", "a@b.cn"),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", "+8613812345678", "138****5678"),
        ("email", "zhou@ruida.example", "z****@ruida.example"),
        ("wechat", "zhoujianguojg", "zhou****jg"),
        ("wechat", "ab", "a****"),
    ],
)
def test_masks_hide_the_middle(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


def test_the_interest_names_what_is_wanted_but_no_number() -> None:
    line = interest("要 400W 伺服电机\n电话 138-1234-5678，邮箱 a@b.cn，座机 0512-6234567")
    assert line == "要 400W 伺服电机 电话 ****，邮箱 ****，座机 ****"
    assert interest("7104080 型号 6205-2RS 要 100 件") == "7104080 型号 6205-2RS 要 100 件"


@given(st.text(max_size=80))
def test_any_text_is_taken_without_an_error(text: str) -> None:
    number = normal_phone(text)
    assert number is None or number.startswith("+")
    ways(text, text, text)
    assert len(interest(text)) <= 200
