"""Reading who is away, who works when, and who goes on with whose leads."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from msgspec import structs

from clew.access.models import Member, Role
from clew.access.queries import teams
from clew.handoff.belt.seating import Worked, own_hours, seated
from clew.handoff.calendars import hours
from clew.handoff.fairness import Tie, is_suspect
from clew.handoff.models import Absence, Calendar, Method, Placement, Round, Seat
from clew.handoff.queries import inputs
from clew.handoff.rules import Lead as TurnLead
from clew.handoff.rules import draws, share_out


def users(calendar_id: int) -> list[str]:
    """Give the names of the teams and people who work by a calendar."""
    used = Q(calendar=calendar_id)
    methods = Method.objects.filter(used).values_list("team__name", flat=True)
    seats = Seat.objects.filter(used, left_at=None).values_list("member__name", flat=True)
    return [*methods.order_by("team"), *seats.order_by("pk")]


def calendars() -> list[tuple[Calendar, list[str]]]:
    """Give all calendars, each with the names of those who work by it."""
    return [(one, users(one.pk)) for one in Calendar.objects.order_by("pk")]


def seats_of(viewer: Member) -> QuerySet[Seat]:
    """Give the open seats a member may plan for: one's own, those of one's teams, or all."""
    seats = Seat.objects.filter(left_at=None).select_related("member", "team", "calendar")
    if viewer.role == Role.SALESPERSON:
        return seats.filter(member=viewer)
    return seats.filter(team__in=teams(viewer))


def own_seats(viewer: Member) -> QuerySet[Seat]:
    """Give the open seats that a member sits on."""
    return Seat.objects.filter(member=viewer, left_at=None).select_related("team").order_by("pk")


def absences(seats: QuerySet[Seat], now: datetime) -> QuerySet[Absence]:
    """Give what is going on and what is planned, the next first."""
    return (
        Absence.objects.filter(seat__in=seats.values("pk"), cancelled_at=None, until_at__gt=now)
        .select_related("seat__member", "seat__team", "planner")
        .order_by("from_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class Handover:
    """What becomes of a person's open leads: how many go by turn to whom, and how many to the pool."""

    count: int
    pooled: int
    receivers: list[tuple[str, int]]  # colleagues with how many each would get, most first

    @property
    def by_turn(self) -> int:
        """How many a colleague gets."""
        return self.count - self.pooled


def handover(seats: Iterable[Seat], now: datetime) -> Handover:
    """Tell what would become of the leads of seats that closed now, all of the same person."""
    got: Counter[int] = Counter()
    count = 0
    for seat in seats:
        held = _held(seat)
        count += len(held)
        method = Method.objects.select_related("calendar").filter(team=seat.team_id).first()
        if method is not None:
            got += _received(seat, method, held, now)
    names = dict(Member.objects.filter(pk__in=got).values_list("pk", "name"))
    receivers = [(names[id_], n) for id_, n in got.most_common()]
    return Handover(count, count - got.total(), receivers)


def _received(seat: Seat, method: Method, held: list[TurnLead], now: datetime) -> Counter[int]:
    """Count by member what colleagues would get by turn."""
    c = method.calendar
    of_team = hours(c.time_zone, c.week, c.days_off, c.days_on)
    worked = Worked({seat.team_id: of_team}, own_hours(), frozenset([seat.team_id]))
    others = [
        s for s in seated([seat.team_id], worked, now).get(seat.team_id, []) if s.id != seat.pk
    ]
    ways = {1: method.low, 2: method.medium, 3: method.high}
    turning = [
        structs.replace(lead, way=ways[lead.level])
        for lead in held
        if ways[lead.level] != Method.Way.POOL
    ]
    members = {s.id: s.member_id for s in others}
    turns = share_out(others, turning).turns
    return Counter(members[t.seat_id] for t in turns if t.seat_id is not None)


def _held(seat: Seat) -> list[TurnLead]:
    """Give what a seat holds, in the order in which the tick would give it out."""
    places = (
        Placement.objects.filter(seat=seat, closed_at=None, lead__grades__superseded_at=None)
        .order_by("lead_id")
        .values_list("lead_id", "lead__grades__level", "lead__region_code", "lead__category")
    )
    return [
        TurnLead(lead_id, level or 1, region, category.strip().casefold())
        for lead_id, level, region, category in places
    ]


ROUNDS_AT_MOST = 200
TIES_AT_MOST = 200
NEWEST = """
select r.id, r.team_id, r.seats, r.leads from unnest(%(teams)s::bigint[]) of_team
cross join lateral (select id, team_id, seats, leads, decided_at from handoff_round
  where team_id = of_team order by decided_at desc, id desc limit %(most)s) r
order by r.team_id, r.decided_at desc, r.id desc
"""


@dataclass(frozen=True, slots=True)
class Ties:
    """How many of the newest ties of a team were looked at, and whether they follow age or number."""

    count: int
    is_suspect: bool


def ties(team_ids: Collection[int]) -> dict[int, Ties]:
    """Ask the newest stored rounds of each team whether the oldest seat or account wins or loses its ties.

    Plays up to ROUNDS_AT_MOST rounds of each team again, about a tenth of a millisecond for each.
    """
    newest = Round.objects.raw(NEWEST, {"teams": list(team_ids), "most": ROUNDS_AT_MOST})
    rounds: dict[int, list[Round]] = {team_id: [] for team_id in team_ids}
    for decided in newest:
        rounds[decided.team_id].append(decided)
    asked = [decided.pk for of_team in rounds.values() for decided in of_team]
    won = {
        (round_id, turn): seat_id
        for round_id, turn, seat_id in Placement.objects.filter(
            round__in=asked, seat__isnull=False
        ).values_list("round_id", "turn", "seat_id")
    }
    return {team_id: _ties(of_team, won) for team_id, of_team in rounds.items()}


def _ties(rounds: Iterable[Round], won: Mapping[tuple[UUID, int | None], int | None]) -> Ties:
    found: list[Tie] = []
    accounts: dict[int, int] = {}
    for decided in rounds:
        seats, leads = inputs(decided)
        accounts |= {s.id: s.member_id for s in seats}
        for number, tied in enumerate(draws(seats, leads)):
            winner = won.get((decided.pk, number))
            if winner in tied and len(tied) > 1:
                found.append(Tie(tuple(tied), winner))
        if len(found) >= TIES_AT_MOST:
            break
    return Ties(len(found), is_suspect(found, [int, accounts.__getitem__]))
