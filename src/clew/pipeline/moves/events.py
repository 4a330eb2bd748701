"""What happens on a pipeline. Ids and codes; words stay sealed in their rows."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class LeadMoved(Fact):
    """A lead came into a stage from another one; `how` as in `Stay.How`."""

    lead_id: UUID
    stage_id: int
    before_id: int
    how: str


@dataclass(frozen=True, slots=True)
class LeadLeft(Fact):
    """A lead left its pipeline lost, for a reason of the stage where one was given."""

    lead_id: UUID
    stage_id: int
    reason_id: int | None
    end: str


@dataclass(frozen=True, slots=True)
class ValueEstimated(Event):
    """Somebody said what a lead may be worth."""

    lead_id: UUID
    estimate_id: int


@dataclass(frozen=True, slots=True)
class StageChanged(Event):
    """A stage was added, renamed, put elsewhere or retired."""

    stage_id: int
    what: str


@dataclass(frozen=True, slots=True)
class ExitReasonChanged(Event):
    """A reason for leaving a stage was added, changed or retired."""

    reason_id: int
    what: str
