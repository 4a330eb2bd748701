"""When the steps of a clock are due, over any calendar and change of the clock."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clew.handoff.calendars import (
    Hours,
    after,
    after_each,
    before,
    has_work,
    hours,
    minutes_between,
)
from clew.pipeline.clocks.rules import LONGEST, Terms, is_enough, moments, shifted

DAY = 24 * 60
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def calendars(draw: st.DrawFn) -> Hours:
    """Draw hours of some weekdays, with days off and days that are worked in exchange."""
    opens = draw(st.integers(0, 20 * 60))
    closes = draw(st.integers(opens + 30, DAY))
    worked = draw(st.sets(st.integers(0, 6), min_size=1))
    days = st.dates(date(2026, 1, 1), date(2027, 1, 31))
    off = draw(st.sets(days, max_size=20))
    on = draw(st.dictionaries(days, st.sampled_from(sorted(worked)), max_size=10))
    return hours(
        draw(st.sampled_from(ZONES)),
        [[d * DAY + opens, d * DAY + closes] for d in worked],
        [str(day) for day in off],
        {str(day): weekday for day, weekday in on.items() if day not in off},
    )


starts = st.integers(0, 365 * DAY).map(lambda minute: FIRST + timedelta(minutes=minute))
steps = st.lists(st.integers(1, LONGEST), min_size=1, max_size=4)


@given(calendars(), starts, steps)
def test_so_much_is_worked_until_a_step_is_due_and_not_a_minute_less(
    h: Hours, start: datetime, minutes: list[int]
) -> None:
    for some, moment in zip(minutes, after_each(h, start, minutes), strict=True):
        if moment - start < timedelta(days=3_600):
            assert minutes_between(h, start, moment) == some
            assert minutes_between(h, start, moment - timedelta(minutes=1)) == some - 1
        assert moment == after(h, start, some)


@given(calendars(), starts, st.integers(1, 60), st.integers(1, 60))
def test_steps_come_in_order(h: Hours, start: datetime, target: int, later: int) -> None:
    when = moments(Terms(1, target + 1, target, target + later), h, start)
    assert when.warn_at
    assert when.escalate_at
    assert start < when.warn_at <= when.due_at <= when.escalate_at


def test_who_opens_in_the_hour_that_is_left_out_opens_when_the_clock_is_put_forward() -> None:
    early = hours("Europe/Berlin", [[6 * DAY + 174, 6 * DAY + 204]], [])  # Sunday 2:54 to 3:24
    night, forward = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert minutes_between(early, night, night + timedelta(days=1)) == 24  # from 3:00 on
    assert after(early, night, 24) == forward + timedelta(minutes=24)
    assert after(early, night, 25) == datetime(2026, 4, 5, 0, 55, tzinfo=UTC)
    assert before(early, forward + timedelta(minutes=24), 24) == forward


def test_who_closes_in_the_hour_that_is_left_out_closes_when_the_clock_is_put_forward() -> None:
    late = hours("Europe/Berlin", [[6 * DAY + 60, 6 * DAY + 150]], [])  # Sunday 1:00 to 2:30
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert minutes_between(late, night, night + timedelta(days=1)) == 60


def test_an_hour_that_is_left_out_or_comes_twice_is_no_time_and_two_hours() -> None:
    nights = hours("Europe/Berlin", [[6 * DAY, 6 * DAY + 6 * 60]], [])  # Sunday 0:00 to 6:00
    spring, autumn = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert after(nights, spring, 180) == spring + timedelta(hours=3)
    assert after(nights, autumn, 180) == autumn + timedelta(hours=3)
    assert minutes_between(nights, spring, spring + timedelta(days=1)) == 5 * 60
    assert minutes_between(nights, autumn, autumn + timedelta(days=1)) == 7 * 60


def test_an_exchanged_workday_is_worked_and_its_holiday_is_not() -> None:
    week = [[d * DAY + 9 * 60, d * DAY + 18 * 60] for d in range(5)]
    national = hours("Asia/Shanghai", week, ["2026-10-01", "2026-10-02"], {"2026-10-10": 4})
    thursday = datetime(2026, 10, 1, 2, tzinfo=UTC)
    assert after(national, thursday, 10) == datetime(2026, 10, 5, 1, 10, tzinfo=UTC)
    saturday = datetime(2026, 10, 10, 2, tzinfo=UTC)
    assert after(national, saturday, 10) == saturday + timedelta(minutes=10)


def test_where_nothing_is_ever_worked_it_is_told_and_time_counts_by_the_clock() -> None:
    off = [str(date(2026, 1, 1) + timedelta(days=n)) for n in range(400)]
    never = hours("Asia/Shanghai", [[0, 7 * DAY]], off)
    assert not has_work(never, FIRST)
    assert after(never, FIRST, 10) == FIRST + timedelta(minutes=10)
    assert has_work(hours("Asia/Shanghai", [[0, 60]], []), FIRST)


def test_what_takes_longer_than_anybody_waits_is_due_in_the_end() -> None:
    seldom = hours("Asia/Shanghai", [[0, 30]], [])
    assert after(seldom, FIRST, 30) == FIRST + timedelta(days=3, hours=16, minutes=30)
    last = FIRST + timedelta(days=3, hours=16, minutes=30, weeks=99)
    assert after(seldom, FIRST, 3000) == last
    assert shifted(last, seldom, FIRST, FIRST + timedelta(weeks=1)) == last + timedelta(weeks=1)
    assert FIRST + timedelta(days=3_650) < after(seldom, FIRST, LONGEST)
    off = [str(FIRST.date() + timedelta(days=n)) for n in range(7, 400)]
    ends = hours("Asia/Shanghai", [[0, 7 * DAY]], off)
    midnight = datetime(2026, 1, 7, 16, tzinfo=UTC)
    assert after(ends, FIRST, LONGEST) == midnight + timedelta(days=60)


def test_the_largest_limit_ends_when_so_much_was_worked() -> None:
    week = [[d * DAY + 9 * 60, d * DAY + 17 * 60] for d in range(5)]
    thursday = datetime(2026, 10, 1, 1, tzinfo=UTC)
    assert after(hours("Asia/Shanghai", week, []), thursday, LONGEST) == datetime(
        2027, 2, 3, 9, tzinfo=UTC
    )


def test_the_way_back_is_as_long() -> None:
    week = [[d * DAY + 9 * 60, d * DAY + 17 * 60] for d in range(5)]
    worked = hours("Asia/Shanghai", week, [])
    assert before(worked, datetime(2027, 2, 3, 9, tzinfo=UTC), LONGEST) == datetime(
        2026, 10, 1, 1, tzinfo=UTC
    )


def test_a_policy_s_own_hours_go_before_those_of_whoever_has_the_lead() -> None:
    always = hours("Asia/Shanghai", [[0, 7 * DAY]], [])
    sundays = hours("Asia/Shanghai", [[6 * DAY, 7 * DAY]], [])
    assert moments(Terms(1, 10, hours=always), sundays, FIRST).due_at == FIRST + timedelta(
        minutes=10
    )
    assert moments(Terms(1, 10), None, FIRST).due_at == FIRST + timedelta(minutes=10)
    assert moments(Terms(1, 10), sundays, FIRST).warn_at is None


def test_only_an_answer_is_enough_where_an_answer_is_asked_for() -> None:
    assert is_enough("attempt", is_answered=False)
    assert is_enough("answer", is_answered=True)
    assert not is_enough("answer", is_answered=False)
