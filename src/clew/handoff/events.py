"""What happens to placements and seats."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class LeadPlaced(Event):
    """The belt put a lead with a person or into a pool, or recorded an old one as closed."""

    lead_id: UUID
    kind: str
    team_id: int | None
    seat_id: int | None
    reason: str
    round_id: UUID | None


@dataclass(frozen=True, slots=True)
class LeadAssigned(Fact):
    """Somebody gave a lead to a person, or a person took it from the pool."""

    lead_id: UUID
    seat_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class LeadPooled(Fact):
    """A lead went from a person into a team's pool."""

    lead_id: UUID
    team_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class LeadClosed(Fact):
    """A lead ended, with the reason."""

    lead_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class LeadReopened(Fact):
    """A closed lead is worked on again."""

    lead_id: UUID


@dataclass(frozen=True, slots=True)
class SeatChanged(Event):
    """A seat's weight, capacity or presence changed, or somebody joined or left."""

    seat_id: int
    weight: int
    capacity: int
    is_present: bool
    has_left: bool


@dataclass(frozen=True, slots=True)
class MethodChanged(Event):
    """A team takes leads in another way from the next lead on."""

    team_id: int
    side: str
    calendar_id: int
    high: str
    medium: str
    low: str


@dataclass(frozen=True, slots=True)
class RoutingDrafted(Event):
    """Somebody wrote on the draft of the distribution rules."""

    draft_id: int
    edition: int
    rule_count: int


@dataclass(frozen=True, slots=True)
class RoutingPublished(Event):
    """Distribution rules hold from the next lead on; `again`: the version that came back with them."""

    routing_id: int
    version: int
    rule_count: int
    again: int | None


@dataclass(frozen=True, slots=True)
class PilotStarted(Event):
    """Other distribution rules hold for a share of the leads."""

    pilot_id: int
    version: int
    percent: int
    regions: list[int]


@dataclass(frozen=True, slots=True)
class PilotEnded(Event):
    """The rules in force hold for all leads again."""

    pilot_id: int


@dataclass(frozen=True, slots=True)
class LeadRestored(Event):
    """The closing of a lead was taken back: it stands where it stood."""

    lead_id: UUID
    kind: str
    seat_id: int | None
