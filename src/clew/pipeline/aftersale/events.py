"""What happens after a sale. Ids, codes and marks only; words stay sealed in their rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class CarePlanned(Event):
    """Something is to be done for a customer at a time."""

    lead_id: UUID
    step_id: int
    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CareDone(Event):
    """It was done."""

    lead_id: UUID
    step_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class CareDropped(Event):
    """It is not needed any more: the lead was taken up again."""

    lead_id: UUID
    step_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class CareHandedOn(Event):
    """Somebody else does it: whoever was to do it has left."""

    lead_id: UUID
    step_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class SatisfactionAsked(Event):
    """A customer was asked how satisfied they are."""

    lead_id: UUID
    survey_id: UUID


@dataclass(frozen=True, slots=True)
class SatisfactionTold(Event):
    """A customer gave a mark from 1 to 5, wrote something, or said that something is wrong."""

    lead_id: UUID
    survey_id: UUID
    mark: int | None
    is_complaint: bool


@dataclass(frozen=True, slots=True)
class CarePlanChanged(Event):
    """A team looks after its customers otherwise from the next sale on."""

    team_id: int
    check_days: int
    ask_days: int
    low_until: int
    high_from: int
