"""Working time: whether it is now, and when so many working minutes will have passed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60
LONGEST = timedelta(days=60)  # a calendar without work in so long is taken as always open


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans of a week in minutes since Monday 00:00 local time, and whole days off."""

    time_zone: str
    week: tuple[tuple[int, int], ...]
    days_off: frozenset[date] = frozenset()


def hours(time_zone: str, week: Sequence[Sequence[int]], days_off: Sequence[str]) -> Hours:
    """Read what a Calendar row holds."""
    return Hours(
        time_zone,
        tuple(sorted((start, end) for start, end in week)),
        frozenset(date.fromisoformat(day) for day in days_off),
    )


def is_working(h: Hours, now: datetime) -> bool:
    """Tell whether `now` lies in a working span."""
    local = now.astimezone(ZoneInfo(h.time_zone))
    if local.date() in h.days_off:
        return False
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in h.week)


def after(h: Hours, start: datetime, minutes: int) -> datetime:
    """Give the moment when `minutes` of working time have passed since `start`."""
    left = timedelta(minutes=minutes)
    for opens, closes in _spans(h, start):
        begin = max(opens, start)
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    return start + timedelta(minutes=minutes)


def minutes_between(h: Hours, start: datetime, end: datetime) -> int:
    """Count working minutes from `start` to `end`; nothing when `end` is not later."""
    total = timedelta()
    for opens, closes in _spans(h, start):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, start))
    return int(total.total_seconds() // 60)


def _spans(h: Hours, start: datetime) -> list[tuple[datetime, datetime]]:
    """Give the working spans that end after `start`, as moments, through changes of the clock."""
    zone = ZoneInfo(h.time_zone)
    first = start.astimezone(zone).date()
    spans = []
    for ahead in range(LONGEST.days):
        day = first + timedelta(days=ahead)
        if day in h.days_off:
            continue
        offset = day.weekday() * DAY
        for begin, end in h.week:
            if offset <= begin < offset + DAY:
                opens = _moment(day, begin - offset, zone)
                closes = _moment(day, end - offset, zone)
                if closes > start:
                    spans.append((opens, closes))
    return spans


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minute)
    return wall.astimezone(ZoneInfo("UTC"))
