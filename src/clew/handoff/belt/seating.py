"""Who sits where at a moment, with all that a turn asks of a seat: read once per batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from clew.handoff.calendars import Hours, hours, is_working, time_between
from clew.handoff.rules import Seat

LONGEST_WAIT = timedelta(days=60)  # who waits longer waits as long as everybody else who does
MICROSECOND = timedelta(microseconds=1)
SEATED = """
select s.team_id, s.id, s.member_id, s.weight, s.capacity, s.open_count, s.credit, s.is_present,
  coalesce((select a.id from handoff_absence a where a.seat_id = s.id and a.cancelled_at is null
    and a.from_at <= %(now)s and a.until_at > %(now)s limit 1), 0),
  s.categories::text, s.territories::text,
  greatest(s.joined_at, s.back_at, s.served_at, (select max(least(a.until_at, a.cancelled_at))
    from handoff_absence a where a.seat_id = s.id and least(a.until_at, a.cancelled_at) <= %(now)s
    and (a.cancelled_at is null or a.cancelled_at > a.from_at)))
from handoff_seat s where s.team_id = any(%(teams)s) and s.left_at is null
order by s.team_id, s.id
"""


@dataclass(frozen=True, slots=True)
class Worked:
    """When people work: their teams' hours, their own where they have some. `waiting`: teams that count it."""

    teams: Mapping[int, Hours]
    own: Mapping[int, Hours]
    waiting: frozenset[int]

    def of(self, team_id: int, seat_id: int) -> Hours:
        """Give the hours of a seat."""
        return self.own.get(seat_id, self.teams[team_id])


def seated(team_ids: Sequence[int], worked: Worked, now: datetime) -> dict[int, list[Seat]]:
    """Give the seats of teams as they stand, by team, in the order of their ids. Locks nothing."""
    found: dict[int, list[Seat]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SEATED, {"now": now, "teams": list(team_ids)})
        for team_id, *row, absence, categories, territories, since in cursor:
            hours_ = worked.of(team_id, row[0])
            waited = _waited(hours_, since, now) if team_id in worked.waiting else 0
            works = is_working(hours_, now)
            known = (*row, works, absence, *_takes(categories, territories), waited)
            found.setdefault(team_id, []).append(Seat(*known))
    return found


def _waited(hours_: Hours, since: datetime, now: datetime) -> int:
    return time_between(hours_, max(since, now - LONGEST_WAIT), now) // MICROSECOND


def own_hours() -> dict[int, Hours]:
    """Give the hours of the seats that have a calendar of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select s.id, c.time_zone, c.week::text, c.days_off::text, c.days_on::text
            from handoff_seat s join handoff_calendar c on c.id = s.calendar_id
            where s.left_at is null
            """
        )
        return {seat_id: read_hours(*written) for seat_id, *written in cursor.fetchall()}


def read_hours(time_zone: str, week: str, days_off: str, days_on: str) -> Hours:
    """Read a calendar's columns as text."""
    decode = msgspec.json.decode
    return hours(time_zone, decode(week), decode(days_off), decode(days_on))


def _takes(
    categories: str, territories: str
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    if categories == "[]" == territories:
        return (), ()
    return (
        tuple(name.strip().casefold() for name in msgspec.json.decode(categories)),
        msgspec.json.decode(territories, type=tuple[tuple[int, int], ...]),
    )
