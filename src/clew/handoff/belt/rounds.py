"""What a decision leaves of itself: the round with its inputs, and the seats as they stand after it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.handoff.rules import VERSION, Lead, Outcome, Seat

FREED = """
update handoff_seat s set open_count = s.open_count - n.count
from json_to_recordset(%s) as n(id bigint, count int) where s.id = n.id
"""


def lock_seats(team_ids: list[int], freed: Mapping[int | None, int]) -> None:
    """Lock the open seats of teams; those of `freed` are rid of so many leads, which their counts did not say yet."""
    rid = [id_ for id_ in freed if id_]
    if not team_ids and not rid:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select from handoff_seat where left_at is null and (team_id = any(%s) or id = any(%s))
            order by team_id, id for no key update
            """,
            [team_ids, rid],
        )
    if rid:
        free(freed)


def free(freed: Mapping[int | None, int]) -> None:
    """Take so many leads off the counts of seats; the caller holds their locks."""
    rid = [{"id": id_, "count": count} for id_, count in freed.items() if id_]
    with connection.cursor() as cursor:
        cursor.execute(FREED, [dumps(rid)])


def write_round(team_id: int, seats: Sequence[Seat], leads: Sequence[Lead], now: datetime) -> UUID:
    """Keep what went into a decision."""
    round_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into handoff_round (id, team_id, decided_at, rules_version, seats, leads)
            values (%s, %s, %s, %s, %s, %s)
            """,
            [round_id, team_id, now, VERSION, dumps(seats), dumps(leads)],
        )
    return round_id


def write_seats(seats: Sequence[Seat], outcome: Outcome, now: datetime) -> None:
    """Keep credits and counts; whoever was served waits from now on, in the order of the turns."""
    served = {
        turn.seat_id: n for n, turn in enumerate(outcome.turns, 1) if turn.seat_id is not None
    }
    turns = Counter(turn.seat_id for turn in outcome.turns)
    rows = [
        {
            "id": s.id,
            "credit": outcome.credits[s.id],
            "open_count": outcome.open_counts[s.id],
            "turns": turns[s.id],
            "served_at": now + timedelta(microseconds=served[s.id]) if s.id in served else None,
        }
        for s in seats
        if s.id in served or outcome.credits[s.id] != s.credit
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                update handoff_seat s set credit = n.credit, open_count = n.open_count,
                  turn_count = s.turn_count + n.turns,
                  served_at = coalesce(n.served_at, s.served_at)
                from json_to_recordset(%s)
                  as n(id bigint, credit bigint, open_count int, turns int, served_at timestamptz)
                where s.id = n.id
                """,
                [dumps(rows)],
            )
