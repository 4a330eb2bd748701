"""Who is on, how much each has, and which clocks run, at this moment: by a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from django.db import connection
from django.utils import timezone

from clew.access.models import Member, Team
from clew.access.queries import teams
from clew.handoff.belt.seating import own_hours
from clew.handoff.calendars import Hours, hours, is_working
from clew.handoff.models import Absence, Method, Seat
from clew.handoff.people.queries import absences

SHOWN = 5  # clocks of each person, the latest first
CLOCKS = """
select seat_id, lead_id, stands, coalesce(nullif(k.name, ''), nullif(k.company, ''), '–'), due_at, running, late
from (select p.seat_id, c.lead_id, p.id as stands, c.due_at, count(*) over w as running,
    count(*) filter (where c.due_at <= %(now)s) over w as late,
    row_number() over (partition by p.seat_id order by c.due_at, c.lead_id) as place
  from pipeline_clock c
  join handoff_placement p on p.lead_id = c.lead_id and p.closed_at is null and p.seat_id = any(%(seats)s)
  where c.stopped_at is null and c.kind <> 'stage' and (c.paused_until is null or c.paused_until <= %(now)s)
  window w as (partition by p.seat_id)) c
join contacts_lead l on l.id = c.lead_id join contacts_contact k on k.id = l.contact_id
where place <= %(shown)s order by due_at, lead_id
"""
NEW = """
select seat_id, count(distinct lead_id) from handoff_placement
where seat_id = any(%(seats)s) and opened_at >= %(today)s group by seat_id
"""


class State(StrEnum):
    """Whether somebody takes leads now, and why not."""

    ON = "on"
    OFF_HOURS = "off_hours"
    AWAY = "away"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Ticking:
    """A clock that runs, or has run out; `stands`: the placement of its lead."""

    lead_id: UUID
    stands: int
    title: str
    due_at: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """One seat as it stands now."""

    seat: Seat
    state: State
    until: datetime | None  # when an absence ends
    running: int
    late: int
    new_today: int
    clocks: Sequence[Ticking]


@dataclass(frozen=True, slots=True)
class Shift:
    """A team now: who is on first, whoever is latest before the others."""

    team: Team
    workers: Sequence[Worker]

    @property
    def late(self) -> int:
        """Give how many clocks have run out."""
        return sum(worker.late for worker in self.workers)


def shifts(viewer: Member, now: datetime) -> list[Shift]:
    """Give each team that a manager leads as it stands now: seven statements, whatever the number."""
    led = list(teams(viewer).order_by("pk"))
    seats = Seat.objects.filter(team__in=led, left_at=None).select_related("member")
    by_team: dict[int, list[Worker]] = defaultdict(list)
    for worker in _workers(list(seats.order_by("team_id", "pk")), led, now):
        by_team[worker.seat.team_id].append(worker)
    return [Shift(team, sorted(by_team[team.pk], key=_rank)) for team in led]


def _workers(seats: Sequence[Seat], led: Sequence[Team], now: datetime) -> list[Worker]:
    ids = [seat.pk for seat in seats]
    away = {
        a.seat_id: a for a in absences(Seat.objects.filter(pk__in=ids), now) if a.from_at <= now
    }
    of_team, own = _hours(led), own_hours()
    ticking, counts = _clocks(ids, now)
    fresh = _new(ids, now)
    found = []
    for seat in seats:
        hours_ = own.get(seat.pk) or of_team.get(seat.team_id)
        state = _state(seat, away.get(seat.pk), hours_, now)
        running, late = counts.get(seat.pk, (0, 0))
        until = away[seat.pk].until_at if seat.pk in away else None
        new = fresh.get(seat.pk, 0)
        found.append(Worker(seat, state, until, running, late, new, ticking.get(seat.pk, [])))
    return found


def _state(seat: Seat, absence: Absence | None, hours_: Hours | None, now: datetime) -> State:
    if not seat.is_present:
        return State.ABSENT
    if absence:
        return State.AWAY
    return State.OFF_HOURS if hours_ and not is_working(hours_, now) else State.ON


def _hours(led: Iterable[Team]) -> dict[int, Hours]:
    methods = Method.objects.filter(team__in=led).select_related("calendar")
    return {
        m.team_id: hours(
            m.calendar.time_zone, m.calendar.week, m.calendar.days_off, m.calendar.days_on
        )
        for m in methods
    }


def _clocks(
    seat_ids: Sequence[int], now: datetime
) -> tuple[dict[int, list[Ticking]], dict[int, tuple[int, int]]]:
    """Give the first clocks of each seat to run out, and how many run and have run out."""
    ticking: dict[int, list[Ticking]] = defaultdict(list)
    counts: dict[int, tuple[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS, {"seats": list(seat_ids), "now": now, "shown": SHOWN})
        for seat_id, lead_id, stands, title, due_at, whole, late in cursor:
            counts[seat_id] = (whole - late, late)
            ticking[seat_id].append(Ticking(lead_id, stands, title, due_at, due_at <= now))
    return ticking, counts


def _new(seat_ids: Sequence[int], now: datetime) -> dict[int, int]:
    local = timezone.localtime(now)
    today = datetime.combine(local.date(), time(), local.tzinfo)
    with connection.cursor() as cursor:
        cursor.execute(NEW, {"seats": list(seat_ids), "today": today})
        return dict(cursor.fetchall())


def _rank(worker: Worker) -> tuple[bool, int, int, int]:
    return worker.state != State.ON, -worker.late, -worker.running, worker.seat.pk
