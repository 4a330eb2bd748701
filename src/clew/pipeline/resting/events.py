"""What happens in the no-intent pools. Ids and codes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class LeadRested(Event):
    """A lead without intent came into the no-intent pool of a team, or of the company where there is none."""

    lead_id: UUID
    team_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class LeadTouched(Event):
    """Somebody touched a resting lead; `next_at` is when the next touch is due, if there is one."""

    lead_id: UUID
    touch_id: UUID
    result: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class RestEnded(Event):
    """A lead rests no more: `end` as in `Rest.End`."""

    lead_id: UUID
    rest_id: int
    end: str


@dataclass(frozen=True, slots=True)
class CameBack(Event):
    """A new lead is of a person whose earlier one rested until then."""

    lead_id: UUID
    rested_id: UUID


@dataclass(frozen=True, slots=True)
class RestPolicySet(Event):
    """Other leads come into a no-intent pool, at another pace, or others look after it; 0 is the company's."""

    team_id: int
    terms: dict[str, object]
    keepers: list[int]
