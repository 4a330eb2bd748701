"""When a resting lead is due again: so many working days later, never sooner, and spread where many come at once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clew.handoff.calendars import Hours, closed_since, hours
from clew.pipeline.resting.rules import Pace, days_of_many, is_sound, next_touch

MORNING, EVENING = 9 * 60, 18 * 60
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
moments = some.integers(0, 400 * 24 * 60).map(lambda n: BEGIN + timedelta(minutes=n))
paces = some.builds(Pace, some.integers(1, 120), some.integers(1, 20))


@some.composite
def calendars(draw: some.DrawFn) -> Hours:
    """Any days of the week, at least two, and some days off."""
    days = draw(some.sets(some.integers(0, 6), min_size=2))
    off = draw(some.sets(some.dates(BEGIN.date(), BEGIN.date() + timedelta(days=60)), max_size=9))
    week = [[day * 1440 + MORNING, day * 1440 + EVENING] for day in sorted(days)]
    return hours("Asia/Shanghai", week, [day.isoformat() for day in off])


@given(pace=paces, touches=some.integers(0, 25), now=moments, worked=calendars())
def test_it_is_due_when_so_many_working_days_are_over_unless_it_was_enough(
    pace: Pace, touches: int, now: datetime, worked: Hours
) -> None:
    due = next_touch(pace, touches, now, worked)
    if touches >= pace.touches_at_most:
        assert due is None
        return
    assert due
    local = due.astimezone(ZoneInfo("Asia/Shanghai"))
    assert (local.hour, local.minute) == (18, 0)
    assert due >= now + timedelta(days=pace.every_days - 1)
    day = now.astimezone(local.tzinfo).date()
    just_before = closed_since(worked, due - timedelta(seconds=1), pace.every_days)
    at_last = closed_since(worked, due, pace.every_days)
    assert just_before.astimezone(local.tzinfo).date() <= day
    assert at_last.astimezone(local.tzinfo).date() > day


@given(pace=paces, count=some.integers(1, 200), now=moments, worked=calendars())
def test_the_first_of_many_waits_the_whole_interval_and_no_two_in_a_row_share_a_day(
    pace: Pace, count: int, now: datetime, worked: Hours
) -> None:
    days = days_of_many(pace, count, now, worked)
    assert days[0] == next_touch(pace, 0, now, worked)
    assert len(days) == len(set(days)) == min(count, pace.every_days)
    assert min(days) > now


def test_without_hours_days_are_days() -> None:
    assert next_touch(Pace(10, 1), 0, BEGIN, None) == BEGIN + timedelta(days=10)


@pytest.mark.parametrize("pace", [Pace(0, 1), Pace(366, 1), Pace(1, 0), Pace(1, 101)])
def test_a_pace_has_bounds(pace: Pace) -> None:
    assert not is_sound(pace)
    assert is_sound(Pace(1, 1))
    assert is_sound(Pace(365, 100))
