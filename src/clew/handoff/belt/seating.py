"""Who sits where at a moment, with all that a turn asks of a seat: read once per batch."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from django.db import connection

from clew.handoff.calendars import Hours, hours, is_working
from clew.handoff.rules import Seat

OnShift = Callable[[int, int], bool]  # of a team and a seat
SEATED = """
select s.team_id, s.id, s.member_id, s.weight, s.capacity, s.open_count, s.credit, s.is_present,
  coalesce((select a.id from handoff_absence a where a.seat_id = s.id and a.cancelled_at is null
    and a.from_at <= %(now)s and a.until_at > %(now)s limit 1), 0),
  s.categories::text, s.territories::text
from handoff_seat s where s.team_id = any(%(teams)s) and s.left_at is null
order by s.team_id, s.id
"""


def seated(team_ids: Sequence[int], on_shift: OnShift, now: datetime) -> dict[int, list[Seat]]:
    """Give the seats of teams as they stand, by team, in the order of their ids. Locks nothing."""
    found: dict[int, list[Seat]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SEATED, {"now": now, "teams": list(team_ids)})
        for team_id, *row, absence, categories, territories in cursor:
            known = (*row, on_shift(team_id, row[0]), absence, *_takes(categories, territories))
            found.setdefault(team_id, []).append(Seat(*known))
    return found


def by_hours(teams: Mapping[int, Hours], own: Mapping[int, Hours], now: datetime) -> OnShift:
    """Tell of each seat whether it is working: by its own hours, else by its team's."""
    return lambda team_id, seat_id: is_working(own.get(seat_id, teams[team_id]), now)


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
