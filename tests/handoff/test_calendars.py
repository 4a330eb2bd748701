from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.handoff.calendars import Hours, after, hours, is_working, minutes_between
from clew.web.seed import WEEK

OFFICE = hours("Asia/Shanghai", WEEK, ["2026-10-01"])


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-11-23T08:29", False),
        ("2026-11-23T08:30", True),
        ("2026-11-23T17:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-22T12:00", False),  # a Sunday
        ("2026-10-01T12:00", False),  # a day off
    ],
)
def test_working_time_has_edges_weekends_and_days_off(moment: str, *, works: bool) -> None:
    assert is_working(OFFICE, shanghai(moment)) is works


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T10:00", 10, "2026-11-23T10:10"),
        ("2026-11-23T17:55", 10, "2026-11-24T08:35"),
        ("2026-11-21T17:30", 60, "2026-11-23T09:00"),  # Saturday to Monday
        ("2026-09-30T17:59", 2, "2026-10-02T08:31"),  # over a day off
        ("2026-11-23T03:00", 0, "2026-11-23T08:30"),
    ],
)
def test_a_clock_runs_in_working_time_only(start: str, minutes: int, end: str) -> None:
    assert after(OFFICE, shanghai(start), minutes) == shanghai(end)


def test_an_hour_that_the_clock_change_skips_is_not_worked() -> None:
    berlin = hours("Europe/Berlin", [[6 * 1440, 7 * 1440]], [])  # Sundays
    start = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # 00:30, the clock jumps from 2:00 to 3:00
    assert after(berlin, start, 120) == start + timedelta(hours=2)
    whole = minutes_between(berlin, start - timedelta(hours=1), start + timedelta(days=1))
    assert whole == 23 * 60


def test_a_calendar_without_any_work_counts_all_time() -> None:
    start = shanghai("2026-11-23T10:00")
    assert after(Hours("Asia/Shanghai", ()), start, 90) == start + timedelta(minutes=90)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.integers(0, 3000))
def test_counting_back_gives_the_minutes_that_were_added(start: datetime, minutes: int) -> None:
    start = start.replace(second=0, microsecond=0)
    assert minutes_between(OFFICE, start, after(OFFICE, start, minutes)) == minutes
