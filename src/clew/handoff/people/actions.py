"""The only writers of calendars, absences, and what a seat takes on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.capture.gazetteer import divisions
from clew.handoff.calendars import DAY
from clew.handoff.errors import SeatMissing
from clew.handoff.models import Absence, Calendar, Seat
from clew.handoff.people import events
from clew.handoff.people.errors import (
    AbsenceMissing,
    AbsencePast,
    AbsenceReversed,
    AbsencesOverlap,
    AbsenceTooLong,
    CalendarMissing,
    CalendarUsed,
    RegionUnknown,
    TooManyCategories,
    YearUnknown,
)
from clew.handoff.people.holidays import public_days
from clew.handoff.people.queries import users
from clew.handoff.people.rules import Plan, examine, widest

LONGEST = timedelta(days=2 * 366)
MOST_CATEGORIES = 50
LONGEST_CATEGORY = 60


@transaction.atomic
def keep_calendar(
    plan: Plan, *, actor: Actor, now: datetime, calendar_id: int | None = None
) -> Calendar:
    """Make a calendar, or change one from now on. Raises CalendarMissing and what `rules.examine` does."""
    examine(plan)
    calendar = Calendar() if calendar_id is None else _lock_calendar(calendar_id)
    calendar.name, calendar.time_zone = plan.name.strip(), plan.time_zone
    calendar.week = [
        [weekday * DAY + begin, weekday * DAY + end]
        for weekday, blocks in enumerate(plan.days)
        for begin, end in sorted(blocks)
    ]
    calendar.days_off = [str(day) for day in sorted(plan.days_off)]
    calendar.days_on = {str(day): weekday for day, weekday in sorted(plan.days_on.items())}
    return _keep(calendar, actor, now)


@transaction.atomic
def add_public_days(calendar_id: int, year: int, *, actor: Actor, now: datetime) -> Calendar:
    """Add a year's public holidays and exchanged days; what was written by hand stays as it is.

    Raises CalendarMissing, YearUnknown.
    """
    found = public_days(year)
    if not found.days_off:
        raise YearUnknown
    calendar = _lock_calendar(calendar_id)
    by_hand = {*calendar.days_off, *calendar.days_on}
    off = {str(day) for day in found.days_off} - by_hand
    on = {str(day): weekday for day, weekday in found.days_on.items() if str(day) not in by_hand}
    calendar.days_off = sorted({*calendar.days_off, *off})
    calendar.days_on = dict(sorted({**calendar.days_on, **on}.items()))
    return _keep(calendar, actor, now)


@transaction.atomic
def delete_calendar(calendar_id: int, *, actor: Actor, now: datetime) -> None:
    """Delete a calendar that nobody uses. Raises CalendarMissing, CalendarUsed."""
    calendar = _lock_calendar(calendar_id)
    if names := users(calendar_id):
        raise CalendarUsed(reasons=names)
    Seat.objects.filter(calendar=calendar).exclude(left_at=None).update(calendar=None)
    try:
        calendar.delete()
    except ProtectedError as used:
        raise CalendarUsed from used
    append(events.CalendarDeleted(calendar_id), actor=actor, at=now)


@transaction.atomic
def plan_absence(
    seat_ids: Sequence[int],
    *,
    from_at: datetime,
    until_at: datetime,
    reason: str,
    planner: Member,
    now: datetime,
) -> list[Absence]:
    """Let seats take no turn from one moment until another.

    Raises SeatMissing, AbsenceReversed, AbsencePast, AbsenceTooLong, AbsencesOverlap.
    """
    if until_at <= from_at:
        raise AbsenceReversed
    if until_at <= now:
        raise AbsencePast
    if until_at - from_at > LONGEST:
        raise AbsenceTooLong
    if not seat_ids or Seat.objects.filter(pk__in=seat_ids, left_at=None).count() < len(seat_ids):
        raise SeatMissing
    planned = []
    for seat_id in sorted(seat_ids):
        absence = Absence(
            seat_id=seat_id,
            from_at=from_at,
            until_at=until_at,
            reason=reason.strip()[:40],
            planned_at=now,
            planner=planner,
        )
        try:
            with transaction.atomic():
                absence.save()
        except IntegrityError as overlapping:
            raise AbsencesOverlap from overlapping
        event = events.AbsencePlanned(
            seat_id, absence.pk, from_at.isoformat(), until_at.isoformat()
        )
        append(event, actor=Actor("member", str(planner.pk)), at=now)
        planned.append(absence)
    return planned


@transaction.atomic
def cancel_absence(absence_id: int, *, actor: Actor, now: datetime) -> None:
    """Let an absence not take place, or end now. Raises AbsenceMissing."""
    held = Absence.objects.select_for_update().filter(pk=absence_id, cancelled_at=None)
    absence = held.filter(until_at__gt=now).first()
    if absence is None:
        raise AbsenceMissing
    absence.cancelled_at = now
    absence.save(update_fields=["cancelled_at"])
    append(events.AbsenceCancelled(absence.seat_id, absence.pk), actor=actor, at=now)


@transaction.atomic
def set_hours(seat_id: int, calendar_id: int | None, *, actor: Actor, now: datetime) -> None:
    """Let a seat work by a calendar of its own, or by its team's. Raises SeatMissing, CalendarMissing."""
    seat = _lock_seat(seat_id)
    if calendar_id is not None:
        _lock_calendar(calendar_id)
    seat.calendar_id = calendar_id
    seat.save(update_fields=["calendar"])
    append(events.SeatHoursSet(seat_id, calendar_id), actor=actor, at=now)


@transaction.atomic
def set_takes(
    seat_id: int,
    *,
    categories: Sequence[str],
    regions: Sequence[int],
    actor: Actor,
    now: datetime,
) -> None:
    """Say which product groups and regions (GB/T 2260) a seat takes from the next lead on; empty means all.

    Raises SeatMissing, RegionUnknown, TooManyCategories.
    """
    if not divisions().keys() >= set(regions):
        raise RegionUnknown
    names = list({name.casefold(): name for c in categories if (name := c.strip())}.values())
    if len(names) > MOST_CATEGORIES or any(len(name) > LONGEST_CATEGORY for name in names):
        raise TooManyCategories
    seat = _lock_seat(seat_id)
    seat.categories, seat.territories = names, widest(regions)
    seat.save(update_fields=["categories", "territories"])
    append(events.SeatTakesSet(seat_id, names, seat.territories), actor=actor, at=now)


def _keep(calendar: Calendar, actor: Actor, now: datetime) -> Calendar:
    calendar.save()
    event = events.CalendarChanged(
        calendar.pk, calendar.time_zone, calendar.week, calendar.days_off, calendar.days_on
    )
    append(event, actor=actor, at=now)
    return calendar


def _lock_calendar(calendar_id: int) -> Calendar:
    found = Calendar.objects.select_for_update().filter(pk=calendar_id).first()
    if found is None:
        raise CalendarMissing
    return found


def _lock_seat(seat_id: int) -> Seat:
    seat = Seat.objects.select_for_update(no_key=True).filter(pk=seat_id, left_at=None).first()
    if seat is None:
        raise SeatMissing
    return seat
