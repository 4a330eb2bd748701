"""Who had a person before: their next enquiry comes back to them, where their team says so."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import connection
from msgspec.structs import replace

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.handoff.rules import Seat

# All leads of the same person: of the contact that survived its merges, and of all that went into it.
LAST = """
with asked as (
  select id, coalesce(person_id, contact_id) as person_id from contacts_lead
  where id = any(%s::uuid[])),
theirs as (
  select a.id, o.id as other_id from asked a join contacts_lead o on o.contact_id = a.person_id
  union all
  select a.id, o.id from asked a join contacts_contact c on c.survivor_id = a.person_id
    join contacts_lead o on o.contact_id = c.id)
select distinct on (t.id) t.id, p.seat_id
from theirs t join handoff_placement p on p.lead_id = t.other_id and p.seat_id is not null
where t.other_id <> t.id order by t.id, p.id desc
"""


class Owned(Protocol):
    """A lead with the seat that had the same person last."""

    @property
    def owner(self) -> int | None:
        """The seat, where there was one."""


Lead = TypeVar("Lead", bound=Owned)


def last_holders(lead_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Give the seat that held an earlier lead of the same person last, by lead; who never had one is left out."""
    if not lead_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LAST, [as_array(lead_ids)])
        return dict(cursor.fetchall())


def to_owners(leads: Sequence[Lead], seats: Sequence[Seat]) -> list[tuple[Lead, Seat]]:
    """Give the leads that go to whoever had the person, as far as they are there and have room.

    It takes no turn: neither weights nor working hours nor what a seat takes on are asked.
    """
    room = {s.id: s.capacity - s.open_count for s in seats if s.is_present and not s.absence}
    by_id = {s.id: s for s in seats}
    kept = []
    for lead in leads:
        if lead.owner and room.get(lead.owner, 0) > 0:
            room[lead.owner] -= 1
            kept.append((lead, by_id[lead.owner]))
    return kept


def with_more(seats: Sequence[Seat], given: Sequence[int]) -> list[Seat]:
    """Count what was given to owners, in the database and in the seats as the next decision finds them."""
    if not given:
        return list(seats)
    counts = {s.id: given.count(s.id) for s in seats}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update handoff_seat s set open_count = s.open_count + n.value::int
            from json_each_text(%s) as n where s.id = n.key::bigint and n.value::int > 0
            """,
            [dumps(counts)],
        )
    return [replace(s, open_count=s.open_count + counts[s.id]) for s in seats]
