from typing import Any

import pytest
from hypothesis import given, strategies

from clew.capture.custom import (
    Choice,
    Definition,
    accept,
    accept_all,
    read,
    same_name,
    shown,
    written,
)

TEXT = Definition("note", "备注", "text")
NUMBER = Definition("voltage", "电压", "number", unit="V")
DAY = Definition("due", "交货期", "date")
CHOICE = Definition(
    "axis", "轴", "choice", (Choice("one", "单轴"), Choice("two", "双轴", is_retired=True))
)
MONEY = Definition("budget", "预算", "money", currency="CNY")
YEN = Definition("yen", "日元", "money", currency="JPY")
FIELDS = {f.key: f for f in (TEXT, NUMBER, DAY, CHOICE, MONEY, YEN)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (TEXT, "abc"),
        (NUMBER, 48),
        (NUMBER, -0.125),
        (DAY, "1998-02-28"),
        (CHOICE, "one"),
        (CHOICE, "two"),
        (MONEY, 0),
        (MONEY, -120050),
    ],
)
def test_a_value_as_it_is_kept_is_taken_as_it_is(field: Definition, value: Any) -> None:
    assert accept(field, value) == (value, "")


@pytest.mark.parametrize("field", FIELDS.values())
def test_nothing_given_is_no_value_and_no_fault(field: Definition) -> None:
    assert accept(field, None) == accept(field, "") == read(field, " \u3000") == (None, "")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (TEXT, 5, "wrong_type"),
        (TEXT, "x" * 501, "too_long"),
        (TEXT, "a\0b", "nul"),
        (NUMBER, "48", "not_a_number"),
        (NUMBER, True, "not_a_number"),
        (NUMBER, float("nan"), "out_of_range"),
        (NUMBER, 10**13, "out_of_range"),
        (NUMBER, 10**400, "out_of_range"),
        (NUMBER, 1.23456789, "too_exact"),
        (DAY, "2026-02-30", "impossible_day"),
        (DAY, "0001-01-01", "impossible_day"),
        (DAY, "2026-2-3", "not_a_date"),
        (DAY, "2026-01-01T00:00:00Z", "not_a_date"),
        (CHOICE, "three", "not_a_choice"),
        (CHOICE, ["one"], "not_a_choice"),
        (MONEY, 12.5, "not_minor_units"),
        (MONEY, "12.50", "not_minor_units"),
        (MONEY, 10**13, "out_of_range"),
    ],
)
def test_what_is_no_value_of_the_kind_is_refused_by_a_code(
    field: Definition, value: Any, code: str
) -> None:
    assert accept(field, value) == (None, code)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (TEXT, "  abc ", "abc"),
        (NUMBER, "1,200.50", 1200.5),
        (NUMBER, "48V", 48),
        (NUMBER, "-3 v", -3),
        (NUMBER, "48", 48),
        (DAY, "2026年3月1日", "2026-03-01"),
        (DAY, "1998-02-28", "1998-02-28"),
        (DAY, "3/25/2026", "2026-03-25"),
        (CHOICE, "单轴", "one"),
        (CHOICE, "ONE", "one"),
        (MONEY, "¥1.2万", 1_200_000),
        (MONEY, "1200.5", 120_050),
        (YEN, "1,200", 1200),
    ],
)
def test_a_value_is_read_as_people_write_it(field: Definition, text: str, value: Any) -> None:
    assert read(field, text) == (value, "")


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (NUMBER, "about 48", "not_a_number"),
        (NUMBER, "9" * 100, "not_a_number"),
        (DAY, "soon", "not_a_date"),
        (DAY, "05/06/2026", "ambiguous_date"),
        (DAY, "2026-02-30", "impossible_day"),
        (CHOICE, "三轴", "not_a_choice"),
        (MONEY, "a lot", "not_an_amount"),
        (MONEY, "US$ 99", "other_currency"),
    ],
)
def test_what_cannot_be_read_says_why(field: Definition, text: str, code: str) -> None:
    assert read(field, text) == (None, code)


def test_every_fault_of_a_lead_is_named_by_its_field() -> None:
    typed, faults = accept_all(FIELDS, {"voltage": 48, "due": "x", "colour": "red", "note": None})
    assert typed == {"voltage": 48}
    assert faults == [("due", "not_a_date"), ("colour", "unknown_field")]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (NUMBER, 1200.5, "1,200.5 V"),
        (NUMBER, 1e-06, "0.000001 V"),
        (CHOICE, "two", "双轴"),
        (CHOICE, "gone", "gone"),
        (MONEY, -1_200_050, "−¥12,000.50"),
        (YEN, 1200, "JPY 1,200"),
        (DAY, "2026-03-01", "2026-03-01"),
        (TEXT, None, ""),
    ],
)
def test_a_value_is_shown_with_its_unit_currency_or_label(
    field: Definition, value: Any, words: str
) -> None:
    assert shown(field, value) == words


@given(strategies.sampled_from([NUMBER, MONEY, YEN]), strategies.integers(-(10**12), 10**12))
def test_what_is_written_into_a_form_reads_back_the_same(field: Definition, value: int) -> None:
    assert read(field, written(field, value)) == (value, "")


@given(strategies.integers(-(10**9), 10**9), strategies.integers(0, 6))
def test_a_decimal_reads_back_the_same(figure: int, places: int) -> None:
    value, code = accept(NUMBER, figure / 10**places)
    assert code == ""
    assert read(NUMBER, written(NUMBER, value)) == (value, "")


def test_columns_are_found_by_key_or_label_and_each_field_once() -> None:
    assert same_name(["电压", "Voltage", " 预算", "x"], FIELDS) == {
        "电压": "voltage",
        " 预算": "budget",
    }
