"""When robots rest, how much they are told, and what may be said before a group."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clew.reach.rules import (
    LINES,
    LONGEST_REST,
    Quiet,
    When,
    at_once,
    due,
    initials,
    loud,
    public,
    rest,
    room,
)
from tests.company import MONDAY_NOON as NOW


def test_rests_grow_and_end() -> None:
    seconds = [rest(failures).total_seconds() for failures in range(12)]
    assert seconds == [0, 5, 10, 20, 40, 60, 120, 240, 480, 900, 900, 900]
    assert rest(10_000) == LONGEST_REST


def test_a_robot_that_fails_is_tried_with_one_notice() -> None:
    assert [at_once(failures) for failures in (0, 4, 5, 9)] == [LINES, LINES, 1, 1]


def test_no_more_goes_out_than_the_vendor_allows() -> None:
    ago = [NOW - timedelta(seconds=s) for s in range(1, 20)]
    assert room(ago, 20, 20, NOW)
    assert not room([*ago, NOW], 20, 20, NOW)
    assert room([NOW - timedelta(seconds=60)] * 20, 20, 20, NOW)
    assert not room([NOW] * 5, 100, 5, NOW)


def test_a_clock_that_was_set_back_shuts_nobody_out() -> None:
    assert room([NOW + timedelta(hours=1)] * 20, 20, 20, NOW)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("昆山锐达自动化设备厂", "昆山锐达自动化设备厂"),
        ("锐达 13812345678", "锐达 …"),
        ("锐达138-1234-5678厂", "锐达…厂"),
        ("锐达１３８１２３４５６７８", "锐达…"),
        ("tel 138 1234 5678", "tel …"),
        ("tel 138/1234/5678", "tel …"),
        ("tel 138·1234·5678", "tel …"),
        ("tel 138&1234&5678", "tel …"),
        ("(0512) 5555 1234", "…"),
        ("3M中国", "3M中国"),
        ("[点我](https://evil.example)", "点我 https //evil example"),
        ("@所有人 <at id=all></at>", "所有人 at id all /at"),
        ("**bold**\n# head\n> quote", "bold head quote"),
        ("\u202eabc\u0000def", "abc def"),
        ("", ""),
        ("x" * 100, "x" * 39 + "…"),
    ],
)
def test_what_strangers_typed_stands_before_a_group_as_plain_words(typed: str, said: str) -> None:
    assert public(typed) == said


def test_people_are_named_by_a_letter() -> None:
    assert [initials(name) for name in ("周建国", "Ann Lee", "13812345678", "", "9")] == [
        "周**",
        "A**",
        "…**",
        "",
        "",
    ]


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ("23T21:59", "23T21:59"),
        ("23T22:00", "24T08:00"),
        ("23T23:59", "24T08:00"),
        ("24T00:00", "24T08:00"),
        ("24T07:59", "24T08:00"),
        ("24T08:00", "24T08:00"),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(now: str, says: str) -> None:
    assert loud(at(now), Quiet(22 * 60, 8 * 60, SHANGHAI)) == at(says)


def test_quiet_hours_within_a_day_end_on_it() -> None:
    noon = Quiet(12 * 60, 13 * 60 + 30, SHANGHAI)
    assert loud(at("23T12:10"), noon) == at("23T13:30")
    assert loud(at("23T11:59"), noon) == at("23T11:59")
    assert loud(at("23T12:10"), None) == at("23T12:10")


def test_quiet_hours_are_those_of_the_wall_clock_when_it_is_changed() -> None:
    night = Quiet(22 * 60, 8 * 60, BERLIN)
    before = datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN)  # the clock goes back in this night
    assert loud(before, night) == datetime(2026, 10, 25, 8, 0, tzinfo=BERLIN)
    assert (loud(before, night).timestamp() - before.timestamp()) / 3600 == 10


def test_what_is_collected_goes_out_past_the_hour_and_never_into_quiet_hours() -> None:
    night = Quiet(22 * 60, 8 * 60, SHANGHAI)
    assert due(When.HOURLY, at("23T10:00"), night) == at("23T10:07")
    assert due(When.HOURLY, at("23T10:07"), night) == at("23T11:07")
    assert due(When.HOURLY, at("23T21:30"), night) == at("24T08:00")
    assert due(When.NOW, at("23T23:00"), night) == at("24T08:00")
    assert due(When.UNREAD, at("23T10:00"), None) is None
    assert due(When.NEVER, at("23T10:00"), None) is None
