"""When the steps of a clock are due, and what may be promised. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.handoff.calendars import Hours, after_each, later, time_between
from clew.pipeline.clocks.errors import (
    EscalationTooEarly,
    HandonsUnsound,
    ReclaimTooEarly,
    TargetUnsound,
    WarningTooLate,
)

LONGEST = 30 * 24 * 60  # working minutes
HANDONS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody wants for leads of a level, or in a stage, in working minutes; None: that step is off."""

    level: int
    target: int
    warn: int | None
    escalate: int | None
    reclaim: int | None
    handons: int
    stops_on: str
    calendar_id: int | None
    stage_id: int | None = None
    is_paused_by_steps: bool = True

    @property
    def of(self) -> tuple[int, int | None]:
        """Give what it is promised of: a level, or a stage."""
        return self.level, self.stage_id


def examine(promise: Promise) -> None:
    """Raise what is wrong with a promise: its steps come in order.

    TargetUnsound, WarningTooLate, EscalationTooEarly, ReclaimTooEarly, HandonsUnsound.
    """
    target = promise.target
    if not 1 <= target <= LONGEST:
        raise TargetUnsound
    if promise.warn is not None and not 1 <= promise.warn < target:
        raise WarningTooLate
    if promise.escalate is not None and not target <= promise.escalate <= LONGEST:
        raise EscalationTooEarly
    earliest = max(target + 1, promise.escalate or 0)
    if promise.reclaim is not None and not earliest <= promise.reclaim <= LONGEST:
        raise ReclaimTooEarly
    if not 1 <= promise.handons <= HANDONS_AT_MOST:
        raise HandonsUnsound


@dataclass(frozen=True, slots=True)
class Terms:
    """What one policy says, in working minutes since a clock began; None: that step is off.

    `hours` are those that it counts by; None: those of whoever has the lead.
    """

    policy_id: int
    target: int
    warn: int | None = None
    escalate: int | None = None
    reclaim: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """When each step of a clock is due."""

    warn_at: datetime | None
    due_at: datetime
    escalate_at: datetime | None
    reclaim_at: datetime | None


def moments(terms: Terms, hours: Hours | None, start: datetime) -> Moments:
    """Give when the steps are due of a clock that starts then; where there are no hours at all, by the clock."""
    asked = (terms.warn, terms.target, terms.escalate, terms.reclaim)
    minutes = [0 if one is None else one for one in asked]
    worked = terms.hours or hours
    if worked:
        found = after_each(worked, start, minutes)
    else:
        found = [start + timedelta(minutes=some) for some in minutes]
    warn_at, due_at, escalate_at, reclaim_at = found
    return Moments(
        None if terms.warn is None else warn_at,
        due_at,
        None if terms.escalate is None else escalate_at,
        None if terms.reclaim is None else reclaim_at,
    )


def shifted(step_at: datetime, hours: Hours | None, since: datetime, until: datetime) -> datetime:
    """Give when a step is due of a clock that stands still from `since` until then: as much is left as was."""
    if hours is None:
        return until + max(step_at - since, timedelta())
    return later(hours, until, time_between(hours, since, step_at))


def is_enough(stops_on: str, *, is_answered: bool) -> bool:
    """Tell whether it stops a clock that a person tried to reach somebody, or got through.

    `stops_on` is attempt or answer. What answers by itself is neither, so nobody asks this about it.
    """
    return is_answered or stops_on == "attempt"
