"""Lists of leads: filtered, fifty at a time by key, with the reader's columns, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language

from clew.access.models import Member
from clew.base.workbook import Cell
from clew.capture.regions import shown
from clew.contacts.models import Identifier, Lead
from clew.contacts.queries import masked
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.handoff.pools.claiming import Veil, veil
from clew.handoff.queries import visible_leads
from clew.pipeline.extract import DRAWN, LEAD, told, where
from clew.pipeline.filters import Filter
from clew.pipeline.matching import is_too_many, key, matching
from clew.pipeline.rules import LeadFacts, first_line

PAGE = 50
LOOKED_THROUGH = 200  # leads, by which one goes from one to the next
USUAL = ("grade", "holder", "cost", "opened")


@dataclass(frozen=True, slots=True)
class Listed:
    """A lead in a list; `cells` are those columns that are not drawn from the rest."""

    lead_id: UUID
    title: str
    is_named: bool
    company: str
    level: int | None
    points: int | None
    line: str
    kind: str
    where: str
    is_history: bool
    opened_at: datetime
    cost_minor: int
    cells: Sequence[tuple[str, Cell]] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some leads, and the key of the next page; `is_unsorted` where they are too many for the order asked for."""

    rows: list[Listed]
    after: str
    is_unsorted: bool = False


def leads(viewer: Member, wanted: Filter, columns: Sequence[str] = USUAL) -> Page:
    """Give one page of the leads that a member may see, by a settled filter."""
    seen = visible_leads(viewer)
    is_unsorted = is_too_many(seen, wanted)
    if is_unsorted:
        wanted = replace(wanted, sort="")
    ids = list(matching(seen, wanted).values_list("pk", flat=True)[: PAGE + 1])
    found = _with_sender().in_bulk(ids)
    rows = [found[lead_id] for lead_id in ids if lead_id in found]
    kept = rows[:PAGE]
    after = key(wanted, kept[-1].pk, kept[-1].opened_at) if len(rows) > PAGE else ""
    return Page(_listed(kept, columns, veil(viewer)), after, is_unsorted)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The leads before and after one in the list that its reader came from, and where it stands there, from 1."""

    before: UUID | None
    after: UUID | None
    place: int
    count: int
    address: str  # what names the list in an address

    @property
    def is_cut(self) -> bool:
        """Tell whether the list may go on behind what was looked through."""
        return self.count >= LOOKED_THROUGH


def neighbours(ids: Sequence[UUID], lead_id: UUID, address: str) -> Neighbours | None:
    """Find a lead among those of a list; None where it is not there (any more)."""
    if lead_id not in ids:
        return None
    at = ids.index(lead_id)
    return Neighbours(
        before=ids[at - 1] if at else None,
        after=ids[at + 1] if at + 1 < len(ids) else None,
        place=at + 1,
        count=len(ids),
        address=address,
    )


def listed_ids(viewer: Member, wanted: Filter) -> list[UUID]:
    """Give the first leads of a settled filter from where its page begins, in its order."""
    seen = visible_leads(viewer)
    if is_too_many(seen, wanted):
        wanted = replace(wanted, sort="")
    return list(matching(seen, wanted).values_list("pk", flat=True)[:LOOKED_THROUGH])


def pool(viewer: Member, after: str) -> Page:
    """Give one page of the pool that a member may claim from, newest first."""
    return leads(viewer, Filter(place="pool", after=after))


def listed(lead_ids: Sequence[UUID], *, says_where: bool = True) -> dict[UUID, Listed]:
    """Give leads as a list shows them, in a fixed number of statements; the caller has chosen which may be seen."""
    found = list(_with_sender().in_bulk(lead_ids).values())
    return {row.lead_id: row for row in _listed(found, (), Veil(), says_where=says_where)}


def _with_sender() -> QuerySet[Lead]:
    """Read leads without what their contacts are found by."""
    found = Lead.objects.select_related("contact", "source")
    return found.defer("contact__initials", "contact__pairs")


def _listed(
    rows: Sequence[Lead], columns: Sequence[str], hidden: Veil, *, says_where: bool = True
) -> list[Listed]:
    ids = [lead.pk for lead in rows]
    in_force = Grade.objects.filter(lead__in=ids, superseded_at__isnull=True)
    grades = {g.lead_id: g for g in in_force.defer("signals", "facts")}
    places = {
        p.lead_id: p
        for p in Placement.objects.filter(
            lead__in=ids if says_where else (), closed_at__isnull=True
        ).select_related("seat__member", "team")
    }
    rows = [hidden.over(lead, places.get(lead.pk)) for lead in rows]
    ways: dict[UUID, Identifier] = {}
    contacts = [lead.contact_id for lead in rows]
    for way in Identifier.objects.filter(contact__in=contacts).order_by("id"):
        if way.contact_id not in ways or way.kind == Identifier.Kind.PHONE:
            ways[way.contact_id] = way
    cells = _cells(rows, columns)
    return [
        _one(
            lead,
            grades.get(lead.pk),
            places.get(lead.pk),
            ways.get(lead.contact_id),
            cells[lead.pk],
        )
        for lead in rows
    ]


def _cells(rows: Sequence[Lead], columns: Sequence[str]) -> dict[UUID, list[tuple[str, Cell]]]:
    """Fill in the chosen columns as an export would, masked; those that the page draws itself stay empty."""
    if set(columns) <= DRAWN:
        return {lead.pk: [(code, None) for code in columns] for lead in rows}
    values = [{name: _value(lead, name) for name in LEAD} for lead in rows]
    return {
        lead_id: list(zip(columns, cells, strict=True)) for lead_id, cells in told(values, columns)
    }


def _value(lead: Lead, name: str) -> Any:
    """Follow a name as the database would: contact__name."""
    value: Any = lead
    for part in name.split("__"):
        value = getattr(value, part)
    return value


def _one(
    lead: Lead,
    grade: Grade | None,
    place: Placement | None,
    way: Identifier | None,
    cells: Sequence[tuple[str, Cell]],
) -> Listed:
    reach = masked(way) if way else ""
    return Listed(
        lead_id=lead.pk,
        title=lead.contact.name or reach,
        is_named=bool(lead.contact.name),
        company=lead.contact.company,
        level=grade.level if grade else None,
        points=grade.told_points if grade else None,
        line=first_line(facts(lead, way.kind if way else ""), get_language() or ""),
        kind=place.kind if place else "",
        where=where(place),
        is_history=lead.is_history,
        opened_at=lead.opened_at,
        cost_minor=lead.cost_minor,
        cells=cells,
    )


def facts(lead: Lead, only_left: str) -> LeadFacts:
    """Give what the first line is written from."""
    return LeadFacts(
        source=lead.source.name,
        submission_count=lead.submission_count,
        interest=lead.interest,
        category=lead.category,
        region=shown(lead.region, lead.region_code),
        only_left=only_left,
    )
