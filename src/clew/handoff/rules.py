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
    turns = [_turn(seats, lead, due, open_counts) for lead in leads]
    return Outcome(turns, due, open_counts)


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


def _turn(
    seats: Sequence[Seat], lead: Lead, due: dict[int, int], open_counts: dict[int, int]
) -> Turn:
    eligible = [s for s in seats if not exclusion(s, open_counts[s.id])]
    if not eligible:
        return Turn(lead.id, None, _pool_reason(seats, open_counts))
    total = sum(s.weight for s in eligible)
    given = 0
    for s in eligible:
        share = ONE_LEAD * s.weight // total
        due[s.id] += share
        given += share
    most = max(due[s.id] for s in eligible)
    owed = [s.id for s in eligible if due[s.id] == most]
    winner = owed[0] if len(owed) == 1 else max(owed, key=lambda seat_id: tie(lead.id, seat_id))
    due[winner] -= given
    open_counts[winner] += 1
    return Turn(lead.id, winner, "turn")


def tie(lead_id: UUID, seat_id: int) -> bytes:
    """Settle equal credit: a hash that follows neither the seat's age nor its number."""
    return blake2b(lead_id.bytes + seat_id.to_bytes(8, "big"), digest_size=8).digest()


def _pool_reason(seats: Sequence[Seat], open_counts: dict[int, int]) -> str:
    reasons = {exclusion(s, open_counts[s.id]) for s in seats}
    return next((EXCLUSIONS[r] for r in reversed(EXCLUSIONS) if r in reasons), "no_seats")
