"""What capture tells the ledger. That something arrived is told by the Submission itself."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class FailureReplayed(Event):
    """A submission that had failed was put before the belt again."""

    submission_id: UUID
    failure_id: int


@dataclass(frozen=True, slots=True)
class FailureDismissed(Event):
    """Somebody decided that a failed submission need not become a lead."""

    submission_id: UUID
    failure_id: int


@dataclass(frozen=True, slots=True)
class FailureCorrected(Event):
    """What a failed submission said was corrected and stored as a new submission."""

    submission_id: UUID
    failure_id: int
    correction_id: UUID


@dataclass(frozen=True, slots=True)
class FailureOpened(Event):
    """Somebody looked at all that a failed submission says."""

    submission_id: UUID
    failure_id: int


@dataclass(frozen=True, slots=True)
class RejectedReplayed(Event):
    """What a door had turned away was stored as it was; `settlement` says if it had arrived already."""

    rejected_id: UUID
    submission_id: UUID
    settlement: str


@dataclass(frozen=True, slots=True)
class RejectedCorrected(Event):
    """What a door had turned away was stored with corrections, or had arrived already."""

    rejected_id: UUID
    submission_id: UUID
    settlement: str


@dataclass(frozen=True, slots=True)
class RejectedDismissed(Event):
    """Somebody decided that what a door had turned away need not be stored."""

    rejected_id: UUID


@dataclass(frozen=True, slots=True)
class RejectedOpened(Event):
    """Somebody looked at all that was kept of what a door had turned away."""

    rejected_id: UUID


@dataclass(frozen=True, slots=True)
class RerunBegun(Event):
    """Somebody had everything that fits a filter replayed or dismissed in the background."""

    rerun_id: UUID
    what: str
    total: int


@dataclass(frozen=True, slots=True)
class TroublesExported(Event):
    """Somebody took a list of what failed or was rejected away; `is_full` where nothing was masked."""

    export_id: UUID
    count: int
    is_full: bool
    purpose: str


@dataclass(frozen=True, slots=True)
class FieldAdded(Event):
    """A custom field was defined."""

    field_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class FieldChanged(Event):
    """A custom field was renamed, moved, or got other choices."""

    field_id: int


@dataclass(frozen=True, slots=True)
class FieldRetired(Event):
    """A custom field is asked for no more."""

    field_id: int


@dataclass(frozen=True, slots=True)
class FieldRestored(Event):
    """A retired custom field is in use again."""

    field_id: int


@dataclass(frozen=True, slots=True)
class SourceAdded(Event):
    """A source was named."""

    source_id: int


@dataclass(frozen=True, slots=True)
class SourceChanged(Event):
    """A source's kind, way, cost or state changed for what arrives from then on."""

    source_id: int
    kind: str
    is_online: bool
    cost_minor: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class FormOpened(Event):
    """A hosted form was put on the net."""

    form_id: int
    source_id: int


@dataclass(frozen=True, slots=True)
class FormClosed(Event):
    """A hosted form was taken off the net."""

    form_id: int


@dataclass(frozen=True, slots=True)
class ImportBegun(Event):
    """Somebody began to send a file."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportSettled(Event):
    """Somebody said what a file is and where its rows come from."""

    import_id: UUID
    source_id: int
    is_history: bool


@dataclass(frozen=True, slots=True)
class ImportStarted(Event):
    """The good rows of a file were let in."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportPaused(Event):
    """Somebody paused an import."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportResumed(Event):
    """Somebody let a paused import go on."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportEnded(Event):
    """The last row of a file was handled."""

    import_id: UUID
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class ImportUndoAsked(Event):
    """Somebody asked to take an import back."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ImportUndone(Event):
    """What an import had brought was taken back; `kept` leads were worked on and stayed."""

    import_id: UUID
    undone: int
    kept: int


@dataclass(frozen=True, slots=True)
class ImportDiscarded(Event):
    """A file was forgotten before any row of it went in."""

    import_id: UUID
