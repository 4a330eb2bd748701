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


@dataclass(frozen=True, slots=True)
class ContactsMerged(Event):
    """Somebody said that two contacts are one person: one points to the other, the survivor."""

    contact_id: UUID
    survivor_id: UUID
    merge_id: UUID
    chosen: dict[str, str]
    reason: str
    closed_lead_id: UUID | None


@dataclass(frozen=True, slots=True)
class MergeTakenApart(Event):
    """Two merged contacts are two people again."""

    contact_id: UUID
    survivor_id: UUID
    merge_id: UUID


@dataclass(frozen=True, slots=True)
class MessageMoved(Event):
    """A merge was taken apart, so a message left this lead for one of whoever sent it."""

    lead_id: UUID
    submission_id: UUID
    to_lead_id: UUID | None  # none where it goes along the belt again


@dataclass(frozen=True, slots=True)
class MessageReturned(Event):
    """A merge was taken apart, so a message came to this lead from one of somebody else."""

    lead_id: UUID
    submission_id: UUID
    from_lead_id: UUID


@dataclass(frozen=True, slots=True)
class LeadAbsorbed(Event):
    """A merge was taken apart: a lead that it had let open is a message of the one that is open again."""

    lead_id: UUID
    into_lead_id: UUID


@dataclass(frozen=True, slots=True)
class SuspicionDismissed(Event):
    """Somebody said that two contacts are not one person."""

    contact_id: UUID
    other_id: UUID


@dataclass(frozen=True, slots=True)
class LeadCorrected(Event):
    """Somebody set custom fields of a lead, by key; what to, the corrections tell."""

    lead_id: UUID
    keys: list[str]


@dataclass(frozen=True, slots=True)
class FactsCorrected(Event):
    """Somebody corrected where a lead is from or what it is about; what they said, the corrections tell.

    `facts`: category, region. The regions are codes, before and after; none where none was known.
    """

    lead_id: UUID
    facts: list[str]
    region_before: int | None
    region_after: int | None
