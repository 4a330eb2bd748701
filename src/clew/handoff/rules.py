"""Whose turn it is: weighted fair turns, by largest deficit among the eligible.

Every lead credits each eligible seat with its share of one lead (in micro-leads, rounded down) and
debits the seat that gets it by all that was credited, so that the credits of a team always sum to
zero. Source of the rule and of the properties tested: smooth weighted round robin (nginx) on a
changing set of eligible people (the carpool problem, Fagin and Williams 1983).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from msgspec import Struct

from clew.handoff.routing import span

VERSION = 2  # 1 knew neither absences nor what a seat takes on: its rounds are decided as before
ONE_LEAD = 1_000_000
ANYWHERE = (0, 1_000_000)
Kind = tuple[int | None, str]  # a lead's region and category
Span = tuple[int, int]  # GB/T 2260 codes from the first up to the second


class Seat(Struct, frozen=True, array_like=True):
    """A seat as it stood before the round. `credit` is in micro-leads.

    `absence`: the id of the one it is away by, or 0. Without `categories` or `territories` it takes all;
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


class Lead(Struct, frozen=True, array_like=True):
    """A lead to be given away: `region` as precise as is sure, `category` in lower case."""

    id: UUID
    level: int
    region: int | None = None
    category: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """Who got a lead, or why nobody did."""

    lead_id: UUID
    seat_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns of a round, and the seats as they stand after it."""

    turns: list[Turn]
    credits: dict[int, int]
    open_counts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A seat at the moment of one turn: its credit with this lead's share, or why it was left out."""

    seat: Seat
    credit: int
    open_count: int
    excluded: str


# Why a seat is left out, in the order in which it is asked; the pool's reason when nobody is left.
EXCLUSIONS = {
    "other_category": "nobody_covers",
    "out_of_territory": "nobody_covers",
    "absent": "nobody_present",
    "off_shift": "off_hours",
    "weightless": "nobody_weighted",
    "full": "all_full",
}
COVERAGE = ("other_category", "out_of_territory")


def share_out(seats: Sequence[Seat], leads: Sequence[Lead]) -> Outcome:
    """Give each lead, in order, to the eligible seat that is owed most.

    Equal credit is settled by a hash of lead and seat, so that neither age nor id decides. A lead
    that nobody can take keeps `seat_id` None and the reason.
    """
    due = {s.id: s.credit for s in seats}
    open_counts = {s.id: s.open_count for s in seats}
    capacities = {s.id: s.capacity for s in seats}
    kind_of = _kind_of(seats)
    known: dict[Kind, dict[int, int]] = {}
    turns = []
    for lead in leads:
        kind = kind_of(lead)
        portions = known.get(kind)
        if portions is None:
            portions = known[kind] = _portions(seats, open_counts, kind)
        if not portions:
            turns.append(Turn(lead.id, None, _pool_reason(seats, open_counts, kind)))
            continue
        winner = _win(lead, portions, due)
        turns.append(Turn(lead.id, winner, "turn"))
        open_counts[winner] += 1
        if open_counts[winner] >= capacities[winner]:
            known.clear()
    return Outcome(turns, due, open_counts)


def charges(seats: Sequence[Seat], leads: Sequence[Lead]) -> list[dict[int, int]]:
    """Give what each turn of a round changed of the seats' credits, in micro-leads; each sums to zero."""
    open_counts = {s.id: s.open_count for s in seats}
    kind_of = _kind_of(seats)
    changed = []
    for lead, turn in zip(leads, share_out(seats, leads).turns, strict=True):
        portions = {} if turn.seat_id is None else _portions(seats, open_counts, kind_of(lead))
        if turn.seat_id is not None:
            portions[turn.seat_id] -= sum(portions.values())
            open_counts[turn.seat_id] += 1
        changed.append(portions)
    return changed


def draws(seats: Sequence[Seat], leads: Sequence[Lead]) -> list[list[int]]:
    """Give the seats that were owed equally most at each turn of a round; none where nobody could."""
    due = {s.id: s.credit for s in seats}
    open_counts = {s.id: s.open_count for s in seats}
    kind_of = _kind_of(seats)
    found = []
    for lead in leads:
        portions = _portions(seats, open_counts, kind_of(lead))
        ahead = {id_: due[id_] + portion for id_, portion in portions.items()}
        found.append([id_ for id_, credit in ahead.items() if credit == max(ahead.values())])
        if portions:
            open_counts[_win(lead, portions, due)] += 1
    return found


def standings(seats: Sequence[Seat], leads: Sequence[Lead], turn: int) -> list[Standing]:
    """Give every seat as it stood when lead number `turn` of the round was given away."""
    before = share_out(seats, leads[:turn])
    kind = _kind_of(seats)(leads[turn])
    portions = _portions(seats, before.open_counts, kind)
    return [
        Standing(
            s,
            before.credits[s.id] + portions.get(s.id, 0),
            before.open_counts[s.id],
            "" if s.id in portions else _strict(s, before.open_counts[s.id], kind),
        )
        for s in seats
    ]


def exclusion(seat: Seat, open_count: int, kind: Kind = (None, "")) -> str:
    """Give the first reason why a seat cannot take a lead of a region and category now, or nothing.

    Where one or both are not known, or only as a part of what the seat takes on, nothing speaks against it.
    """
    region, category = kind
    if category and seat.categories and category not in seat.categories:
        return "other_category"
    if seat.territories and not any(_meets(part, region) for part in seat.territories):
        return "out_of_territory"
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


def _portions(seats: Sequence[Seat], open_counts: dict[int, int], kind: Kind) -> dict[int, int]:
    """Give what one lead credits to each eligible seat. The same for its kind until somebody is full.

    Sure matches come first; where none of them can take it now, those whom nothing speaks against.
    """
    free = [s for s in seats if not exclusion(s, open_counts[s.id], kind)]
    eligible = [s for s in free if not uncovered(s, kind)] or free
    total = sum(s.weight for s in eligible)
    return {s.id: ONE_LEAD * s.weight // total for s in eligible}


def _strict(seat: Seat, open_count: int, kind: Kind) -> str:
    """Give why a seat that is not among the eligible is left out."""
    return exclusion(seat, open_count, kind) or uncovered(seat, kind)


def _win(lead: Lead, portions: dict[int, int], due: dict[int, int]) -> int:
    """Credit everybody, find who is owed most, and debit them by all that was credited."""
    for seat_id, portion in portions.items():
        due[seat_id] += portion
    most = max([due[seat_id] for seat_id in portions])
    owed = [seat_id for seat_id in portions if due[seat_id] == most]
    winner = owed[0] if len(owed) == 1 else _drawn(lead.id, owed)
    due[winner] -= sum(portions.values())
    return winner


def _drawn(lead_id: UUID, owed: list[int]) -> int:
    """Settle equal credit by a hash of lead and seat, which follows neither a seat's age nor its number."""
    chance = int.from_bytes(blake2b(lead_id.bytes, digest_size=8).digest(), "big")
    return max([(chance * (2 * seat_id + 1) % 2**64, seat_id) for seat_id in owed])[1]


def _pool_reason(seats: Sequence[Seat], open_counts: dict[int, int], kind: Kind) -> str:
    reasons = {exclusion(s, open_counts[s.id], kind) for s in seats}
    return next((EXCLUSIONS[r] for r in reversed(EXCLUSIONS) if r in reasons), "no_seats")
