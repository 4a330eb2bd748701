"""Clocks stand still while something is agreed, and what was left of their time stays left."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Least

from clew.handoff.belt.placing import held
from clew.handoff.calendars import Hours, hours
from clew.handoff.models import Calendar
from clew.pipeline.clocks.models import Pause, Policy
from clew.pipeline.clocks.rules import shifted
from clew.pipeline.models import Clock

KINDS = (Policy.Kind.NEXT, Policy.Kind.STAGE)


def pause(
    lead_id: UUID,
    until: datetime,
    *,
    now: datetime,
    reason: str = Pause.Reason.NEXT_STEP,
    kinds: Sequence[str] = KINDS,
) -> None:
    """Let the clocks of a lead stand still until then: of its next response, and of its stage where that is meant to.

    That of the first contact never does. Nothing happens where none runs. Another pause takes the place of one
    that goes on. The caller holds the lead's lock.
    """
    if until <= now:  # a call that came late: its next step has passed already
        return
    running = Clock.objects.select_related("policy__calendar").filter(
        Q(policy=None) | Q(policy__is_paused_by_steps=True),
        lead=lead_id,
        stopped_at=None,
        kind__in=kinds,
    )
    for clock in running:
        _stand_still(clock, until, reason, now)


def _stand_still(clock: Clock, until: datetime, reason: str, now: datetime) -> None:
    worked = _hours(clock)
    since = max(now, clock.paused_until or now)
    for step in _pending(clock):
        setattr(clock, step, shifted(getattr(clock, step), worked, since, until))
    clock.paused_until = until
    clock.save(update_fields=["warn_at", "due_at", "escalate_at", "reclaim_at", "paused_until"])
    open_ones = Pause.objects.filter(clock=clock, ended_at=None)
    open_ones.update(ended_at=Least(F("until_at"), now))
    Pause.objects.create(clock=clock, from_at=now, until_at=until, reason=reason)


def _pending(clock: Clock) -> list[str]:
    """Name the steps that have a time and are not done."""
    done = {
        "warn_at": clock.warned_at or clock.breached_at,
        "due_at": clock.breached_at,
        "escalate_at": clock.escalated_at,
        "reclaim_at": clock.reclaimed_at or clock.spared_at,
    }
    return [step for step, at in done.items() if at is None and getattr(clock, step) is not None]


def _hours(clock: Clock) -> Hours | None:
    if clock.policy and clock.policy.calendar:
        return _read(clock.policy.calendar)
    return next((p.hours for p in held(clock.lead_id)), None)


def _read(calendar: Calendar) -> Hours:
    return hours(calendar.time_zone, calendar.week, calendar.days_off, calendar.days_on)
