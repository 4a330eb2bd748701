"""The thinking after a sale: when to look after a customer, what a mark asks for. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clew.handoff.calendars import Hours, after, is_working


@dataclass(frozen=True, slots=True)
class Plan:
    """When to look after a customer, in days since the sale, and which marks are low and high."""

    check_days: int = 3
    ask_days: int = 14
    low_until: int = 2
    high_from: int = 5


USUAL = Plan()


def is_sound(plan: Plan) -> bool:
    """Tell whether a plan can hold."""
    days = all(1 <= n <= 365 for n in (plan.check_days, plan.ask_days))
    return days and 1 <= plan.low_until < plan.high_from <= 5


def due(sold_at: datetime, days: int, hours: Hours | None) -> datetime:
    """Give the first moment of work so many days after a sale; without hours that very moment."""
    at = sold_at + timedelta(days=days)
    if hours is None or is_working(hours, at):
        return at
    return after(hours, at, 1) - timedelta(minutes=1)


def follows(plan: Plan, mark: int | None, *, is_complaint: bool) -> str:
    """Say what an answer asks for: recover, review, or nothing."""
    if is_complaint or (mark is not None and mark <= plan.low_until):
        return "recover"
    return "review" if mark is not None and mark >= plan.high_from else ""
