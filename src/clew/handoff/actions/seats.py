"""Changing who sits where."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Membership
from clew.base.ledger import Actor, Event, append
from clew.handoff.actions.leads import to_pool
from clew.handoff.actions.locks import lock_seat, lock_with_leads
from clew.handoff.errors import SeatMissing, SeatTaken
from clew.handoff.events import SeatChanged
from clew.handoff.models import Seat


@transaction.atomic
def join(
    team_id: int, member_id: int, *, weight: int, capacity: int, actor: Actor, now: datetime
) -> Seat:
    """Give a member a seat in a team, owed nothing. Raises SeatTaken. Others keep their counts."""
    seat, is_new = Seat.objects.get_or_create(
        team_id=team_id,
        member_id=member_id,
        defaults={"weight": weight, "capacity": capacity, "joined_at": now},
    )
    if not is_new and seat.left_at is None:
        raise SeatTaken
    if not is_new:
        seat.left_at, seat.weight, seat.capacity, seat.is_present = None, weight, capacity, True
        seat.back_at = now
        seat.save(update_fields=["left_at", "weight", "capacity", "is_present", "back_at"])
    Membership.objects.get_or_create(team_id=team_id, member_id=member_id)
    append(_changed(seat), actor=actor, at=now)
    return seat


@transaction.atomic
def set_seat(
    seat_id: int, *, weight: int, capacity: int, is_present: bool, actor: Actor, now: datetime
) -> Seat:
    """Change weight, capacity or presence from the next lead on; who comes back waits from now.

    Raises SeatMissing.
    """
    seat = lock_seat(seat_id)
    if is_present and not seat.is_present:
        seat.back_at = now
    seat.weight, seat.capacity, seat.is_present = weight, capacity, is_present
    seat.save(update_fields=["weight", "capacity", "is_present", "back_at"])
    append(_changed(seat), actor=actor, at=now)
    return seat


@transaction.atomic
def leave(seat_id: int, *, actor: Actor, now: datetime) -> int:
    """Close a seat and put all its leads into the team's pool. Returns how many. Raises SeatMissing."""
    seats, held = lock_with_leads([seat_id])
    if not seats:
        raise SeatMissing
    _empty(seats, held, actor, now)
    return len(held)


@transaction.atomic
def release(member_id: int, *, now: datetime) -> None:
    """Hand over everything of a member who has left: their seats close, their leads go on."""
    sits_on = Seat.objects.filter(member=member_id, left_at=None).values_list("pk", flat=True)
    seats, held = lock_with_leads(list(sits_on))
    _empty(seats, held, Actor("system", "flow"), now)


def _empty(
    seats: Sequence[Seat], held: Sequence[tuple[UUID, int]], actor: Actor, now: datetime
) -> None:
    for lead_id, team_id in held:
        to_pool(lead_id, team_id=team_id, actor=actor, now=now, reason="owner_left")
    Seat.objects.filter(pk__in=[s.pk for s in seats]).update(left_at=now, is_present=False)
    for seat in seats:
        seat.refresh_from_db()
        append(_changed(seat), actor=actor, at=now)


def _changed(seat: Seat) -> Event:
    return SeatChanged(
        seat.pk, seat.weight, seat.capacity, seat.is_present, has_left=seat.left_at is not None
    )
