"""Which pooled leads of a team somebody could take now."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from clew.handoff.rules import Kind, Seat, exclusion

POSTPONED = (
    "off_hours",
    "all_full",
    "nobody_present",
    "nobody_weighted",
    "no_seats",
    "nobody_covers",
    "owner_left",
)
AT_ONCE = 500
Waiting = tuple[UUID, int, int, int | None, str]  # lead, level, open placement, region, category


def takeable(team_id: int, seats: Sequence[Seat]) -> list[Waiting]:
    """Give pooled leads that somebody of the team could take now, oldest first, as many as there is room for.

    What nobody could take does not stand in the way of what somebody could.
    """
    free = [s for s in seats if not exclusion(s, s.open_count)]
    if not free:
        return []
    places = min(AT_ONCE, sum(s.capacity - s.open_count for s in free))
    if not any(s.categories or s.territories for s in free):
        return _oldest(team_id, places, None)
    kinds = [k for k in _kinds(team_id) if any(_could(s, k) for s in free)]
    return _oldest(team_id, places, kinds) if kinds else []


def _could(seat: Seat, kind: Kind) -> bool:
    region, category = kind
    return not exclusion(seat, seat.open_count, (region, category.strip().casefold()))


def _kinds(team_id: int) -> list[Kind]:
    """Give what regions and categories wait in a team's pool."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct l.region_code, l.category
            from handoff_placement p join contacts_lead l on l.id = p.lead_id
            where p.closed_at is null and p.kind = 'pool' and p.reason = any(%s) and p.team_id = %s
            """,
            [list(POSTPONED), team_id],
        )
        return list(cursor.fetchall())


def _oldest(team_id: int, count: int, kinds: list[Kind] | None) -> list[Waiting]:
    """Lock leads and their places, like all writers; what somebody is just moving is left to them.

    `kinds`: only those of these regions and categories.
    """
    regions = [region or 0 for region, _ in kinds or ()]
    categories = [category for _, category in kinds or ()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.lead_id, g.level, p.id, l.region_code, l.category
            from handoff_placement p
            join contacts_lead l on l.id = p.lead_id
            join grading_grade g on g.lead_id = p.lead_id and g.superseded_at is null
            join handoff_method m on m.team_id = p.team_id
            where p.closed_at is null and p.kind = 'pool' and p.reason = any(%s) and p.team_id = %s
              and (array[m.low, m.medium, m.high])[g.level] <> 'pool'
              and (%s or (coalesce(l.region_code, 0), l.category) in (
                select region, category from unnest(%s::int[], %s::text[]) as k(region, category)))
            order by p.opened_at limit %s for no key update of l, p skip locked
            """,
            [list(POSTPONED), team_id, kinds is None, regions, categories, count],
        )
        return list(cursor.fetchall())
