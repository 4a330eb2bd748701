"""What makes a calendar sound, and which spans a choice of regions means. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import available_timezones

from clew.handoff.people.errors import (
    BlockReversed,
    BlocksOverlap,
    CalendarEmpty,
    CalendarNameless,
    DayOnAndOff,
    TimeZoneUnknown,
    TooManyDays,
)
from clew.handoff.routing import span

MOST_DAYS_OFF = 2000
MOST_DAYS_ON = 500
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """Working time as somebody wrote it: blocks in minutes since midnight, by weekday from Monday."""

    name: str
    time_zone: str
    days: tuple[tuple[tuple[int, int], ...], ...]
    days_off: frozenset[date]
    days_on: dict[date, int]


def examine(plan: Plan) -> None:
    """Raise what is wrong with a plan.

    CalendarNameless, TimeZoneUnknown, CalendarEmpty, BlockReversed, BlocksOverlap, DayOnAndOff, TooManyDays.
    """
    if not plan.name.strip() or len(plan.name.strip()) > LONGEST_NAME:
        raise CalendarNameless
    if plan.time_zone not in available_timezones():
        raise TimeZoneUnknown
    if not any(plan.days):
        raise CalendarEmpty
    for blocks in plan.days:
        _examine_day(blocks)
    if len(plan.days_off) > MOST_DAYS_OFF or len(plan.days_on) > MOST_DAYS_ON:
        raise TooManyDays
    if both := sorted(plan.days_off & plan.days_on.keys()):
        raise DayOnAndOff(reasons=[str(day) for day in both[:10]])


def _examine_day(blocks: Sequence[tuple[int, int]]) -> None:
    ordered = sorted(blocks)
    if any(begin >= end for begin, end in ordered):
        raise BlockReversed
    if any(before[1] > then[0] for before, then in pairwise(ordered)):
        raise BlocksOverlap


def widest(codes: Iterable[int]) -> list[tuple[int, int]]:
    """Give the spans of some divisions, in order; what lies inside another is left out."""
    found: list[tuple[int, int]] = []
    for part in sorted((span(code) for code in set(codes)), key=lambda s: (s[0], -s[1])):
        if not found or part[0] >= found[-1][1]:
            found.append(part)
    return found
