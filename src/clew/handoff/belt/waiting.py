"""Which pooled leads of a team somebody could take now."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from clew.handoff.rules import Kind, Seat, exclusion

WOKEN = "woken"  # a person without intent showed some
POSTPONED = (
    WOKEN,
    "off_hours",
    "all_full",
    "nobody_present",
    "nobody_weighted",
    "no_seats",
    "nobody_covers",
    "owner_left",
)
AT_ONCE = 500
Waiting = tuple[UUID, int, int, int | None, str, int | None]
# lead, level, open placement, region, category, the seat that it was taken back from


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a team's pool is asked for: leads that wait for such reasons, and those taken back from somebody.

    Those taken back are for the team's own seats alone, so that they are left out where others are asked.
    """

    team_id: int
    reasons: tuple[str, ...] = POSTPONED
    with_recalled: bool = True


def takeable(asked: Asked, seats: Sequence[Seat]) -> list[Waiting]:
    """Give the pooled leads asked for that somebody of these seats could take now, oldest first, as many as there is
    room for.

    What nobody could take does not stand in the way of what somebody could.
    """
    free = [s for s in seats if not exclusion(s, s.open_count)]
    if not free:
        return []
    places = min(AT_ONCE, sum(s.capacity - s.open_count for s in free))
    if not any(s.categories or s.territories for s in free):
        return _oldest(asked, places, only=_only(free))
    able = [(k, [s for s in free if _could(s, k)]) for k in _kinds(asked)]
    kinds = [(k, _only(seats)) for k, seats in able if seats]
    return _oldest(asked, places, kinds=kinds) if kinds else []


def _only(seats: Sequence[Seat]) -> int | None:
    """Give the one seat there is, which does not get back what was taken back from it."""
    return seats[0].id if len(seats) == 1 else None


def _could(seat: Seat, kind: Kind) -> bool:
    region, category = kind
    return not exclusion(seat, seat.open_count, (region, category.strip().casefold()))


def _kinds(asked: Asked) -> list[Kind]:
    """Give what regions and categories wait in a team's pool."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct l.region_code, l.category
            from handoff_placement p join contacts_lead l on l.id = p.lead_id
            left join pools_recall r on r.placement_id = p.id
            where p.closed_at is null and p.kind = 'pool'
              and (p.reason = any(%s) or r.is_given_out and %s) and p.team_id = %s
            """,
            [list(asked.reasons), asked.with_recalled, asked.team_id],
        )
        return list(cursor.fetchall())


def _oldest(
    asked: Asked,
    count: int,
    *,
    kinds: list[tuple[Kind, int | None]] | None = None,
    only: int | None = None,
) -> list[Waiting]:
    """Lock leads and their places, like all writers; what somebody is just moving is left to them.

    `kinds`: only those of these regions and categories; with the one seat that could take them, where it is one.
    `only`: the one seat there is.
    """
    named = kinds or ()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.lead_id, g.level, p.id, l.region_code, l.category, r.seat_id
            from handoff_placement p
            join contacts_lead l on l.id = p.lead_id
            join grading_grade g on g.lead_id = p.lead_id and g.superseded_at is null
            join handoff_method m on m.team_id = p.team_id
            left join pools_recall r on r.placement_id = p.id
            where p.closed_at is null and p.kind = 'pool' and p.team_id = %(team)s
              and (p.reason = any(%(postponed)s) or r.is_given_out and %(recalled)s)
              and (array[m.low, m.medium, m.high])[g.level] <> 'pool'
              and (r.seat_id = %(only)s) is not true
              and (%(all)s or exists (select from unnest(%(regions)s::int[], %(categories)s::text[],
                %(onlys)s::bigint[]) as k(region, category, seat)
                where k.region = coalesce(l.region_code, 0) and k.category = l.category
                  and (r.seat_id = k.seat) is not true))
            order by p.opened_at, p.id limit %(count)s for no key update of l, p skip locked
            """,
            {
                "postponed": list(asked.reasons),
                "recalled": asked.with_recalled,
                "team": asked.team_id,
                "only": only,
                "all": kinds is None,
                "regions": [region or 0 for (region, _), _ in named],
                "categories": [category for (_, category), _ in named],
                "onlys": [seat for _, seat in named],
                "count": count,
            },
        )
        return list(cursor.fetchall())
