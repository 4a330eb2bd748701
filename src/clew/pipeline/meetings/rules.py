"""The thinking around a meeting: which times to propose, and what next to remind of. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from zoneinfo import ZoneInfo

from clew.handoff.calendars import Hours, time_between

NOTICE = timedelta(hours=2)  # nobody is asked to come sooner
AHEAD = 14  # days
STEP = timedelta(minutes=30)
PROPOSED = 6
HALVES = ((time(9), time(12), time(10)), (time(13, 30), time(18), time(14)))  # the last is best
DAY_BEFORE = timedelta(days=1)
SHORTLY = timedelta(hours=2)

Span = tuple[datetime, datetime]


class About(StrEnum):
    """What about a meeting comes next."""

    DAY = "meeting_day"  # confirm, the day before
    SOON = "meeting_soon"
    OVER = "meeting_over"  # did they come?
    WISHED = "meeting_wished"
    DECLINED = "meeting_declined"


def free_times(h: Hours, busy: Sequence[Span], minutes: int, *, now: datetime) -> list[datetime]:
    """Propose up to six times for a meeting, at most one each morning and afternoon, soonest first.

    They lie in working time, between 9:00 and 18:00 where that is, and apart from what is `busy`.
    """
    length, zone = timedelta(minutes=minutes), ZoneInfo(h.time_zone)
    first, found = now.astimezone(zone).date(), list[datetime]()
    for ahead, half in product(range(AHEAD), HALVES):
        starts = _starts(first + timedelta(days=ahead), half, length, zone)
        at = next((s for s in starts if _is_good(s, length, h, busy, now)), None)
        if at:
            found.append(at)
        if len(found) == PROPOSED:
            break
    return found


def _starts(
    day: date, half: tuple[time, time, time], length: timedelta, zone: ZoneInfo
) -> Iterator[datetime]:
    """Give the half-hours of a morning or afternoon at which a meeting may begin, the best one first."""
    begin, end, best = (datetime.combine(day, at, zone) for at in half)
    yield best
    while begin + length <= end:
        yield begin
        begin += STEP


def _is_good(
    at: datetime, length: timedelta, h: Hours, busy: Sequence[Span], now: datetime
) -> bool:
    is_worked = time_between(h, at, at + length) == length
    return at >= now + NOTICE and is_worked and is_free(at, length, busy)


def is_free(at: datetime, length: timedelta, busy: Iterable[Span]) -> bool:
    """Tell whether nothing else lies in the time from `at` on."""
    return not any(begin < at + length and at < end for begin, end in busy)


def reminders(from_at: datetime, until_at: datetime) -> list[tuple[About, datetime]]:
    """Give what a confirmed meeting asks for, and when: a day before, two hours before, when it is over."""
    return [
        (About.DAY, from_at - DAY_BEFORE),
        (About.SOON, from_at - SHORTLY),
        (About.OVER, until_at),
    ]


def next_reminder(
    from_at: datetime, until_at: datetime, *, after: datetime
) -> tuple[About, datetime] | None:
    """Give the first of `reminders` that lies after a moment."""
    return next(((a, at) for a, at in reminders(from_at, until_at) if at > after), None)


def due_reminder(
    from_at: datetime, until_at: datetime, *, now: datetime
) -> tuple[About, datetime] | None:
    """Say what a confirmed meeting asks for now: the last of `reminders` whose time has come."""
    come = [one for one in reminders(from_at, until_at) if one[1] <= now]
    return come[-1] if come else None


def goes_first(due_at: datetime, other_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether what a meeting needs comes before the other step: sooner, or due already."""
    return other_at is None or due_at <= max(other_at, now)
