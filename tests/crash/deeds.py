"""What people have done: as their journals have it, and as the database does."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.crash.journals import lines

CLAIMED = """
    select m.username, 'claim', p.lead_id::text from handoff_placement p
    join handoff_seat s on s.id = p.seat_id join access_member m on m.id = s.member_id
    where p.reason = 'claimed'"""
CALLED = """
    select m.username, k.id::text, k.lead_id::text from pipeline_call k
    join access_member m on m.id = k.member_id"""
Deed = tuple[str, str, str]  # who; "claim" or the call's ticket; the lead


@dataclass
class Deeds:
    """Of one person. `begun` may have been done, `told` must have been; `found` is a claim known by looking."""

    begun: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)
    found: set[tuple[str, str]] = field(default_factory=set)


def read(journal: Path) -> Deeds:
    """Read somebody's journal."""
    deeds = Deeds()
    dialled: dict[str, str] = {}
    for kind, first, *more in lines(journal):
        if kind == "tried":
            deeds.begun.add(("claim", first))
        elif kind == "dialled":
            dialled[first] = more[0]
            deeds.begun.add((first, more[0]))
        elif kind == "kept":
            deeds.told.add((first, dialled[first]))
        elif kind in {"told", "found"}:
            getattr(deeds, kind).add(("claim", first))
    return deeds


def stored(connection: psycopg.Connection[Any]) -> Counter[Deed]:
    """Read how often the database has each deed."""
    rows = [*connection.execute(CLAIMED), *connection.execute(CALLED)]
    return Counter((who, what, lead) for who, what, lead in rows)


def lost(done: Mapping[str, Deeds], seen: Counter[Deed]) -> list[Deed]:
    """Give what somebody was told is done and the database does not have."""
    return [deed for deed in _all(done, "told") if not seen[deed]]


def doubled(done: Mapping[str, Deeds], seen: Counter[Deed]) -> list[Deed]:
    """Give what the database has twice, or although nobody has begun it."""
    begun = set(_all(done, "begun"))
    return [deed for deed, count in seen.items() if count > 1 or deed not in begun]


def contested(done: Mapping[str, Deeds]) -> list[str]:
    """Give the leads that more than one person was told, or found, to have claimed."""
    claims = {deed for kind in ("told", "found") for deed in _all(done, kind) if deed[1] == "claim"}
    by_lead = Counter(lead for _, _, lead in claims)
    return [lead for lead, count in by_lead.items() if count > 1]


def _all(done: Mapping[str, Deeds], kind: str) -> Iterator[Deed]:
    for who, deeds in done.items():
        for what, lead in getattr(deeds, kind):
            yield who, what, lead
