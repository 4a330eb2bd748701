"""What teams agree about a lead."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Fact


@dataclass(frozen=True, slots=True)
class CreditShared(Fact):
    """Whose the credit for a lead is: members with per cent. None: wholly whoever holds it."""

    lead_id: UUID
    parts: list[tuple[int, int]]
