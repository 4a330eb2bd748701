"""How a lead of the demo goes on: which calls, when, and how it ends.

The shares are the facts of requirements.md: 27 % of online leads contacted before, 92 % in a well-run
team; of those contacted about one in ten signs online and one in two offline, by source from under 1 %
(paid search) over 1.47 % (social) to more than 3 % of all leads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from clew.pipeline.models import Call

Result = Call.Result
CONTACTED_BEFORE, CONTACTED_NOW = 0.27, 0.92
CONTACTED_OFFLINE = 0.95
SIGNED = {
    "site": 0.12,
    "baidu": 0.035,
    "douyin": 0.055,
    "1688": 0.08,
    "referral": 0.5,
    "fair": 0.45,
}
FIRST = (
    (Result.ANSWERED, 0.62),
    (Result.NO_ANSWER, 0.2),
    (Result.WECHAT_ADDED, 0.1),
    (Result.BAD_NUMBER, 0.05),
    (Result.REFUSED, 0.03),
)
LATER = ((Result.ANSWERED, 0.8), (Result.NO_ANSWER, 0.15), (Result.WECHAT_ADDED, 0.05))
SAID = ("quote", "quote", "thinking", "price", "")
LOST = ("lost_price", "lost_rival", "lost_need")
NOTES = (
    "要正式报价单，含税含运",
    "样机先来一台，试完再定批量",
    "在和另外两家比价，周末前定",
    "技术要确认安装尺寸和轴径，已发图纸",
    "老板出差，下周再说",
    "月底有项目，交期卡得紧",
    "现在用进口的，想换国产降成本",
    "价格能接受，等采购走流程",
)
OPENS, CLOSES = time(9), time(18)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done about a lead: a call, or its end for a reason."""

    at: datetime
    result: Result | None = None
    said: str = ""
    note: str = ""
    next_at: datetime | None = None
    end: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """A lead as somebody holds it for the first time."""

    source: str
    is_online: bool
    is_well_run: bool
    at: datetime


def plot(chance: Random, start: Start) -> list[Step]:
    """Tell all that will be done about a lead, in order. Calls beyond today stay plans."""
    if not _is_contacted(chance, start):
        patience = chance.randint(2, 4) if start.is_well_run else chance.randint(12, 25)
        return [Step(workday(chance, start.at, patience), end="lost_silent")]
    return list(_calls(chance, start))


def workday(chance: Random, after: datetime, days: int) -> datetime:
    """Give a moment in working hours, `days` later or on the Monday after a Sunday."""
    day = after + timedelta(days=max(1, days))
    if day.weekday() == 6:
        day += timedelta(days=1)
    minutes = chance.randrange(0, (CLOSES.hour - OPENS.hour) * 60, 5)
    return datetime.combine(day.date(), OPENS, after.tzinfo) + timedelta(minutes=minutes)


def _is_contacted(chance: Random, start: Start) -> bool:
    if not start.is_online:
        return chance.random() < CONTACTED_OFFLINE
    return chance.random() < (CONTACTED_NOW if start.is_well_run else CONTACTED_BEFORE)


def _calls(chance: Random, start: Start) -> Iterator[Step]:
    at = start.at + _delay(chance, start)
    result = _draw(chance, FIRST)
    if result in (Result.BAD_NUMBER, Result.REFUSED):
        yield Step(at, result)
        return
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        next_at = workday(chance, at, chance.choice((1, 1, 2, 3, 5)))
        yield _call(chance, at, result, next_at)
        at, result = next_at + timedelta(minutes=chance.randint(0, 50)), _draw(chance, LATER)
    decided_at = workday(chance, at, chance.randint(2, 12))
    yield _call(chance, at, result, decided_at)
    signs = chance.random() < SIGNED[start.source]
    yield Step(decided_at, end="won" if signs else chance.choice(LOST))


def _call(chance: Random, at: datetime, result: Result, next_at: datetime) -> Step:
    has_spoken = result == Result.ANSWERED
    note = chance.choice(NOTES) if has_spoken and chance.random() < 0.7 else ""
    return Step(at, result, chance.choice(SAID) if has_spoken else "", note, next_at)


def _delay(chance: Random, start: Start) -> timedelta:
    """Give the time until the first call: minutes in a well-run team, else up to two days."""
    if not start.is_online:
        return timedelta(minutes=chance.randint(20, 240))
    if start.is_well_run:
        return timedelta(minutes=chance.choice((2, 3, 4, 5, 7, 8, 12, 25, 45)))
    return timedelta(minutes=chance.choice((20, 55, 180, 600, 1500, 2800)))


def _draw(chance: Random, table: tuple[tuple[Result, float], ...]) -> Result:
    return chance.choices([r for r, _ in table], [weight for _, weight in table])[0]
