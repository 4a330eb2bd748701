"""The belt's third step, backwards: places are given up, and turns are as if nobody had taken them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.live import Hint, announce
from clew.handoff.rules import Lead, Seat, charges

LAST_SERVED = """
update handoff_seat s set served_at = (
  select p.opened_at + (p.turn + 1) * interval '1 microsecond' from handoff_placement p
  where p.seat_id = s.id and p.round_id is not null order by p.opened_at desc, p.turn desc limit 1)
where s.id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class _Place:
    lead_id: UUID
    is_open: bool
    team_id: int | None
    seat_id: int | None
    member_id: int | None
    round_id: UUID | None
    turn: int


def forget(lead_ids: list[UUID]) -> None:
    """Give up all places of leads, and take back what their turns credited and debited.

    The caller holds the leads' locks. Locks their placements, then the seats of the teams concerned.
    """
    places = _places(lead_ids)
    counts = Counter(p.seat_id for p in places if p.is_open and p.seat_id)
    charged = _charged([p for p in places if p.seat_id and p.round_id])
    served = Counter(p.seat_id for p in places if p.seat_id and p.round_id)
    seat_ids = counts.keys() | charged.keys() | served.keys()
    if seat_ids:
        _write_seats({id_: (-charged[id_], counts[id_], served[id_]) for id_ in seat_ids})
    with connection.cursor() as cursor:
        for table in ("pools_recall", "pools_creditshare", "pools_opening"):
            cursor.execute(
                f"delete from {table} where lead_id = any(%s::uuid[])",  # noqa: S608  ours
                [as_array(lead_ids)],
            )
        cursor.execute(
            "delete from handoff_placement where lead_id = any(%s::uuid[])", [as_array(lead_ids)]
        )
        cursor.execute(
            "delete from handoff_route where lead_id = any(%s::uuid[])", [as_array(lead_ids)]
        )
        if served:
            cursor.execute(LAST_SERVED, [list(served)])
    _announce(p for p in places if p.is_open)


def revive(lead_ids: list[UUID], now: datetime) -> None:
    """Put leads back where they stood before they lapsed; into the pool where that seat is gone."""
    if not lead_ids:
        return
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            delete from handoff_placement
            where lead_id = any(%s::uuid[]) and closed_at is null and kind = 'closed'
            """,
            [ids],
        )
        cursor.execute(
            """
            update handoff_placement p set closed_at = null
            from (select distinct on (q.lead_id) q.id, q.seat_id from handoff_placement q
              where q.lead_id = any(%s::uuid[]) order by q.lead_id, q.id desc) last
            left join handoff_seat s on s.id = last.seat_id
            where p.id = last.id and s.left_at is null returning p.seat_id
            """,
            [ids],
        )
        counts = Counter(seat_id for (seat_id,) in cursor.fetchall() if seat_id)
        cursor.execute(
            """
            insert into handoff_placement (lead_id, kind, team_id, reason, opened_at)
            select distinct on (q.lead_id) q.lead_id, 'pool', q.team_id, 'nobody_present',
              %(now)s::timestamptz
            from handoff_placement q where q.lead_id = any(%(ids)s::uuid[]) and not exists (
              select from handoff_placement o where o.lead_id = q.lead_id and o.closed_at is null)
            order by q.lead_id, q.id desc
            """,
            {"now": now, "ids": ids},
        )
    if counts:
        _write_seats({id_: (0, -count, 0) for id_, count in counts.items()})
    tell(lead_ids)


def tell(lead_ids: list[UUID]) -> None:
    """Tell whoever has these leads that they have changed."""
    _announce(p for p in _places(lead_ids) if p.is_open)


def _places(lead_ids: list[UUID]) -> list[_Place]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.lead_id, p.closed_at is null, p.team_id, p.seat_id, s.member_id, p.round_id,
              coalesce(p.turn, 0)
            from handoff_placement p left join handoff_seat s on s.id = p.seat_id
            where p.lead_id = any(%s::uuid[]) order by p.id for update of p
            """,
            [as_array(lead_ids)],
        )
        return [_Place(*row) for row in cursor.fetchall()]


def _charged(places: Sequence[_Place]) -> Counter[int]:
    """Add up what these turns changed of the credit of every seat."""
    turns: dict[UUID, list[int]] = {}
    for p in places:
        if p.round_id:
            turns.setdefault(p.round_id, []).append(p.turn)
    total: Counter[int] = Counter()
    for round_id, seats, leads in _rounds(list(turns)):
        by_turn = charges(seats, leads)
        for turn in turns[round_id]:
            total.update(by_turn[turn])
    return total


def _rounds(round_ids: list[UUID]) -> Iterable[tuple[UUID, list[Seat], list[Lead]]]:
    if not round_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, seats::text, leads::text from handoff_round where id = any(%s)", [round_ids]
        )
        for round_id, seats, leads in cursor.fetchall():
            yield (
                round_id,
                msgspec.json.decode(seats, type=list[Seat]),
                msgspec.json.decode(leads, type=list[Lead]),
            )


def _write_seats(changes: dict[int, tuple[int, int, int]]) -> None:
    """Change credits, and lower open and turn counts, by seat. Locks in the order of all who lock many seats."""
    rows = [
        {"id": id_, "credit": credit, "count": count, "turns": turns}
        for id_, (credit, count, turns) in changes.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select from handoff_seat where id = any(%s) order by team_id, id for no key update
            """,
            [list(changes)],
        )
        cursor.execute(
            """
            update handoff_seat s set credit = s.credit + n.credit,
              open_count = s.open_count - n.count, turn_count = s.turn_count - n.turns
            from json_to_recordset(%s) as n(id bigint, credit bigint, count int, turns int)
            where s.id = n.id
            """,
            [dumps(rows)],
        )


def _announce(places: Iterable[_Place]) -> None:
    announce(
        Hint(p.lead_id, member_id=p.member_id, team_id=None if p.member_id else p.team_id)
        for p in places
        if p.member_id or p.team_id
    )
