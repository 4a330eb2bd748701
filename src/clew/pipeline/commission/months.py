"""Months as the first of them, in the operator's time zone."""

from datetime import date, datetime, timedelta

from django.utils import timezone


def month_of(at: datetime) -> date:
    """Give the month in which something happened."""
    return timezone.localtime(at).date().replace(day=1)


def after(month: date) -> date:
    """Give the next month."""
    return (month + timedelta(days=31)).replace(day=1)


def before(month: date) -> date:
    """Give the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def begins(month: date) -> datetime:
    """Give the first moment of a month."""
    return timezone.make_aware(datetime(month.year, month.month, 1))  # noqa: DTZ001


def first_open(month: date, closed: frozenset[date]) -> date:
    """Give the first month from this one on that is not among those closed."""
    while month in closed:
        month = after(month)
    return month
