"""What a cell says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.capture.values import HERE, ending, moment, money, scrambled

NOON = datetime(2026, 11, 24, 13, 5, tzinfo=HERE)
DAY = datetime(2026, 11, 24, tzinfo=HERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", DAY),
        ("2026/11/24 13:05", NOON),
        ("2026.11.24 13:05:00", NOON),
        ("2026-11-24T13:05:00+08:00", NOON),
        ("2026-11-24T05:05:00Z", NOON),
        ("2026-11-24 05:05:00 UTC", NOON),
        ("2026年11月24日", DAY),
        ("2026年11月24日 13时05分", NOON),
        ("2026年11月24日下午1:05", NOON),
        ("２０２６－１１－２４", DAY),
        ("2026-11-24 星期二 13:05", NOON),
        ("24.11.2026", DAY),
        ("24/11/2026", DAY),
        ("11/24/2026 1:05 PM", NOON),
        ("11/24/26", DAY),
        ("24-Nov-2026", DAY),
        ("Nov 24, 2026", DAY),
        ("20261124", DAY),
        ("20261124130500", NOON),
        ("46350", DAY),
        ("46350.5", datetime(2026, 11, 24, 12, tzinfo=HERE)),
        ("1795496700", NOON),
        ("1795496700000", NOON),
    ],
)
def test_a_moment_is_read_however_it_is_written(text: str, expected: datetime) -> None:
    assert moment(text) == (expected, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("05/06/2026", "ambiguous_date"),
        ("2026-02-30", "impossible_date"),
        ("2026-11-24 25:00", "impossible_date"),
        ("1999-12-31", "impossible_date"),
        ("2026年11月", "not_a_date"),
        ("5", "not_a_date"),
        ("昨天", "not_a_date"),
        ("2026-11-24" * 100, "not_a_date"),
    ],
)
def test_a_moment_is_never_guessed(text: str, code: str) -> None:
    assert moment(text) == (None, code)


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("￥1,200.50", 120_050, "CNY"),
        ("12万", 12_000_000, "CNY"),
        ("1.2万元", 1_200_000, "CNY"),
        ("12,000.00", 1_200_000, "CNY"),
        ("1.200,50", 120_050, "CNY"),
        ("(300)", -30_000, "CNY"),
        ("US$ 99", 9_900, "USD"),
        ("5000日元", 5_000, "JPY"),
        ("３００元", 30_000, "CNY"),
    ],
)
def test_money_is_read_in_minor_units(text: str, minor: int, currency: str) -> None:
    assert money(text) == (minor, currency)


@pytest.mark.parametrize("text", ["", "很多", "1.2E+05", "12,5", "100元/月", "9" * 30, "12万左右"])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    assert money(text)[0] is None


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("won 成交 是 yes 1 TRUE 已签约 Success converted", "won"),
        ("lost 失败 否 no 0 战败 无效", "lost"),
        ("跟进中 maybe 2", ""),
    ],
)
def test_words_say_how_it_ended(words: str, result: str) -> None:
    assert {ending(word) for word in words.split()} == {result}


@given(st.text(max_size=70))
def test_any_cell_is_taken_without_an_error(text: str) -> None:
    for day_first in (None, True, False):
        at, code = moment(text, day_first=day_first)
        assert (at is None) == bool(code)
    money(text)
    scrambled(text)


MOMENTS = st.integers(946_800_000, 4_102_000_000).map(lambda n: datetime.fromtimestamp(n, HERE))


@given(MOMENTS)
def test_a_written_moment_reads_as_itself(at: datetime) -> None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y%m%d%H%M%S"):
        assert moment(at.strftime(form)) == (at, "")
    assert moment(at.strftime("%m/%d/%Y %I:%M:%S %p"), day_first=False) == (at, "")
    assert moment(at.astimezone(UTC).isoformat()) == (at, "")
