"""What happens to scripts and plays, and to leads in them. Ids and codes; words stay in their rows."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class ScriptWritten(Event):
    """A script was written, in place of another one or as the first."""

    script_id: int
    replaces_id: int | None


@dataclass(frozen=True, slots=True)
class ScriptRetired(Event):
    """A script is not shown any more."""

    script_id: int


@dataclass(frozen=True, slots=True)
class PlayWritten(Event):
    """A play was written or changed; its version `number` says what is done from now on."""

    play_id: int
    number: int


@dataclass(frozen=True, slots=True)
class PlayDecided(Event):
    """Somebody started, promoted or stopped a play."""

    play_id: int
    state: str
    decision_id: int


@dataclass(frozen=True, slots=True)
class PlayBegan(Event):
    """A lead came into a play; chance may have held it back."""

    lead_id: UUID
    run_id: int
    play_id: int
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class PlayStepDue(Event):
    """A step of a play was put to whoever has the lead."""

    lead_id: UUID
    run_id: int
    step: int


@dataclass(frozen=True, slots=True)
class PlayStepMet(Event):
    """Somebody did what a step of a play asks for."""

    lead_id: UUID
    run_id: int
    step: int


@dataclass(frozen=True, slots=True)
class PlayEnded(Event):
    """A play is over with a lead: it answered, moved, left, or all was done."""

    lead_id: UUID
    run_id: int
    why: str
