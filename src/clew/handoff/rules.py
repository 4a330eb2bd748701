"""Whose turn it is: weighted fair turns, by largest deficit among the eligible.

Every lead credits each eligible seat with its share of one lead (in micro-leads, rounded down) and
debits the seat that gets it by all that was credited, so that the credits of a team always sum to
zero. Source of the rule and of the properties tested: smooth weighted round robin (nginx) on a
changing set of eligible people (the carpool problem, Fagin and Williams 1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from msgspec import Struct

VERSION = 1
ONE_LEAD = 1_000_000


class Seat(Struct, frozen=True, array_like=True):
    """A seat as it stood before the round. `credit` is in micro-leads."""

    id: int
    member_id: int
    weight: int
    capacity: int
    open_count: int
    credit: int
    is_present: bool
    is_on_shift: bool


class Lead(Struct, frozen=True, array_like=True):
    """A lead to be given away."""

    id: UUID
    level: int


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
    "absent": "nobody_present",
    "off_shift": "off_hours",
    "weightless": "nobody_weighted",
    "full": "all_full",
}


def share_out(seats: Sequence[Seat], leads: Sequence[Lead]) -> Outcome:
    """Give each lead, in order, to the eligible seat that is owed most.

    Equal credit is settled by a hash of lead and seat, so that neither age nor id decides. A lead
    that nobody can take keeps `seat_id` None and the reason.
    """
    due = {s.id: s.credit for s in seats}
    open_counts = {s.id: s.open_count for s in seats}
    capacities = {s.id: s.capacity for s in seats}
    portions = _portions(seats, open_counts)
    turns = []
    for lead in leads:
        if not portions:
            turns.append(Turn(lead.id, None, _pool_reason(seats, open_counts)))
            continue
        winner = _win(lead, portions, due)
        turns.append(Turn(lead.id, winner, "turn"))
        open_counts[winner] += 1
        if open_counts[winner] >= capacities[winner]:
            portions = _portions(seats, open_counts)
    return Outcome(turns, due, open_counts)


def charges(seats: Sequence[Seat], leads: Sequence[Lead]) -> list[dict[int, int]]:
    """Give what each turn of a round changed of the seats' credits, in micro-leads; each sums to zero."""
    open_counts = {s.id: s.open_count for s in seats}
    changed = []
    for turn in share_out(seats, leads).turns:
        portions = {} if turn.seat_id is None else _portions(seats, open_counts)
        if turn.seat_id is not None:
            portions[turn.seat_id] -= sum(portions.values())
            open_counts[turn.seat_id] += 1
        changed.append(portions)
    return changed


def standings(seats: Sequence[Seat], leads: Sequence[Lead], turn: int) -> list[Standing]:
    """Give every seat as it stood when lead number `turn` of the round was given away."""
    before = share_out(seats, leads[:turn])
    now = [(s, exclusion(s, before.open_counts[s.id]), before.open_counts[s.id]) for s in seats]
    total = sum(s.weight for s, excluded, _ in now if not excluded)
    return [
        Standing(
            s,
            before.credits[s.id] + (0 if excluded else ONE_LEAD * s.weight // total),
            open_count,
            excluded,
        )
        for s, excluded, open_count in now
    ]


def exclusion(seat: Seat, open_count: int) -> str:
    """Give the first reason why a seat cannot take a lead now, or nothing."""
    if not seat.is_present:
        return "absent"
    if not seat.is_on_shift:
        return "off_shift"
    if not seat.weight:
        return "weightless"
    return "full" if open_count >= seat.capacity else ""


def _portions(seats: Sequence[Seat], open_counts: dict[int, int]) -> dict[int, int]:
    """Give what one lead credits to each eligible seat. The same until somebody is full."""
    eligible = [s for s in seats if not exclusion(s, open_counts[s.id])]
    total = sum(s.weight for s in eligible)
    return {s.id: ONE_LEAD * s.weight // total for s in eligible}


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


def _pool_reason(seats: Sequence[Seat], open_counts: dict[int, int]) -> str:
    reasons = {exclusion(s, open_counts[s.id]) for s in seats}
    return next((EXCLUSIONS[r] for r in reversed(EXCLUSIONS) if r in reasons), "no_seats")
