"""The belt's third step: every graded lead gets a place, fairly and with the reason kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

import msgspec
from django.db import connection

from clew.base.bulk import as_array, as_id, copy_text
from clew.base.ledger import BELT, append_all
from clew.base.live import Hint, announce
from clew.contacts.belt.identifying import Ended
from clew.grading.belt import Graded
from clew.handoff.belt.owners import last_holders, to_owners, with_more
from clew.handoff.belt.rounds import free, lock_seats, write_round, write_seats
from clew.handoff.belt.routing import destinations, team_of_side
from clew.handoff.belt.seating import Worked, own_hours, read_hours, seated
from clew.handoff.belt.waiting import POSTPONED, Asked, takeable
from clew.handoff.calendars import Hours
from clew.handoff.events import LeadPlaced
from clew.handoff.rules import IDLE, Lead, Outcome, Seat, Turn, share_out

LAPSED = "lapsed"
FULL, OVERFLOW, OWN = "all_full", "overflow", "own_customer"


@dataclass(frozen=True, slots=True)
class Team:
    """A team's method as it stands."""

    id: int
    side: str
    ways: dict[int, str]  # by grade level: turn, idle or pool
    hours: Hours
    own: Mapping[int, Hours]  # of seats with a calendar of their own, whatever the team
    is_lifelong: bool = False  # people come back to whoever had them
    overflow: int | None = None  # the team that takes leads when everybody of this one is full

    def hours_of(self, seat_id: int | None) -> Hours:
        """Give the hours of a seat."""
        return self.own.get(seat_id or 0, self.hours)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that needs a place, with the placement it leaves, if any."""

    lead_id: UUID
    level: int
    teams: tuple[int, ...]  # the first takes it; the others in turn where nobody of the first can
    is_pooled: bool = False
    leaves: int | None = None
    region: int | None = None
    category: str = ""  # in lower case
    barred: tuple[int, ...] = ()  # seats that it was taken back from
    owner: int | None = None  # the seat that had the same person last
    overflow: int | None = None  # asked last, and only where everybody of the first team is full
    is_over: bool = False  # it waits in the pool of a team that is full, and another is asked


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a lead stands now; round and turn where a decision by turn put it there."""

    lead_id: UUID
    level: int
    kind: str
    team_id: int | None
    seat_id: int | None
    member_id: int | None
    reason: str
    round_id: UUID | None
    turn: int | None
    hours: Hours | None
    ended: Ended | None = None  # history: nobody ever gets it


def place(graded: Sequence[Graded], now: datetime) -> list[Placed]:
    """Give new leads a place; move pooled ones that a new submission has raised to a turn.

    History is closed at once and takes no turn; leads that lapsed are closed, and their seats are free
    again before anybody's turn comes. Leads that stay where they are are returned too. Locks the seats
    of the teams concerned, in the order of their ids, until the commit.
    """
    teams = _teams()
    standing = _standing([g.enquiry.lead_id for g in graded if not g.enquiry.is_new], teams)
    history = [_recorded(g, g.enquiry.ended, teams) for g in graded if g.enquiry.ended]
    moving = []
    staying: list[Placed] = []
    for g in graded:
        if g.enquiry.ended:
            continue
        stands = standing.get(g.enquiry.lead_id)
        if stands is not None and not _is_raised(stands[1], g.level, teams):
            staying.append(stands[1])
        else:
            moving.append(g)
    candidates = []
    for c in _send(moving, teams, now):
        leaves, stands_in = standing.get(c.lead_id, (None, None))
        if stands_in and c.is_pooled and c.teams[0] == stands_in.team_id:
            staying.append(stands_in)
        else:
            candidates.append(replace(c, leaves=leaves) if leaves else c)
    lapsed = _leave_lapsed([g.enquiry.follows for g in graded if g.enquiry.follows], now)
    placed = _decide_all(candidates, teams, now, freed=Counter(p.seat_id for p in lapsed))
    closed = [replace(p, kind="closed", seat_id=None, reason=LAPSED) for p in lapsed]
    _write(placed + history, candidates, now)
    if closed:
        _write_rows(closed, now)
    announce(_hint(p) for p in placed + staying + lapsed)
    return placed + staying + history + closed


def _send(moving: list[Graded], teams: dict[int, Team], now: datetime) -> list[Candidate]:
    sides = {t.id: t.side for t in teams.values()}
    sent = destinations(moving, sides, now)
    owners = last_holders(
        [
            g.enquiry.lead_id
            for g, to in zip(moving, sent, strict=True)
            if to.teams and teams[to.teams[0]].is_lifelong
        ]
    )
    return [
        Candidate(
            g.enquiry.lead_id,
            g.level,
            to.teams,
            to.is_pooled,
            region=g.enquiry.region_code,
            category=g.enquiry.category.strip().casefold(),
            owner=owners.get(g.enquiry.lead_id),
            overflow=_overflow(to.teams, teams),
        )
        for g, to in zip(moving, sent, strict=True)
    ]


def _overflow(asked: Sequence[int], teams: dict[int, Team]) -> int | None:
    """Give the team that takes the leads of the first when everybody there is full, unless it is asked anyway."""
    over = teams[asked[0]].overflow if asked else None
    return over if over in teams and over not in asked else None


def _recorded(g: Graded, ended: Ended, teams: dict[int, Team]) -> Placed:
    """Close an old enquiry for what its file says; the team of its side may look it up."""
    team_id = team_of_side(g, {t.id: t.side for t in teams.values()}) or None
    reason = ended.outcome.result or "history"
    lead_id = g.enquiry.lead_id
    return Placed(lead_id, g.level, "closed", team_id, None, None, reason, None, None, None, ended)


def _leave_lapsed(lead_ids: list[UUID], now: datetime) -> list[Placed]:
    """Close the places of leads that lapsed, and give them as they stood. The leads are locked."""
    if not lead_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update handoff_placement p set closed_at = %s
            from handoff_placement q left join handoff_seat s on s.id = q.seat_id
            where p.id = q.id and p.lead_id = any(%s::uuid[]) and p.closed_at is null
            returning p.lead_id, p.kind, p.team_id, p.seat_id, s.member_id, p.reason
            """,
            [now, as_array(lead_ids)],
        )
        return [
            Placed(lead_id, 0, kind, team_id, seat_id, member_id, reason, None, None, None)
            for lead_id, kind, team_id, seat_id, member_id, reason in cursor.fetchall()
        ]


def redistribute(now: datetime) -> list[Placed]:
    """Give out pooled leads that wait for somebody to be free or on shift, oldest first.

    What waits because everybody of a team is full goes to the team that it overflows into.
    """
    teams = _teams()
    seats = seated(list(teams), _worked(teams), now)
    candidates = [
        c
        for team_id, team in teams.items()
        for c in _waiting(Asked(team_id), seats.get(team_id, []))
        or _overflowing(team, seats.get(team.overflow or 0, []))
    ]
    placed = _decide_all(candidates, teams, now)
    over = {c.lead_id for c in candidates if c.is_over}
    persons = [p for p in placed if p.kind == "person"]
    taken = [replace(p, reason=OVERFLOW) if p.lead_id in over else p for p in persons]
    _write(taken, candidates, now)
    announce(_hint(p) for p in taken)
    return taken


@dataclass(frozen=True, slots=True)
class Leaving:
    """A lead that is to be taken from whoever has it, and from whom it was before; or at last into the pool."""

    lead_id: UUID
    barred: tuple[int, ...]
    is_over: bool


def hand_on(leaving: Sequence[Leaving], now: datetime) -> list[Placed]:
    """Take leads from those who have them; each goes to the next of its team by turn, who has not had it yet.

    What nobody else can take now stays where it is, and is not among what is returned. The caller holds
    the leads' locks. Locks the seats of their teams until the commit.
    """
    teams = _teams()
    standing = _standing([one.lead_id for one in leaving], teams)
    about = _about([one.lead_id for one in leaving])
    candidates = [
        Candidate(
            one.lead_id, stands.level, (team_id,), one.is_over, at, *about[one.lead_id], one.barred
        )
        for one in leaving
        if one.lead_id in standing
        for at, stands in [standing[one.lead_id]]
        if stands.kind == "person" and (team_id := stands.team_id or 0) in teams
    ]
    is_over = {one.lead_id: one.is_over for one in leaving}
    moved = [
        replace(p, reason="went_round" if is_over[p.lead_id] else "late")
        for p in _decide_all(candidates, teams, now)
        if p.kind == "person" or p.reason in {"rule", "grade"}
    ]
    left = [standing[p.lead_id][1] for p in moved]
    _write(moved, candidates, now)
    free(Counter(p.seat_id for p in left))
    announce(_hint(p) for p in left + moved)
    return moved


def _about(lead_ids: list[UUID]) -> dict[UUID, tuple[int | None, str]]:
    """Give what decides who may have them: region, and category in lower case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, region_code, category from contacts_lead where id = any(%s::uuid[])",
            [as_array(lead_ids)],
        )
        return {id_: (region, name.strip().casefold()) for id_, region, name in cursor.fetchall()}


def _overflowing(team: Team, seats: Sequence[Seat]) -> list[Candidate]:
    """Give what waits in a full team's pool for the seats of the one that it overflows into."""
    if not team.overflow or not seats:
        return []
    waiting = _waiting(Asked(team.id, (FULL,), with_recalled=False), seats)
    return [replace(c, teams=(team.overflow,), is_over=True) for c in waiting]


def _waiting(asked: Asked, seats: Sequence[Seat]) -> list[Candidate]:
    return [
        Candidate(
            lead_id,
            level,
            (asked.team_id,),
            leaves=leaves,
            region=region,
            category=category.strip().casefold(),
            barred=(taken_from,) if taken_from else (),
        )
        for lead_id, level, leaves, region, category, taken_from in takeable(asked, seats)
    ]


def held(lead_id: UUID) -> list[Placed]:
    """Give the open placement of one lead, if a person holds it."""
    return [p for _, p in _standing([lead_id], _teams()).values() if p.kind == "person"]


def _teams() -> dict[int, Team]:
    own = own_hours()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select m.team_id, m.side, m.low, m.medium, m.high, c.time_zone, c.week::text,
              c.days_off::text, c.days_on::text, coalesce(y.is_lifelong, false), y.overflow_id
            from handoff_method m join handoff_calendar c on c.id = m.calendar_id
            left join pools_poolpolicy y on y.team_id = m.team_id
            order by m.team_id
            """
        )
        return {
            team_id: Team(
                team_id,
                side,
                {1: low, 2: medium, 3: high},
                read_hours(*written),
                own,
                is_lifelong,
                overflow,
            )
            for team_id, side, low, medium, high, *written, is_lifelong, overflow in cursor
        }


def _standing(lead_ids: list[UUID], teams: dict[int, Team]) -> dict[UUID, tuple[int, Placed]]:
    if not lead_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.id, p.lead_id, g.level, p.kind, p.team_id, p.seat_id, s.member_id, p.reason
            from handoff_placement p
            join grading_grade g on g.lead_id = p.lead_id and g.superseded_at is null
            left join handoff_seat s on s.id = p.seat_id
            where p.lead_id = any(%s::uuid[]) and p.closed_at is null order by p.id for update of p
            """,
            [as_array(lead_ids)],
        )
        found = {}
        for placement_id, lead_id, level, kind, team_id, seat_id, member_id, reason in cursor:
            working = teams[team_id].hours_of(seat_id) if team_id in teams else None
            stands = Placed(
                lead_id, level, kind, team_id, seat_id, member_id, reason, None, None, working
            )
            found[lead_id] = placement_id, stands
        return found


def _is_raised(stands: Placed, level: int, teams: dict[int, Team]) -> bool:
    """Tell whether a lead stands in a pool although its new grade goes to a person."""
    team = teams.get(stands.team_id or 0)
    return stands.kind == "pool" and (team is None or team.ways[level] != "pool")


def _decide_all(
    candidates: Sequence[Candidate],
    teams: dict[int, Team],
    now: datetime,
    freed: Mapping[int | None, int] = MappingProxyType({}),
) -> list[Placed]:
    """Decide the places of all candidates, team by team, and keep the inputs of each decision.

    Who finds nobody free goes on to the next team of the rule, and back to the first one's pool where
    there is none. `freed`: how many leads each seat is rid of, which its count does not say yet.
    """
    placed = _homeless([c for c in candidates if not c.teams])
    team_ids = sorted({id_ for c in candidates for id_ in (*c.teams, c.overflow) if id_})
    lock_seats(team_ids, freed)
    seats = seated(team_ids, _worked(teams), now) if team_ids else {}
    first: dict[UUID, Placed] = {}
    asked, waiting = 0, [c for c in candidates if c.teams]
    while waiting:
        by_lead = {c.lead_id: c for c in waiting}
        waiting = []
        for p in _ask(list(by_lead.values()), asked, teams, seats, now):
            first.setdefault(p.lead_id, p)
            c = by_lead[p.lead_id]
            is_over = asked == len(c.teams)
            if p.kind == "person":
                placed.append(replace(p, reason=OVERFLOW) if is_over else p)
            elif not is_over and p.reason not in POSTPONED:
                placed.append(p)
            elif asked + 1 < len(_asked(c, first[p.lead_id])):
                waiting.append(c)
            else:
                placed.append(first[p.lead_id])
        asked += 1
    return placed


def _ask(
    group: list[Candidate],
    asked: int,
    teams: dict[int, Team],
    seats: dict[int, list[Seat]],
    now: datetime,
) -> Iterable[Placed]:
    """Let each candidate's team number `asked` decide; teams in the order of their ids."""
    by_team: dict[int, list[Candidate]] = {}
    for c in group:
        by_team.setdefault([*c.teams, c.overflow or 0][asked], []).append(c)
    for team_id in sorted(by_team):
        own = by_team[team_id]
        kept = [] if asked else to_owners(own, seats.get(team_id, []))
        yield from (_to_owner(teams[team_id], c, seat) for c, seat in kept)
        seats[team_id] = with_more(seats.get(team_id, []), [seat.id for _, seat in kept])
        theirs = {c.lead_id for c, _ in kept}
        rest = [c for c in own if c.lead_id not in theirs]
        yield from _decide(teams[team_id], seats, rest, now)


def _to_owner(team: Team, c: Candidate, seat: Seat) -> Placed:
    hours = team.hours_of(seat.id)
    return Placed(
        c.lead_id, c.level, "person", team.id, seat.id, seat.member_id, OWN, None, None, hours
    )


def _asked(c: Candidate, first: Placed) -> tuple[int, ...]:
    """Give the teams that are asked for a lead of which the first has decided so."""
    return (*c.teams, c.overflow) if c.overflow and first.reason == FULL else c.teams


def _homeless(group: list[Candidate]) -> list[Placed]:
    return [
        Placed(c.lead_id, c.level, "pool", None, None, None, "no_team", None, None, None)
        for c in group
    ]


def _worked(teams: dict[int, Team]) -> Worked:
    own = next(iter(teams.values())).own if teams else {}
    waiting = frozenset(t.id for t in teams.values() if IDLE in t.ways.values())
    return Worked({t.id: t.hours for t in teams.values()}, own, waiting)


def _decide(
    team: Team, locked: dict[int, list[Seat]], group: list[Candidate], now: datetime
) -> Iterable[Placed]:
    turning = []
    for c in group:
        if not c.is_pooled and team.ways[c.level] != "pool":
            turning.append(c)
            continue
        reason = "rule" if c.is_pooled else "grade"
        yield Placed(c.lead_id, c.level, "pool", team.id, None, None, reason, None, None, None)
    if not turning:
        return
    seats = locked.get(team.id, [])
    leads = [
        Lead(c.lead_id, c.level, c.region, c.category, team.ways[c.level], c.barred)
        for c in turning
    ]
    outcome = share_out(seats, leads)
    round_id = write_round(team.id, seats, leads, now)
    write_seats(seats, outcome, now)
    locked[team.id] = [_after(s, outcome) for s in seats]
    members = {s.id: s.member_id for s in seats}
    for number, (c, turn) in enumerate(zip(turning, outcome.turns, strict=True)):
        yield _placed(team, c, turn, at=(round_id, number), members=members)


def _after(s: Seat, outcome: Outcome) -> Seat:
    """Give the seat as the next decision of the batch finds it."""
    count, credit = outcome.open_counts[s.id], outcome.credits[s.id]
    return msgspec.structs.replace(s, open_count=count, credit=credit, waited=outcome.waits[s.id])


def _placed(
    team: Team, c: Candidate, turn: Turn, *, at: tuple[UUID, int], members: dict[int, int]
) -> Placed:
    return Placed(
        lead_id=c.lead_id,
        level=c.level,
        kind="pool" if turn.seat_id is None else "person",
        team_id=team.id,
        seat_id=turn.seat_id,
        member_id=None if turn.seat_id is None else members[turn.seat_id],
        reason=turn.reason,
        round_id=at[0],
        turn=at[1],
        hours=team.hours_of(turn.seat_id),
    )


def _write(placed: list[Placed], candidates: list[Candidate], now: datetime) -> None:
    leaving = {c.lead_id: c.leaves for c in candidates if c.leaves}
    left = [leaving[p.lead_id] for p in placed if p.lead_id in leaving]
    if left:
        with connection.cursor() as cursor:
            cursor.execute(
                "update handoff_placement set closed_at = %s where id = any(%s)", [now, left]
            )
    _write_rows(placed, now)
    append_all(
        [LeadPlaced(p.lead_id, p.kind, p.team_id, p.seat_id, p.reason, p.round_id) for p in placed],
        actor=BELT,
        at=now,
    )


def _write_rows(placed: Sequence[Placed], now: datetime) -> None:
    at = now.isoformat()
    copy_text(
        "handoff_placement",
        "lead_id, kind, team_id, seat_id, reason, round_id, turn, opened_at",
        (_placement_row(p, at) for p in placed),
    )


def _placement_row(p: Placed, at: str) -> tuple[object, ...]:
    since = p.ended.ended_at.isoformat() if p.ended else at
    lead_id, round_id = p.lead_id.hex, as_id(p.round_id)
    return lead_id, p.kind, p.team_id, p.seat_id, p.reason, round_id, p.turn, since


def _hint(p: Placed) -> Hint:
    return Hint(p.lead_id, member_id=p.member_id, team_id=None if p.member_id else p.team_id)
