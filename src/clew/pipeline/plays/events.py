"""What happens to scripts and plays, and to leads in them. Ids and codes; words stay in their rows."""

from dataclasses import dataclass

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
