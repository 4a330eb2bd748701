"""The one order in which all writers lock: leads by id, then seats by team and id."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection, transaction

from clew.base.bulk import as_array
from clew.contacts.models import Lead
from clew.handoff.errors import SeatMissing
from clew.handoff.models import Placement, Seat


def lock_leads(lead_ids: Sequence[UUID]) -> list[UUID]:
    """Lock leads, and give those there are."""
    leads = Lead.objects.select_for_update(no_key=True).filter(pk__in=lead_ids).order_by("pk")
    return list(leads.values_list("pk", flat=True))


def lock_idle(lead_ids: Iterable[UUID]) -> list[UUID]:
    """Lock those of many leads that nobody else is at, and give them; the others are left for later."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select id from contacts_lead where id = any(%s::uuid[])
            order by id for no key update skip locked
            """,
            [as_array(lead_ids)],
        )
        return [lead_id for (lead_id,) in cursor.fetchall()]


def lock_seats(seat_ids: Iterable[int]) -> list[Seat]:
    """Lock seats, also such as are closed, as the belt does those of its teams."""
    seats = Seat.objects.select_for_update(no_key=True).filter(pk__in=list(seat_ids))
    return list(seats.order_by("team_id", "pk"))


def lock_seat(seat_id: int, and_too: int | None = None) -> Seat:
    """Lock a seat, and another one with it. Raises SeatMissing where it is none or closed."""
    locked = lock_seats(id_ for id_ in (seat_id, and_too) if id_)
    seat = next((s for s in locked if s.pk == seat_id and s.left_at is None), None)
    if seat is None:
        raise SeatMissing
    return seat


def lock_with_leads(seat_ids: Sequence[int]) -> tuple[list[Seat], list[tuple[UUID, int]]]:
    """Lock all that some seats hold, then the seats; anew where they were given another lead meanwhile.

    Gives the seats that are open, and the leads with the team that each is of.
    """
    held = Placement.objects.filter(seat__in=seat_ids, closed_at=None).order_by("lead_id")
    while True:
        with transaction.atomic():
            locked = lock_leads(list(held.values_list("lead_id", flat=True)))
            seats = [seat for seat in lock_seats(seat_ids) if seat.left_at is None]
            now_held = list(held.values_list("lead_id", "seat__team_id"))
            if {lead_id for lead_id, _ in now_held} <= set(locked):
                return seats, now_held
            transaction.set_rollback(True)
