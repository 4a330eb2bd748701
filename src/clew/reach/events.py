"""What happens to the ways by which people are told. Ids and codes only, never an address."""

from dataclasses import dataclass
from uuid import UUID

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class OutletAdded(Event):
    """A robot was connected."""

    outlet_id: UUID
    vendor: str


@dataclass(frozen=True, slots=True)
class OutletChanged(Event):
    """A robot has another name, address, secret, or serves others."""

    outlet_id: UUID


@dataclass(frozen=True, slots=True)
class OutletRetired(Event):
    """A robot says nothing any more."""

    outlet_id: UUID


@dataclass(frozen=True, slots=True)
class OutletTried(Event):
    """Somebody let a robot say that it works."""

    outlet_id: UUID


@dataclass(frozen=True, slots=True)
class PatienceSet(Event):
    """For how long something may stay unread, for the whole company."""

    patience_id: int
    next_minutes: int
    manager_minutes: int
