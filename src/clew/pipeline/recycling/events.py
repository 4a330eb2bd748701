"""How long teams are patient."""

from dataclasses import dataclass

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class PatienceSet(Event):
    """After how many working days without progress leads of a team go back, by stage."""

    team_id: int
    days: dict[int, int]
