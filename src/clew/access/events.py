"""What happens to members and teams."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from clew.base.ledger import Event, Fact

NAMES = UUID("6f1f8a52-5d0c-5a52-9f38-3f0a6f0f4b11")


def member_subject(member_id: int) -> UUID:
    """The ledger's subject for a member: subjects are UUIDs, members are numbered."""
    return uuid5(NAMES, f"member:{member_id}")


def team_subject(team_id: int) -> UUID:
    """The ledger's subject for a team."""
    return uuid5(NAMES, f"team:{team_id}")


@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    """An account was made."""

    subject: UUID
    member_id: int
    role: str


@dataclass(frozen=True, slots=True)
class MemberLeft(Fact):
    """An account was closed; what its seats hold must go to somebody else."""

    subject: UUID
    member_id: int


@dataclass(frozen=True, slots=True)
class MemberReturned(Event):
    """A closed account was opened again."""

    subject: UUID
    member_id: int


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    """A password was set; all sessions under the old one end."""

    subject: UUID
    member_id: int


@dataclass(frozen=True, slots=True)
class TeamAdded(Event):
    """A team was made."""

    subject: UUID
    team_id: int


@dataclass(frozen=True, slots=True)
class TeamJoined(Event):
    """A member came into a team."""

    subject: UUID
    team_id: int
    member_id: int


@dataclass(frozen=True, slots=True)
class TeamLeft(Event):
    """A member went out of a team."""

    subject: UUID
    team_id: int
    member_id: int
