"""What happens to contacts and leads."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class LeadOpened(Event):
    """A submission became a new lead."""

    lead_id: UUID
    contact_id: UUID
    source_id: int


@dataclass(frozen=True, slots=True)
class LeadLapsed(Event):
    """The same person wrote again after the lead's validity had run out: a new lead follows it."""

    lead_id: UUID
    next_lead_id: UUID


@dataclass(frozen=True, slots=True)
class LapseUndone(Event):
    """The submission that made a lead lapse was undone, so it is open again."""

    lead_id: UUID


@dataclass(frozen=True, slots=True)
class LeadStrengthened(Event):
    """A submission of a known contact strengthened the open lead."""

    lead_id: UUID
    submission_id: UUID
    submission_count: int


@dataclass(frozen=True, slots=True)
class IdentifiersRevealed(Event):
    """Somebody looked at the full numbers of a lead's contact."""

    lead_id: UUID
    contact_id: UUID
    purpose: str


@dataclass(frozen=True, slots=True)
class LeadUndone(Event):
    """A lead is gone with everything of it, since its submissions were undone."""

    lead_id: UUID


@dataclass(frozen=True, slots=True)
class StrengtheningUndone(Event):
    """A submission no longer strengthens a lead, since it was undone."""

    lead_id: UUID
    submission_id: UUID
