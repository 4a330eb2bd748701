"""What may be shown of people and of what they wrote, how a lead keeps a region, what merging does to leads."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clew.capture.regions import name_of, resolve
from clew.capture.ways import Way
from clew.contacts.errors import RegionUnclear, RegionUnknown

WRITTEN_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
DIGITS = re.compile(r"(?<!\d)(?:\+?\d[\d\- ]{5,}\d)(?!\d)")
FACTS = ("category", "region")
LEAD = "lead."  # before a fact among corrections: no custom field can be called so
LONGEST_FACT = 60


def tail(way: Way) -> str | None:
    """Give the last four digits of a phone number, for searching."""
    return way.value.partition(",")[0][-4:] if way.kind == "phone" else None


def mask(kind: str, value: str) -> str:
    """Hide the middle: 138****5678, z****@host.example, zhou****jg."""
    if kind == "phone":
        national = value.partition(",")[0].removeprefix("+86")
        return f"{national[:3]}****{national[-4:]}"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}****@{host}"
    return f"{value[:4]}****{value[-2:]}" if len(value) > 8 else f"{value[:1]}****"


def interest(message: str) -> str:
    """Give what they want in one line of at most 200 characters, without numbers to reach them by."""
    return veil(" ".join(message.split()))[:200]


def veil(text: str) -> str:
    """Hide phone numbers and e-mail addresses within a text; part numbers and quantities stay."""
    text = DIGITS.sub(_hidden, text)
    return WRITTEN_EMAIL.sub("****", text) if "@" in text else text


def _hidden(match: re.Match[str]) -> str:
    digits = sum(c.isdigit() for c in match[0])
    return "****" if digits >= 10 or (digits >= 7 and match[0][0] in "+0") else match[0]


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead as merging sees it: `state` is open, merged (closed by a merge) or over."""

    lead_id: UUID
    contact_id: UUID
    opened_at: datetime
    state: str
    is_worked_on: bool = False


@dataclass(frozen=True, slots=True)
class Reopening:
    """Which lead opens again when a merge is taken apart, and which one it takes in."""

    lead_id: UUID
    takes_in: UUID | None = None


def yields(first: Standing, second: Standing) -> Standing:
    """Say which of two open leads closes when their people are one: the younger."""
    return max(first, second, key=_age)


def reopens(leads: Iterable[Standing], still_merged: Collection[UUID]) -> Reopening | None:
    """Say which lead of a person opens again after a merge was taken apart, if any.

    Where none is open it is the oldest of those that merges had closed. One that was opened while it was
    closed becomes part of it, unless somebody has worked on that. `still_merged`: leads that merges which
    stand have closed.
    """
    known = sorted(leads, key=_age)
    is_open = next((one for one in known if one.state == "open"), None)
    closed = [one for one in known if one.state == "merged"]
    if is_open is None:
        return Reopening(closed[0].lead_id) if closed else None
    older = [one for one in closed if one.lead_id not in still_merged and _age(one) < _age(is_open)]
    if not older or is_open.is_worked_on:
        return None
    return Reopening(older[0].lead_id, takes_in=is_open.lead_id)


def under(contact_id: UUID, links: Iterable[tuple[UUID, UUID]]) -> set[UUID]:
    """Give a contact and all that were merged into it, directly or not. Links go from one to its survivor."""
    into: dict[UUID, list[UUID]] = {}
    for child, parent in links:
        into.setdefault(parent, []).append(child)
    found, left = set(), [contact_id]
    while left:
        one = left.pop()
        found.add(one)
        left += into.get(one, [])
    return found


def _age(one: Standing) -> tuple[datetime, UUID]:
    return one.opened_at, one.lead_id


def read_region(text: str) -> str:
    """Give what a lead keeps of the one region that a text names. Raises RegionUnknown, RegionUnclear.

    That is the proper name, or the code where the name alone would be read as another place.
    """
    given = text.strip()
    if not 0 < len(given) <= LONGEST_FACT:
        raise RegionUnknown
    found = resolve(given)
    if found.is_ambiguous:
        raise RegionUnclear
    if found.code is None:
        raise RegionUnknown
    proper = name_of(found.code)
    return proper if resolve(proper) == found else str(found.code)


def as_columns(facts: Mapping[str, str]) -> dict[str, Any]:
    """Give what facts are in the columns of a lead: a region has its code beside it."""
    columns: dict[str, Any] = dict(facts)
    if "region" in facts:
        columns["region_code"] = resolve(facts["region"]).code
    return columns
