"""What makes two contacts look like one person."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.contacts.likeness import (
    Face,
    company_core,
    is_short_for,
    is_typo,
    keys,
    name_core,
    numbers_in,
    reasons,
    score,
)

RUIDA = "昆山锐达自动化设备有限公司"
DIGITS = st.text("0123456789", min_size=10, max_size=10)


def meet(one: Face, other: Face) -> bool:
    """Tell whether one finds the other by a key."""
    return not keys(one).sought.isdisjoint(keys(other).stored)


@given(DIGITS, st.integers(0, 9), st.sampled_from("0123456789"))
def test_one_digit_off_is_a_typo_and_has_a_key_in_common(rest: str, at: int, digit: str) -> None:
    number, other = "+861" + rest, "+861" + rest[:at] + digit + rest[at + 1 :]
    assert is_typo(number, other) == (number != other)
    assert meet(Face("王", "", frozenset({number})), Face("王", "", frozenset({other})))


@given(DIGITS, st.integers(0, 8))
def test_two_swapped_are_a_typo_and_have_a_key_in_common(rest: str, at: int) -> None:
    swapped = rest[:at] + rest[at + 1] + rest[at] + rest[at + 2 :]
    assert is_typo("+861" + rest, "+861" + swapped) == (rest != swapped)
    faces = [Face("王", "", frozenset({"+861" + digits})) for digits in (rest, swapped)]
    assert meet(*faces)


@given(DIGITS, DIGITS)
def test_numbers_further_apart_are_no_typo(one: str, other: str) -> None:
    apart = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) > 2 or (len(apart) == 2 and apart[1] > apart[0] + 1):
        assert not is_typo(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("王工", "王建国"), ("王先生", "王工"), ("老王", "王建国"), ("Jane", "jane Doe"), ("欧阳总", "欧阳明")],
)  # fmt: skip
def test_a_short_name_may_be_the_long_one(one: str, other: str) -> None:
    assert is_short_for(one, other)
    assert is_short_for(other, one)
    a, b = Face(one, RUIDA), Face(other, "昆山锐达自动化设备")
    assert reasons(a, b) == ["alike_name"]
    assert meet(a, b)
    assert meet(b, a)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王工", "李建国"),
        ("王建国", "王建军"),
        ("", "王工"),
        ("Jane Roe", "Jane Doe"),
        ("欧阳明", "欧明"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert not is_short_for(one, other)
    assert reasons(Face(one, RUIDA), Face(other, RUIDA)) == []


def test_titles_blanks_and_legal_forms_make_no_other_name() -> None:
    assert name_core(" 王 建国 先生") == name_core("王建国")
    assert company_core(
        "昆山锐达自动化设备（有限公司）".replace("（", "").replace("）", "")
    ) == company_core("昆山锐达自动化设备")
    assert company_core("Acme Co., Ltd.") == company_core("ACME") == "acme"
    assert company_core("个人") == company_core("无") == ""


def test_each_reason_is_found_and_they_add_up() -> None:
    one = Face("王建国", RUIDA, frozenset({"+8613812345678"}), frozenset({"wjg@a.cn"}))
    other = Face("王建国", RUIDA, frozenset({"+8613812345687"}), frozenset({"WJG+x@b.cn"}))
    assert reasons(one, other) == ["same_name", "typo", "same_mailbox"]
    assert score(reasons(one, other)) == 97
    assert score([]) == 0
    assert score(["alike_name"]) == 45


def test_two_whose_names_are_no_more_than_a_surname_are_not_the_same_yet() -> None:
    assert reasons(Face("王工", RUIDA), Face("王工", RUIDA)) == ["alike_name"]


def test_numbers_in_a_text_are_found_and_model_numbers_are_not() -> None:
    text = (
        "打 138 1234 5678 或 +44 20 7946 0958，型号 SGM7J-04AFC6S，2026-11-23 要 20 台，价 12345.67"
    )
    assert list(numbers_in([text]))[:2] == ["138 1234 5678", "+44 20 7946 0958"]


def test_whoever_shares_a_reason_shares_a_key() -> None:
    chance = random.Random(5)
    for _ in range(2000):
        faces = [
            Face(
                chance.choice(["", "王工", "王建国", "李四", "老李", "Ann", "Ann Lee"]),
                chance.choice(["", RUIDA, "锐达"]),
                frozenset({f"+861381234567{chance.randrange(3)}"}),
                frozenset({chance.choice(["a@x.cn", "a@y.cn", "b@x.cn"])}),
            )
            for _ in range(2)
        ]
        if reasons(*faces):
            assert meet(*faces)
