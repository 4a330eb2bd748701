"""What teams agree about a lead."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class CreditShared(Fact):
    """Whose the credit for a lead is: members with per cent. None: wholly whoever holds it."""

    lead_id: UUID
    parts: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class LeadRecalled(Event):
    """A lead was taken back from somebody by rule, into a pool; without a team it is the company's."""

    lead_id: UUID
    team_id: int | None
    seat_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class PoolPolicySet(Event):
    """Other rules hold for a team's pool, or for the company's: its number is 0."""

    team_id: int
    terms: dict[str, int | bool | None]
