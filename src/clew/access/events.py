"""What happens to members and teams."""

from dataclasses import dataclass

from clew.base.ledger import Event, Fact


@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    """An account was made."""

    member_id: int
    role: str


@dataclass(frozen=True, slots=True)
class MemberLeft(Fact):
    """An account was closed; what its seats hold must go to somebody else."""

    member_id: int


@dataclass(frozen=True, slots=True)
class MemberReturned(Event):
    """A closed account was opened again."""

    member_id: int


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    """A password was set; all sessions under the old one end."""

    member_id: int


@dataclass(frozen=True, slots=True)
class TeamAdded(Event):
    """A team was made."""

    team_id: int


@dataclass(frozen=True, slots=True)
class TeamJoined(Event):
    """A member came into a team."""

    member_id: int
    team_id: int


@dataclass(frozen=True, slots=True)
class TeamLeft(Event):
    """A member went out of a team."""

    member_id: int
    team_id: int


@dataclass(frozen=True, slots=True)
class TokenIssued(Event):
    """A token was made for another system."""

    token_id: int
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    """A token was ended for good."""

    token_id: int
