"""What happens to grades."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class LeadGraded(Event):
    """A lead got a grade, its first or another."""

    lead_id: UUID
    level: int
    points: int
    rules_version: int
