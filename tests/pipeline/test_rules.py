from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.pipeline.rules import (
    Group,
    LeadFacts,
    Next,
    Said,
    Standing,
    first_line,
    group,
    left,
    next_times,
    suggest,
    waterfall,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI)  # a Monday
MINUTE = timedelta(minutes=1)


def clock(minutes: float, whole: float = 60) -> Standing:
    due_at = NOON + timedelta(minutes=minutes)
    return Standing(clock_started_at=due_at - timedelta(minutes=whole), clock_due_at=due_at)


def task(at: datetime) -> Standing:
    return Standing(task_due_at=at)


def planned(
    *, due: int, clock: tuple[int, int] | None = None, wrote: int | None = None
) -> Standing:
    """A step planned five minutes before noon, for so many minutes after it."""
    started, ends = (NOON + n * MINUTE for n in clock) if clock else (None, None)
    wrote_at = None if wrote is None else NOON + wrote * MINUTE
    return Standing(started, ends, NOON + due * MINUTE, NOON - 5 * MINUTE, wrote_at)


@pytest.mark.parametrize(
    ("standing", "part"),
    [
        (clock(-4), Group.URGENT),
        (clock(10), Group.URGENT),
        (clock(11), Group.NEW),
        (task(NOON - timedelta(days=2)), Group.DUE),
        (task(NOON), Group.DUE),
        (task(NOON + MINUTE), Group.LATER),
        (task(NOON.replace(hour=23, minute=59)), Group.LATER),
        (task(NOON + timedelta(hours=12)), None),
        (Standing(), Group.DUE),
    ],
)
def test_the_day_tells_what_each_lead_waits_for(standing: Standing, part: Group | None) -> None:
    assert group(standing, now=NOON) is part


def test_a_running_clock_outranks_a_task() -> None:
    both = Standing(NOON, NOON + 5 * MINUTE, NOON + timedelta(days=3))
    assert group(both, now=NOON) is Group.URGENT


@pytest.mark.parametrize(
    ("standing", "part"),
    [
        (Standing(wrote_at=NOON - MINUTE, task_due_at=NOON + timedelta(days=3)), Group.REPLY),
        (planned(wrote=-10, due=60), Group.LATER),
        (planned(wrote=-10, due=-1), Group.DUE),
        (planned(wrote=-10, due=60 * 24), None),
        (planned(wrote=-1, due=60), Group.REPLY),
        (planned(clock=(-30, 30), due=15), Group.LATER),
        (planned(clock=(-30, 30), due=60 * 24), Group.LATER),
        (planned(clock=(-30, 9), due=60), Group.URGENT),
        (planned(clock=(-1, 59), due=120), Group.NEW),
        (planned(clock=(-30, 300), due=-1), Group.NEW),
        (Standing(NOON, NOON + 60 * MINUTE, wrote_at=NOON), Group.REPLY),
        (Standing(NOON, NOON + 9 * MINUTE, wrote_at=NOON), Group.URGENT),
    ],
)
def test_what_is_put_off_comes_back_in_time(standing: Standing, part: Group | None) -> None:
    assert group(standing, now=NOON) is part


@pytest.mark.parametrize(
    ("minutes", "state", "share"),
    [(-1, "late", 0), (5, "soon", 8), (30, "ok", 50), (60, "ok", 100)],
)
def test_a_clock_tells_how_much_is_left(minutes: int, state: str, share: int) -> None:
    stands = left(clock(minutes), now=NOON)
    assert (stands.state, stands.share) == (state, share)


def test_the_hour_of_a_task_is_fixed_and_has_no_ring() -> None:
    assert left(task(NOON + timedelta(hours=3)), now=NOON).state == "fixed"


def test_next_times_are_what_the_chips_say() -> None:
    times = next_times(NOON.replace(minute=2))
    assert times[Next.HOUR] == NOON.replace(hour=13, minute=5)
    assert times[Next.TONIGHT] == NOON.replace(hour=19)
    assert times[Next.TOMORROW] == NOON.replace(day=24, hour=10)
    assert times[Next.MONDAY] == NOON.replace(day=30, hour=10)


def test_this_evening_is_not_offered_once_it_is_near() -> None:
    assert Next.TONIGHT not in next_times(NOON.replace(hour=18, minute=40))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(SHANGHAI)))  # noqa: DTZ001  the zone is the strategy's
def test_every_offered_time_lies_ahead(now: datetime) -> None:
    assert all(at > now for at in next_times(now).values())


@pytest.mark.parametrize(
    ("result", "said", "hour", "choice"),
    [
        ("no_answer", "", 12, Next.HOUR),
        ("no_answer", "", 19, Next.TOMORROW),
        ("answered", Said.THINKING, 12, Next.TOMORROW),
        ("answered", Said.QUOTE, 12, Next.HOUR),
        ("answered", Said.WRONG_PERSON, 12, Next.NEVER),
        ("refused", "", 12, Next.MONDAY),
        ("bad_number", "", 12, Next.NEVER),
    ],
)
def test_the_next_contact_is_suggested_from_the_result(
    result: str, said: str, hour: int, choice: Next
) -> None:
    assert suggest(result, said, now=NOON.replace(hour=hour)) is choice


FACTS = LeadFacts("百度搜索", 2, "400W 伺服", "", "苏州", "phone")


def test_the_first_line_is_written_from_facts() -> None:
    assert first_line(FACTS, "zh-hans") == "来自百度搜索，第 2 次留言，问 400W 伺服，苏州"
    assert first_line(FACTS, "en") == "From 百度搜索, message no. 2, asks for 400W 伺服, 苏州"


@pytest.mark.parametrize("said", ["问编码器线缆 3 米有没有现货", "750W 伺服，改 5 米", "在吗"])
def test_the_first_line_quotes_what_is_already_a_sentence(said: str) -> None:
    assert first_line(LeadFacts("官网", 1, said, "", ""), "zh-hans") == f"来自官网，说“{said}”"


def test_the_first_line_stays_one_line() -> None:
    assert len(first_line(LeadFacts("官网", 1, "问" * 200, "", ""), "zh-hans")) < 80


def test_the_first_line_says_what_is_missing() -> None:
    bare = LeadFacts("官网", 1, "", "", "", "wechat")
    assert first_line(bare, "zh-hans") == "来自官网，只留了微信"


@given(st.lists(st.integers(-40, 60), min_size=1, max_size=12))
def test_the_bars_of_a_grade_stay_inside_and_join_up(points: list[int]) -> None:
    bars = waterfall(points)
    assert all(0 <= bar.x <= 100 and 0 <= bar.width <= 100 for bar in bars)
    assert all(bar.x + bar.width <= 101 for bar in bars)


def test_each_bar_starts_where_the_last_one_ended() -> None:
    bars = waterfall([20, 30, -10])
    assert [(b.x, b.width, b.kind) for b in bars] == [(0, 20, "s"), (20, 30, "f"), (40, 10, "n")]
