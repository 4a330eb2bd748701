"""Is a lead fit to be stored?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clew.capture.schemas import LeadIn

MOST_LEADS = 1_000
MOST_LEVELS = 16
LEAST_DIGITS = 5  # a service number such as 10086
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the lead at `index`; `code` is stable, the words for it are translated."""

    index: int
    field: str
    code: str


def faults_of(index: int, lead: LeadIn, latest: datetime) -> Iterator[Fault]:
    """Everything that keeps one lead from being stored, beyond the types that the schema holds."""
    if not is_reachable(lead):
        yield Fault(index, "", "unreachable")
    if lead.occurred_at and not EARLIEST <= lead.occurred_at <= latest:
        yield Fault(index, "occurred_at", "impossible_date")
    for n, consent in enumerate(lead.consents):
        if not EARLIEST <= consent.given_at <= latest:
            yield Fault(index, f"consents[{n}].given_at", "impossible_date")
    for field, value in (("answers", lead.answers), ("extra", lead.extra)):
        if value and is_deep(value, MOST_LEVELS):
            yield Fault(index, field, "too_deep")


def is_reachable(lead: LeadIn) -> bool:
    """Could a phone number, an e-mail address or a WeChat id reach the person? Any one suffices."""
    if sum(map(str.isdigit, lead.phone)) >= LEAST_DIGITS or lead.wechat.strip():
        return True
    local, at, host = lead.email.strip().rpartition("@")
    return bool(local and at and host)


def is_deep(value: Any, levels: int) -> bool:
    """Is JSON nested more than `levels` deep?"""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(
        is_deep(item, levels - 1) for item in value if isinstance(item, dict | list)
    )


def holds_nul(value: Any) -> bool:
    """Does any text within hold the NUL character, which PostgreSQL cannot store?"""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))
