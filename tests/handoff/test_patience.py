"""Counting back in a calendar is the same as counting on: what is due is what was announced."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from clew.handoff.calendars import (
    DAY,
    Hours,
    after,
    before,
    closed_since,
    closing,
    hours,
    is_working,
    minutes_between,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
blocks = st.tuples(st.integers(0, 7 * DAY - 31), st.integers(30, 700)).map(
    lambda b: (b[0], min(b[0] + b[1], 7 * DAY))
)


def _are_apart(week: list[tuple[int, int]]) -> bool:
    ordered = sorted(week)
    return all(end <= begin for (_, end), (begin, _) in pairwise(ordered))


calendars = st.builds(
    lambda week, off, zone: hours(zone, week, [str(START.date() + timedelta(days=d)) for d in off]),
    st.lists(blocks, min_size=1, max_size=6).filter(_are_apart),
    st.sets(st.integers(0, 40), max_size=8),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
)
moments = st.integers(0, 60 * DAY).map(lambda minute: START + timedelta(minutes=minute))


@given(calendars, moments, moments, st.integers(1, 12))
def test_days_counted_back_are_days_counted_on(
    h: Hours, start: datetime, now: datetime, days: int
) -> None:
    assert (closing(h, start, days) <= now) == (start < closed_since(h, now, days))


@given(calendars, moments, st.integers(1, 12))
def test_it_is_the_end_of_a_days_work_after_the_day_itself(
    h: Hours, start: datetime, days: int
) -> None:
    ends = closing(h, start, days)
    assert ends - start > timedelta(0)
    assert is_working(h, ends - SECOND)


@given(calendars, moments, moments, st.integers(1, 3000))
def test_minutes_counted_back_are_minutes_counted_on(
    h: Hours, start: datetime, now: datetime, minutes: int
) -> None:
    assume(minutes_between(h, start, start + timedelta(days=50)) > minutes)
    assume(minutes_between(h, now - timedelta(days=50), now) > minutes)
    assert (after(h, start, minutes) <= now) == (start <= before(h, now, minutes))


def test_three_working_days_end_after_the_weekend() -> None:
    week = [[d * DAY + 9 * 60, d * DAY + 18 * 60] for d in range(5)]
    h = hours("Asia/Shanghai", week, ["2026-11-24"])
    monday = datetime.fromisoformat("2026-11-23T10:00+08:00")
    assert closing(h, monday, 1) == datetime.fromisoformat("2026-11-25T18:00+08:00")
    assert closing(h, monday, 4) == datetime.fromisoformat("2026-11-30T18:00+08:00")
