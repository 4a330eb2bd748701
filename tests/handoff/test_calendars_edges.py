"""Exchanged workdays, blocks over midnight, and how people write all of it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.handoff.calendars import DAY, after, hours, is_working, minutes_between
from clew.handoff.people.errors import (
    BlockReversed,
    BlocksOverlap,
    BlockUnreadable,
    CalendarEmpty,
    CalendarNameless,
    DayOnAndOff,
    DayUnreadable,
    TimeZoneUnknown,
    TooManyDays,
)
from clew.handoff.people.holidays import known_years, public_days
from clew.handoff.people.notation import (
    read_blocks,
    read_days,
    read_exchanged,
    write_blocks,
    write_days,
    write_exchanged,
)
from clew.handoff.people.rules import Plan, examine, widest

WEEKDAYS = [[d * DAY + 9 * 60, d * DAY + 18 * 60] for d in range(5)]
YEAR = hours(
    "Asia/Shanghai",
    WEEKDAYS,
    [str(day) for day in public_days(2026).days_off],
    {str(day): weekday for day, weekday in public_days(2026).days_on.items()},
)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-10-10T10:00", True),  # a Saturday that is worked
        ("2026-09-20T10:00", True),  # a Sunday that is worked
        ("2026-10-11T10:00", False),  # an ordinary Sunday
        ("2026-10-07T10:00", False),  # a Wednesday off
        ("2026-10-08T10:00", True),
        ("2026-10-10T18:00", False),  # after the last block of the exchanged day
    ],
)
def test_exchanged_days_are_worked_and_holidays_are_not(moment: str, *, works: bool) -> None:
    assert is_working(YEAR, shanghai(moment)) is works


def test_a_clock_runs_through_the_holidays_only_where_work_is() -> None:
    friday = shanghai("2026-09-30T17:50")
    assert after(YEAR, friday, 20) == shanghai("2026-10-08T09:10")
    assert after(YEAR, shanghai("2026-10-09T17:50"), 20) == shanghai("2026-10-10T09:10")
    assert minutes_between(YEAR, friday, shanghai("2026-10-12T09:00")) == 10 + 3 * 540


def test_an_exchanged_day_has_the_hours_of_the_weekday_it_stands_for() -> None:
    short_friday = hours(
        "Asia/Shanghai",
        [*WEEKDAYS[:4], [4 * DAY + 9 * 60, 4 * DAY + 12 * 60]],
        [],
        {"2026-02-14": 4},
    )
    assert is_working(short_friday, shanghai("2026-02-14T11:59"))
    assert not is_working(short_friday, shanghai("2026-02-14T12:00"))


def test_a_span_over_midnight_is_worked_on_both_sides() -> None:
    night = hours("Asia/Shanghai", [[22 * 60, DAY + 6 * 60]], [])
    assert is_working(night, shanghai("2026-11-23T23:00"))
    assert is_working(night, shanghai("2026-11-24T05:59"))
    assert after(night, shanghai("2026-11-23T22:00"), 480) == shanghai("2026-11-24T06:00")


def test_several_blocks_a_day_leave_the_noon_free() -> None:
    blocks = read_blocks("8:30–12:00, 13:30-18")
    assert blocks == [(510, 720), (810, 1080)]
    day = hours("Asia/Shanghai", blocks, [])
    assert not is_working(day, shanghai("2026-11-23T12:30"))
    assert after(day, shanghai("2026-11-23T11:55"), 10) == shanghai("2026-11-23T13:35")


def test_the_holidays_of_a_year_have_their_exchanged_days() -> None:
    assert 2026 in known_years()
    found = public_days(2026)
    assert date(2026, 10, 1) in found.days_off
    assert found.days_on[date(2026, 10, 10)] == 2  # for Wednesday the 7th
    assert not found.days_on.keys() & set(found.days_off)
    assert not public_days(1990).days_off


@pytest.mark.parametrize("year", known_years())
def test_no_known_date_is_both_on_and_off(year: int) -> None:
    found = public_days(year)
    assert not found.days_on.keys() & set(found.days_off)
    assert all(day.weekday() >= 5 for day in found.days_on)


@pytest.mark.parametrize(
    "text", ["8:30", "8-", "25:00-26:00", "8:70-9:00", "morning", "8:30-24:01"]
)
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(BlockUnreadable):
        read_blocks(text)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "tomorrow", "2026-10-07 – 2026-10-01", "2026-01-01 - 2028-01-01"]
)
def test_days_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(DayUnreadable):
        read_days(text)


def test_days_are_read_as_people_write_them() -> None:
    assert read_days("2026-10-01\n2026/10/2 国庆\n2026年10月3日至2026年10月5日") == [
        date(2026, 10, n) for n in range(1, 6)
    ]
    assert read_exchanged(
        "2026-10-10 周三\n2026-09-20 as Tuesday\n2026-02-28\n2026-5-9 星期天"
    ) == {
        date(2026, 10, 10): 2,
        date(2026, 9, 20): 1,
        date(2026, 2, 28): 0,
        date(2026, 5, 9): 6,
    }
    with pytest.raises(DayUnreadable):
        read_exchanged("Saturday")


days = st.lists(st.dates(date(2020, 1, 1), date(2030, 12, 31)), unique=True, max_size=30)


@given(
    days,
    st.dictionaries(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 6), max_size=8),
)
def test_what_is_written_is_read_again(off: list[date], on: dict[date, int]) -> None:
    assert read_days(write_days(str(day) for day in off)) == sorted(off)
    for names in (
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
    ):
        assert read_exchanged(write_exchanged({str(d): w for d, w in on.items()}, names)) == on


def test_a_week_is_written_as_it_is_read() -> None:
    week = [[0, 720], [810, DAY], [DAY, DAY + 60]]
    assert write_blocks(week) == ["0:00–12:00, 13:30–24:00", "0:00–1:00", "", "", "", "", ""]


NINE = ((540, 1080),)


def plan(**other: object) -> Plan:
    given_: dict[str, object] = {
        "name": "office",
        "time_zone": "Asia/Shanghai",
        "days": (NINE,) * 7,
        "days_off": frozenset(),
        "days_on": {},
    }
    return Plan(**(given_ | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": " "}, CalendarNameless),
        ({"name": "x" * 61}, CalendarNameless),
        ({"time_zone": "Asia/Peking"}, TimeZoneUnknown),
        ({"days": ((),) * 7}, CalendarEmpty),
        ({"days": (((600, 600),),)}, BlockReversed),
        ({"days": (((600, 540),),)}, BlockReversed),
        ({"days": (((540, 700), (690, 800)),)}, BlocksOverlap),
        (
            {"days_off": frozenset([date(2026, 1, 4)]), "days_on": {date(2026, 1, 4): 0}},
            DayOnAndOff,
        ),
        (
            {"days_off": frozenset(date.fromordinal(n) for n in range(730_000, 732_001))},
            TooManyDays,
        ),
    ],
)
def test_an_unsound_calendar_is_refused(change: dict[str, object], error: type[Exception]) -> None:
    examine(plan())
    with pytest.raises(error):
        examine(plan(**change))


def test_of_regions_inside_each_other_the_wider_counts() -> None:
    assert widest([440305, 440300, 320583, 440000]) == [(320583, 320584), (440000, 450000)]
    assert widest([110101, 110102]) == [(110101, 110102), (110102, 110103)]


def test_a_calendar_of_another_zone_opens_by_its_own_clock() -> None:
    london = hours("Europe/London", WEEKDAYS, [])
    assert is_working(london, datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
    assert not is_working(london, datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
