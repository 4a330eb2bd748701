"""What happens in loss reviews. Ids and codes only."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class LossesDrawn(Event):
    """So many losses of a team were drawn to be looked at."""

    sample_id: int
    team_id: int
    drawn_count: int
    of_count: int


@dataclass(frozen=True, slots=True)
class LossReviewed(Event):
    """A manager looked at a loss: agreed, or reopened."""

    lead_id: UUID
    review_id: int
    verdict: str
