"""What happens while a lead is worked on. Ids, codes and times only; words stay sealed in their rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class ClockStarted(Event):
    """The time until somebody must meet with a lead began to run."""

    lead_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ClockWarned(Event):
    """The time is running out, and nobody has met with the lead yet. `kind` is that of its policy."""

    lead_id: UUID
    clock_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class ClockBreached(Event):
    """The time ran out, and nobody had met with the lead."""

    lead_id: UUID
    clock_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class ClockEscalated(Event):
    """It ran out so long ago that the managers of its team are told."""

    lead_id: UUID
    clock_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class ClockReclaimed(Event):
    """It ran out so long ago that the lead was taken from whoever sat there, and went on."""

    lead_id: UUID
    clock_id: int
    kind: str
    seat_id: int | None


@dataclass(frozen=True, slots=True)
class CallLogged(Fact):
    """Somebody tried to reach the person; `is_first` if it stopped the first-contact clock."""

    lead_id: UUID
    call_id: UUID
    result: str
    said: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class NextStepPlanned(Event):
    """The next contact has a time."""

    lead_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WorthCorrected(Fact):
    """What a won lead came to was corrected, in hundredths of its currency."""

    lead_id: UUID
    worth_id: int
    value_minor: int | None
    margin_minor: int | None


@dataclass(frozen=True, slots=True)
class ExportAsked(Event):
    """Somebody asked for a sheet of leads, masked or with full numbers."""

    export_id: UUID
    is_masked: bool
    lead_count: int


@dataclass(frozen=True, slots=True)
class ExportMade(Event):
    """The sheet is there, with so many leads."""

    export_id: UUID
    is_masked: bool
    lead_count: int


@dataclass(frozen=True, slots=True)
class ExportFailed(Event):
    """The sheet will not be made."""

    export_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class ExportTaken(Event):
    """Somebody downloaded the sheet."""

    export_id: UUID
    is_masked: bool
    lead_count: int


@dataclass(frozen=True, slots=True)
class ExportDeleted(Event):
    """The sheet was deleted before its time; the record stays."""

    export_id: UUID


@dataclass(frozen=True, slots=True)
class ViewSaved(Event):
    """A view of the list of leads was kept, for oneself, a team or all."""

    view_id: UUID
    reach: str


@dataclass(frozen=True, slots=True)
class ViewChanged(Event):
    """A view has another name, other readers, or shows something else."""

    view_id: UUID
    reach: str


@dataclass(frozen=True, slots=True)
class ViewDeleted(Event):
    """A view is gone."""

    view_id: UUID


@dataclass(frozen=True, slots=True)
class BulkEditStarted(Event):
    """Somebody began one change of many leads; each lead tells its own."""

    bulk_id: UUID
    act: str
    lead_count: int


@dataclass(frozen=True, slots=True)
class BulkEditEnded(Event):
    """It is through: so many leads were changed, so many were left as they were."""

    bulk_id: UUID
    done_count: int
    left_count: int
