"""Whose turn it is: weighted fair turns, by largest deficit among the eligible.

Every lead credits each eligible seat with its share of one lead (in micro-leads, rounded down) and
debits the seat that gets it by all that was credited, so that the credits of a team always sum to
zero. Source of the rule and of the properties tested: smooth weighted round robin (nginx) on a
changing set of eligible people (the carpool problem, Fagin and Williams 1983).

Where a team asks for it, a lead goes instead to the eligible seat that has waited longest, as call centres
choose an agent. Waiting is counted in a seat's own working time, so a night or a week away is none; whoever is
served waits from nothing again, so nobody gets two in a row while another waits. Credits stay as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from msgspec import Struct

from clew.handoff.routing import span

VERSION = 4  # 1 knew neither absences nor what a seat takes on, 2 no waiting, 3 nobody barred: decided as they were
TURN, IDLE = "turn", "idle"
ONE_LEAD = 1_000_000
ANYWHERE = (0, 1_000_000)
Kind = tuple[int | None, str]  # a lead's region and category
Span = tuple[int, int]  # GB/T 2260 codes from the first up to the second


class Seat(Struct, frozen=True, array_like=True):
    """A seat as it stood before the round. `credit` is in micro-leads.

    `waited`: microseconds of its own working time since it last got a lead, joined or came back; counted
    only where the team asks who has waited longest. `absence`: the id of the one it is away by, or 0. Without `categories` or `territories` it takes all;
    categories are in lower case.
    """

    id: int
    member_id: int
    weight: int
    capacity: int
    open_count: int
    credit: int
    is_present: bool
    is_on_shift: bool
    absence: int = 0
    categories: tuple[str, ...] = ()
    territories: tuple[Span, ...] = ()
    waited: int = 0


class Lead(Struct, frozen=True, array_like=True):
    """A lead to be given away: `region` as precise as is sure, `category` in lower case.

    `way`: to whoever is owed most (`turn`), or to whoever has waited longest (`idle`), whatever the weights.
    `barred`: seats that it was taken back from, which do not get it by turn again.
    """

    id: UUID
    level: int
    region: int | None = None
    category: str = ""
    way: str = TURN
    barred: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """Who got a lead, or why nobody did."""

    lead_id: UUID
    seat_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns of a round, and the seats as they stand after it: who waits less than nothing was served."""

    turns: list[Turn]
    credits: dict[int, int]
    open_counts: dict[int, int]
    waits: dict[int, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A seat at the moment of one turn: its credit with this lead's share, or why it was left out."""

    seat: Seat
    credit: int
    open_count: int
    waited: int
    excluded: str


@dataclass(slots=True)
class _Table:
    """How the seats stand between two turns."""

    credits: dict[int, int]
    open_counts: dict[int, int]
    waits: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Played:
    """One turn: the shares of the eligible, those equally far ahead, and who got it."""

    portions: dict[int, int]
    tied: list[int]
    winner: int | None


# Why a seat is left out, in the order in which it is asked; the pool's reason when nobody is left.
EXCLUSIONS = {
    "had_it": "nobody_else",
    "other_category": "nobody_covers",
    "out_of_territory": "nobody_covers",
    "absent": "nobody_present",
    "off_shift": "off_hours",
    "weightless": "nobody_weighted",
    "full": "all_full",
}
SELDOM = ("had_it", "other_category", "out_of_territory")  # told only where they left somebody out


def share_out(seats: Sequence[Seat], leads: Sequence[Lead]) -> Outcome:
    """Give each lead, in order, to the eligible seat that is owed most, or that has waited longest.

    Equals are settled by a hash of lead and seat, so that neither age nor id decides. A lead that nobody
    can take keeps `seat_id` None and the reason.
    """
    table, kind_of = _lay(seats), _kind_of(seats)
    turns = []
    for lead, played in zip(leads, _play(table, seats, leads), strict=True):
        if played.winner is None:
            reason = _pool_reason(seats, table.open_counts, kind_of(lead), lead.barred)
            turns.append(Turn(lead.id, None, reason))
        else:
            turns.append(Turn(lead.id, played.winner, lead.way))
    return Outcome(turns, table.credits, table.open_counts, table.waits)


def charges(seats: Sequence[Seat], leads: Sequence[Lead]) -> list[dict[int, int]]:
    """Give what each turn of a round changed of the seats' credits, in micro-leads; each sums to zero."""
    changed = []
    for lead, played in zip(leads, _play(_lay(seats), seats, leads), strict=True):
        is_charged = played.winner is not None and lead.way == TURN
        portions = dict(played.portions) if is_charged else {}
        if is_charged and played.winner is not None:
            portions[played.winner] -= sum(portions.values())
        changed.append(portions)
    return changed


def draws(seats: Sequence[Seat], leads: Sequence[Lead]) -> list[list[int]]:
    """Give the seats that were equally far ahead at each turn of a round; none where nobody could."""
    return [played.tied for played in _play(_lay(seats), seats, leads)]


def standings(seats: Sequence[Seat], leads: Sequence[Lead], turn: int) -> list[Standing]:
    """Give every seat as it stood when lead number `turn` of the round was given away."""
    before = share_out(seats, leads[:turn])
    kind = _kind_of(seats)(leads[turn])
    barred = leads[turn].barred
    portions = _portions(seats, before.open_counts, kind, barred)
    share = portions if leads[turn].way == TURN else {}
    return [
        Standing(
            s,
            before.credits[s.id] + share.get(s.id, 0),
            before.open_counts[s.id],
            max(0, before.waits[s.id]),
            "" if s.id in portions else _strict(s, before.open_counts[s.id], kind, barred),
        )
        for s in seats
    ]


def exclusion(
    seat: Seat, open_count: int, kind: Kind = (None, ""), barred: Sequence[int] = ()
) -> str:
    """Give the first reason why a seat cannot take a lead of a region and category now, or nothing.

    Where one or both are not known, or only as a part of what the seat takes on, nothing speaks against it.
    """
    region, category = kind
    if seat.id in barred:
        return "had_it"
    if category and seat.categories and category not in seat.categories:
        return "other_category"
    if seat.territories and not any(_meets(part, region) for part in seat.territories):
        return "out_of_territory"
    return _unable(seat, open_count)


def _unable(seat: Seat, open_count: int) -> str:
    """Give the first reason why a seat cannot take any lead now, or nothing."""
    if not seat.is_present or seat.absence:
        return "absent"
    if not seat.is_on_shift:
        return "off_shift"
    if not seat.weight:
        return "weightless"
    return "full" if open_count >= seat.capacity else ""


def uncovered(seat: Seat, kind: Kind) -> str:
    """Give why a seat is no sure match for a region and category as far as they are known, or nothing."""
    region, category = kind
    if seat.categories and category not in seat.categories:
        return "other_category"
    first, end = extent(region)
    is_inside = any(start <= first and end <= stop for start, stop in seat.territories)
    return "out_of_territory" if seat.territories and not is_inside else ""


def extent(region: int | None) -> Span:
    """Give the codes inside a division: 440000 up to 450000; all where it is not known."""
    return ANYWHERE if region is None else span(region)


def _meets(part: Span, region: int | None) -> bool:
    first, end = extent(region)
    return part[0] < end and first < part[1]


def _kind_of(seats: Sequence[Seat]) -> Callable[[Lead], Kind]:
    """What of a lead decides who may have it: nothing where every seat takes all."""
    if any(s.categories or s.territories for s in seats):
        return lambda lead: (lead.region, lead.category)
    return lambda _: (None, "")


def _portions(
    seats: Sequence[Seat], open_counts: dict[int, int], kind: Kind, barred: Sequence[int]
) -> dict[int, int]:
    """Give what one lead credits to each eligible seat. The same for its kind until somebody is full.

    Sure matches come first; where none of them can take it now, those whom nothing speaks against.
    """
    free = [s for s in seats if not exclusion(s, open_counts[s.id], kind, barred)]
    eligible = [s for s in free if not uncovered(s, kind)] or free
    total = sum(s.weight for s in eligible)
    return {s.id: ONE_LEAD * s.weight // total for s in eligible}


def _strict(seat: Seat, open_count: int, kind: Kind, barred: Sequence[int]) -> str:
    """Give why a seat that is not among the eligible is left out."""
    return exclusion(seat, open_count, kind, barred) or uncovered(seat, kind)


def _lay(seats: Sequence[Seat]) -> _Table:
    return _Table(
        {s.id: s.credit for s in seats},
        {s.id: s.open_count for s in seats},
        {s.id: s.waited for s in seats},
    )


def _play(table: _Table, seats: Sequence[Seat], leads: Sequence[Lead]) -> Iterator[_Played]:
    """Give away one lead after the other. The table says how things stand after each."""
    capacities = {s.id: s.capacity for s in seats}
    last = min([0, *table.waits.values()])
    kind_of = _kind_of(seats)
    known: dict[tuple[Kind, tuple[int, ...]], dict[int, int]] = {}
    for lead in leads:
        asked = kind_of(lead), lead.barred
        portions = known.get(asked)
        if portions is None:
            portions = known[asked] = _portions(seats, table.open_counts, *asked)
        if not portions:
            yield _Played(portions, [], None)
            continue
        tied = _ahead(lead, portions, table)
        winner = tied[0] if len(tied) == 1 else drawn(lead.id, tied)
        if lead.way == TURN:
            table.credits[winner] -= sum(portions.values())
        last -= 1
        table.waits[winner] = last
        table.open_counts[winner] += 1
        yield _Played(portions, tied, winner)
        if table.open_counts[winner] >= capacities[winner]:
            known.clear()


def _ahead(lead: Lead, portions: dict[int, int], table: _Table) -> list[int]:
    """Credit everybody where it goes by turn, and give who is owed most, or has waited longest."""
    if lead.way == IDLE:
        ranks = table.waits
    else:
        ranks = table.credits
        for seat_id, portion in portions.items():
            ranks[seat_id] += portion
    most = max([ranks[seat_id] for seat_id in portions])
    return [seat_id for seat_id in portions if ranks[seat_id] == most]


def drawn(lead_id: UUID, owed: list[int]) -> int:
    """Settle who of equals it is by a hash of lead and seat, which follows neither a seat's age nor its number."""
    chance = int.from_bytes(blake2b(lead_id.bytes, digest_size=8).digest(), "big")
    return max([(chance * (2 * seat_id + 1) % 2**64, seat_id) for seat_id in owed])[1]


def _pool_reason(
    seats: Sequence[Seat], open_counts: dict[int, int], kind: Kind, barred: Sequence[int]
) -> str:
    reasons = {exclusion(s, open_counts[s.id], kind, barred) for s in seats}
    return next((EXCLUSIONS[r] for r in reversed(EXCLUSIONS) if r in reasons), "no_seats")
