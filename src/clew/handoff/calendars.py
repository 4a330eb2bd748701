"""Working time: whether it is now, and when so many working minutes will have passed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

DAY = 24 * 60
LONGEST = timedelta(days=60)  # a calendar without work in so long is taken as always open
FURTHEST = timedelta(days=3_660)  # the largest limit fits in where somebody works 1.4 hours a week


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of a week in minutes since Monday 00:00 local time, whole days off, and exchanged days.

    `days_on`: dates that are worked by the blocks of another weekday, 0 for Monday.
    """

    time_zone: str
    week: tuple[tuple[int, int], ...]
    days_off: frozenset[date] = frozenset()
    days_on: Mapping[date, int] = field(default_factory=dict, hash=False)


def hours(
    time_zone: str,
    week: Sequence[Sequence[int]],
    days_off: Sequence[str],
    days_on: Mapping[str, int] = MappingProxyType({}),
) -> Hours:
    """Read what a Calendar row holds. Spans over midnight are cut there."""
    return Hours(
        time_zone,
        tuple(sorted(part for start, end in week for part in _by_day(start, end))),
        frozenset(date.fromisoformat(day) for day in days_off),
        {date.fromisoformat(day): weekday for day, weekday in days_on.items()},
    )


def is_working(h: Hours, now: datetime) -> bool:
    """Tell whether `now` lies in a working span."""
    local = now.astimezone(ZoneInfo(h.time_zone))
    minute = local.hour * 60 + local.minute
    return any(begin <= minute < end for begin, end in _blocks(h, local.date()))


def after(h: Hours, start: datetime, minutes: int) -> datetime:
    """Give the moment when `minutes` of working time have passed since `start`."""
    return after_each(h, start, [minutes])[0]


def after_each(h: Hours, start: datetime, minutes: Sequence[int]) -> list[datetime]:
    """Give for each of `minutes` the moment when so much working time has passed since `start`.

    What more is asked for than is ever worked comes LONGEST after the last of it.
    """
    found: dict[int, datetime] = {}
    ahead = sorted(set(minutes))
    passed, since = timedelta(), start.astimezone(UTC)  # local time cannot be added to
    last = since
    for opens, closes in _spans(h, start):
        begin = max(opens, since)
        while ahead and (moment := begin + timedelta(minutes=ahead[0]) - passed) <= closes:
            found[ahead.pop(0)] = moment
        if not ahead:
            break
        passed += closes - begin
        last = closes
    if not passed and ahead:  # nothing is ever worked
        return [since + timedelta(minutes=some) for some in minutes]
    return [found.get(some) or last + LONGEST for some in minutes]


def later(h: Hours, start: datetime, work: timedelta) -> datetime:
    """Give the moment when so much working time has passed since `start`; LONGEST after the last of it where it is less."""
    since = start.astimezone(UTC)
    last = since
    for opens, closes in _spans(h, start):
        begin = max(opens, since)
        if begin + work <= closes:
            return begin + work
        work -= closes - begin
        last = closes
    return last + LONGEST


def has_work(h: Hours, start: datetime) -> bool:
    """Tell whether any time is worked before it is too long to wait for: else it is taken as always open."""
    return next(_spans(h, start), None) is not None


def minutes_between(h: Hours, start: datetime, end: datetime) -> int:
    """Count working minutes from `start` to `end`; nothing when `end` is not later."""
    return time_between(h, start, end) // timedelta(minutes=1)


def time_between(h: Hours, start: datetime, end: datetime) -> timedelta:
    """Add up the working time from `start` to `end`; nothing when `end` is not later."""
    total = timedelta()
    for opens, closes in _spans(h, start):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, start))
    return total


def before(h: Hours, end: datetime, minutes: int) -> datetime:
    """Give the last moment since which `minutes` of working time have passed at `end`."""
    left = timedelta(minutes=minutes)
    zone = ZoneInfo(h.time_zone)
    for day, blocks in _worked_days(h, end.astimezone(zone).date(), step=-1):
        for begin, stop in reversed(blocks):
            opens, closes = _moment(day, begin, zone), min(_moment(day, stop, zone), end)
            if closes > opens and closes - opens >= left:
                return closes - left
            left -= max(timedelta(), closes - opens)
    return end - timedelta(minutes=minutes)


def closing(h: Hours, start: datetime, days: int) -> datetime:
    """Give when the last hour of work ends on the working day number `days` after the day of `start`."""
    zone = ZoneInfo(h.time_zone)
    first, left = start.astimezone(zone).date(), days
    for ahead in range(1, _within(days)):
        day = first + timedelta(days=ahead)
        blocks = _blocks(h, day)
        left -= bool(blocks)
        if blocks and not left:
            return _moment(day, max(end for _, end in blocks), zone)
    return start + timedelta(days=days)


def closed_since(h: Hours, now: datetime, days: int) -> datetime:
    """Give the moment before which something began if its `closing` has come by now, and only then."""
    zone = ZoneInfo(h.time_zone)
    today = now.astimezone(zone).date()
    left = days
    for back in range(_within(days)):
        day = today - timedelta(days=back)
        blocks = _blocks(h, day)
        left -= bool(blocks) and _moment(day, max(end for _, end in blocks), zone) <= now
        if not left:
            return _moment(day, 0, zone)
    return now - timedelta(days=days)


def _within(days: int) -> int:
    """In how many days so many working days are looked for."""
    return 4 * days + LONGEST.days


def _by_day(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        midnight = (start // DAY + 1) * DAY
        yield start, min(end, midnight)
        start = midnight


def _blocks(h: Hours, day: date) -> list[tuple[int, int]]:
    """Give the worked minutes of a date, counted from its midnight."""
    if day in h.days_off:
        return []
    offset = h.days_on.get(day, day.weekday()) * DAY
    return [
        (begin - offset, end - offset) for begin, end in h.week if offset <= begin < offset + DAY
    ]


def _worked_days(
    h: Hours, first: date, *, step: int
) -> Iterator[tuple[date, list[tuple[int, int]]]]:
    """Give days with work, one way or the other, until none comes in LONGEST."""
    idle = 0
    for away in range(FURTHEST.days):
        day = first + timedelta(days=step * away)
        blocks = _blocks(h, day)
        idle = 0 if blocks else idle + 1
        if blocks:
            yield day, blocks
        elif idle == LONGEST.days:
            return


def _spans(h: Hours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the working spans that end after `start`, as moments, through changes of the clock."""
    zone = ZoneInfo(h.time_zone)
    for day, blocks in _worked_days(h, start.astimezone(zone).date(), step=1):
        for begin, end in blocks:
            closes = _moment(day, end, zone)
            if closes > start:
                yield _moment(day, begin, zone), closes


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Give when the wall clock shows so many minutes of a day; where it is put forward over them, that moment."""
    wall = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minute)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    earlier = wall.utcoffset()
    moment = wall.replace(fold=1).astimezone(UTC)
    while moment.astimezone(zone).utcoffset() == earlier:
        moment += timedelta(minutes=1)
    return moment
