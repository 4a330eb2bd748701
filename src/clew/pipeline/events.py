"""What happens while a lead is worked on. Ids, codes and times only; words stay sealed in their rows."""

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


@dataclass(frozen=True, slots=True)
class CallLogged(Event):
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
