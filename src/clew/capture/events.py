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
