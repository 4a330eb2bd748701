"""What happens to grades."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class ValidityChanged(Event):
    """The leads of a category stay valid for this many days, by grade; none where the rule was dropped."""

    validity_id: int
    category: str
    high_days: int | None
    medium_days: int | None
    low_days: int | None


@dataclass(frozen=True, slots=True)
class LeadGraded(Event):
    """A lead got a grade, its first or another."""

    lead_id: UUID
    level: int
    points: int
    rules_version: int
