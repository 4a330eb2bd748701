"""When a resting lead is touched next. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.handoff.calendars import Hours, closing

LONGEST_DAYS = 365
MOST_TOUCHES = 100


@dataclass(frozen=True, slots=True)
class Pace:
    """How many working days lie between two touches, and how many there are at most."""

    every_days: int = 30
    touches_at_most: int = 6


USUAL = Pace()


def is_sound(pace: Pace) -> bool:
    """Tell whether a pace can hold."""
    return 1 <= pace.every_days <= LONGEST_DAYS and 1 <= pace.touches_at_most <= MOST_TOUCHES


def day_after(since: datetime, days: int, hours: Hours | None) -> datetime:
    """Give when the work ends on the working day number `days` after a day; without hours so many days later."""
    return closing(hours, since, days) if hours else since + timedelta(days=days)


def next_touch(pace: Pace, touches: int, now: datetime, hours: Hours | None) -> datetime | None:
    """Say until when a lead that was touched so often is to be touched again; None where that was enough."""
    if touches >= pace.touches_at_most:
        return None
    return day_after(now, pace.every_days, hours)


def days_of_many(pace: Pace, count: int, now: datetime, hours: Hours | None) -> list[datetime]:
    """Give the days on which so many leads that come at once are touched first, in turn: no day has all of them.

    The first of them waits for the whole interval, as one that comes alone does.
    """
    return [
        day_after(now, days, hours)
        for days in range(pace.every_days, max(0, pace.every_days - count), -1)
    ]
