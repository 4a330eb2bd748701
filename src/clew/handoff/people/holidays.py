"""Public holidays of the mainland and the days worked in exchange for them, as the State Council set them."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from chinese_calendar import holidays, in_lieu_days, workdays


@dataclass(frozen=True, slots=True)
class PublicDays:
    """A year's days off, and its exchanged days with the weekday that each stands for (0 for Monday)."""

    days_off: list[date]
    days_on: dict[date, int]


@cache
def known_years() -> list[int]:
    """Give the years whose holidays are known; the next one is announced each November."""
    return sorted({day.year for day in holidays})


@cache
def public_days(year: int) -> PublicDays:
    """Give the holidays of a year; empty for one that is not known.

    The first exchanged day of a holiday is worked as the first weekday that is free in exchange for it.
    """
    days_off = sorted(day for day in holidays if day.year == year)
    freed: dict[str, list[date]] = {}
    for day, name in sorted(in_lieu_days.items()):
        if day.year == year:
            freed.setdefault(name, []).append(day)
    days_on = {}
    for day, name in sorted(workdays.items()):
        if day.year == year:
            instead = freed.get(name, [])
            days_on[day] = instead.pop(0).weekday() if instead else 0
    return PublicDays(days_off, days_on)
