"""What happens to people's time and work."""

from dataclasses import dataclass

from clew.base.ledger import Event


@dataclass(frozen=True, slots=True)
class CalendarChanged(Event):
    """A calendar was made or changed; it holds for every clock and turn from now on."""

    calendar_id: int
    time_zone: str
    week: list[list[int]]
    days_off: list[str]
    days_on: dict[str, int]


@dataclass(frozen=True, slots=True)
class CalendarDeleted(Event):
    """A calendar that nobody used was deleted."""

    calendar_id: int


@dataclass(frozen=True, slots=True)
class AbsencePlanned(Event):
    """A seat will take no turn for a time. Why stands in its row."""

    seat_id: int
    absence_id: int
    from_at: str
    until_at: str


@dataclass(frozen=True, slots=True)
class AbsenceCancelled(Event):
    """An absence does not take place, or ended early."""

    seat_id: int
    absence_id: int


@dataclass(frozen=True, slots=True)
class SeatHoursSet(Event):
    """A seat works by a calendar of its own, or by its team's again."""

    seat_id: int
    calendar_id: int | None


@dataclass(frozen=True, slots=True)
class SeatTakesSet(Event):
    """A seat takes on these product groups and territories from the next lead on; empty means all."""

    seat_id: int
    categories: list[str]
    territories: list[tuple[int, int]]
