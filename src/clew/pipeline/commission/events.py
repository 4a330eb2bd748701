"""What happens to commission. Ids and figures only."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class CommissionBooked(Event):
    """A deal was won, corrected or taken up again: what a member earned by it changed, in hundredths."""

    lead_id: UUID
    member_id: int
    cause: str
    amount_minor: int
    booked_in: date


@dataclass(frozen=True, slots=True)
class PlanPublished(Event):
    """How a team is paid from a month on."""

    plan_id: int
    team_id: int
    version: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class MonthClosed(Event):
    """What comes later to a team's month is booked in a later one."""

    closing_id: int
    team_id: int
    month: date


@dataclass(frozen=True, slots=True)
class StatementTaken(Event):
    """Somebody took the statement of a member's month as a file."""

    member_id: int
    month: date
    format: str
