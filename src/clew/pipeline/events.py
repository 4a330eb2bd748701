"""What happens while a lead is worked on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class ClockStarted(Event):
    """The time until contact is due began to run."""

    lead_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ClockBreached(Event):
    """Contact was due and nobody had tried."""

    lead_id: UUID
