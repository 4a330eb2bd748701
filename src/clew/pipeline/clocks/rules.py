"""When the steps of a clock are due. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.handoff.calendars import Hours, after_each


@dataclass(frozen=True, slots=True)
class Terms:
    """What one policy says, in working minutes since a clock began; None: that step is off.

    `hours` are those that it counts by; None: those of whoever has the lead.
    """

    policy_id: int
    target: int
    warn: int | None = None
    escalate: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """When each step of a clock is due."""

    warn_at: datetime | None
    due_at: datetime
    escalate_at: datetime | None


def moments(terms: Terms, hours: Hours | None, start: datetime) -> Moments:
    """Give when the steps are due of a clock that starts then; where there are no hours at all, by the clock."""
    asked = [0 if one is None else one for one in (terms.warn, terms.target, terms.escalate)]
    worked = terms.hours or hours
    if worked:
        warn_at, due_at, escalate_at = after_each(worked, start, asked)
    else:
        warn_at, due_at, escalate_at = (start + timedelta(minutes=some) for some in asked)
    return Moments(
        None if terms.warn is None else warn_at,
        due_at,
        None if terms.escalate is None else escalate_at,
    )


def is_enough(stops_on: str, *, is_answered: bool) -> bool:
    """Tell whether it stops a clock that a person tried to reach somebody, or got through.

    `stops_on` is attempt or answer. What answers by itself is neither, so nobody asks this about it.
    """
    return is_answered or stops_on == "attempt"
