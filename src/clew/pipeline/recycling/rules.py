"""When a lead that somebody holds goes back to a pool, and why. Pure.

Three rules, of which the first to be due decides: nobody has called since it was given; no sign of progress for
so many working days; more is held than may be. A sign of progress is a call, a step of its pipeline, or a
next contact that still lies ahead. A lead under contract never goes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.handoff.calendars import Hours, after, closing

PLAN_HOLDS = timedelta(days=60)  # a contact planned for later holds a lead no longer than this
EXCESS_DAYS = 1  # working days, after the one on which it became too much


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one lead: working minutes until the first call, working days without progress. None: never."""

    uncontacted_minutes: int | None = None
    idle_days: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A lead as somebody holds it. `planned`: when the next contact is due, and when that was said.

    `excess_since`: since when its holder has had more than may be, where it is among what is too much.
    """

    given_at: datetime
    called_at: datetime | None = None
    entered_at: datetime | None = None
    planned: tuple[datetime, datetime] | None = None
    excess_since: datetime | None = None
    is_under_contract: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """When it goes back, and why: uncontacted, stalled or over_capacity."""

    at: datetime
    reason: str


def progressed_at(held: Held) -> datetime:
    """Give the last sign of progress; a planned contact is one as long as it lies ahead."""
    signs = [held.given_at, held.called_at, held.entered_at]
    if held.planned:
        due_at, said_at = held.planned
        signs.append(min(due_at, said_at + PLAN_HOLDS))
    return max(sign for sign in signs if sign)


def returns(held: Held, limits: Limits, hours: Hours) -> Return | None:
    """Say when a lead goes back by the hours of whoever has it, or None where no rule takes it."""
    if held.is_under_contract:
        return None
    ways = []
    is_untouched = held.called_at is None or held.called_at < held.given_at
    if limits.uncontacted_minutes is not None and is_untouched:
        ways.append(Return(after(hours, held.given_at, limits.uncontacted_minutes), "uncontacted"))
    if limits.idle_days is not None:
        ways.append(Return(closing(hours, progressed_at(held), limits.idle_days), "stalled"))
    if held.excess_since is not None:
        ways.append(Return(closing(hours, held.excess_since, EXCESS_DAYS), "over_capacity"))
    return min(ways, key=lambda way: way.at, default=None)
