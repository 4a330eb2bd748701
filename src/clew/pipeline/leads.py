"""Lists of leads: filtered, newest first, fifty at a time by key, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from clew.access.models import Member
from clew.capture.models import ImportRow
from clew.capture.regions import shown
from clew.contacts.models import Identifier, Lead, Repeat
from clew.contacts.queries import contacts_by_number, masked
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.rules import LeadFacts, first_line
from clew.pipeline.wording import ENDS, REASONS, word

PAGE = 50
HISTORY = "history"
DIGITS_AT_LEAST = 4


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address of the page says: place, grade, source, import, words, and where the page begins.

    History is a place of its own: it shows there, among what its import brought and in what is searched for.
    """

    place: str = ""
    grade: str = ""
    source: str = ""
    batch: str = ""
    q: str = ""
    after: str = ""

    @property
    def is_set(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.place or self.grade or self.source or self.batch or self.q)

    def address(self, **changes: str) -> str:
        """Give the query of this page with some parts changed; changing a part goes to the start."""
        changed = replace(self, **{"after": "", **changes})
        fields = ("place", "grade", "source", "batch", "q", "after")
        return "?" + urlencode({f: getattr(changed, f) for f in fields if getattr(changed, f)})


@dataclass(frozen=True, slots=True)
class Listed:
    """A lead in a list."""

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


@dataclass(frozen=True, slots=True)
class Page:
    """Some leads, and the key of the next page."""

    rows: list[Listed]
    after: str


def leads(viewer: Member, wanted: Filter) -> Page:
    """Give one page of the leads that a member may see, newest first."""
    found = matching(visible_leads(viewer), wanted).select_related("contact", "source")
    rows = list(found[: PAGE + 1])
    shown = rows[:PAGE]
    after = key(shown[-1].opened_at, shown[-1].pk) if len(rows) > PAGE else ""
    return Page(_listed(shown), after)


def pool(viewer: Member, after: str) -> Page:
    """Give one page of the pool that a member may claim from, newest first."""
    return leads(viewer, Filter(place="pool", after=after))


def matching(found: QuerySet[Lead], wanted: Filter) -> QuerySet[Lead]:
    """Give those of the leads that fit, newest first, from where the page begins."""
    if wanted.place == HISTORY or not (wanted.q or wanted.batch):
        found = found.filter(is_history=wanted.place == HISTORY)
    if wanted.place and wanted.place != HISTORY:
        here = Placement.objects.filter(
            lead=OuterRef("pk"), closed_at__isnull=True, kind=wanted.place
        )
        found = found.filter(Exists(here))
    if wanted.grade.isdecimal():
        graded = Grade.objects.filter(
            lead=OuterRef("pk"), superseded_at__isnull=True, level=int(wanted.grade)
        )
        found = found.filter(Exists(graded))
    if wanted.source:
        found = found.filter(source__key=wanted.source)
    if wanted.batch:
        found = found.filter(_brought(wanted.batch))
    if wanted.q:
        found = found.filter(_meant(wanted.q.strip()))
    return _beyond(found, wanted.after).order_by("-opened_at", "-pk")


def _brought(batch: str) -> Q:
    """Find what an import began or strengthened; one that cannot be read brought nothing."""
    try:
        rows = ImportRow.objects.filter(batch=UUID(batch), submission__isnull=False)
    except ValueError:
        return Q(pk__in=())
    submissions = rows.values("submission")
    led = Repeat.objects.filter(submission__in=submissions).values("lead")
    return Q(pk__in=submissions) | Q(pk__in=led)


def _meant(words: str) -> Q:
    """Find by name or company, or by a number or its last four digits."""
    named = Q(contact__name__icontains=words) | Q(contact__company__icontains=words)
    if sum(c.isdigit() for c in words) >= DIGITS_AT_LEAST:
        return named | Q(contact__in=contacts_by_number(words))
    return named


def _beyond(found: QuerySet[Lead], after: str) -> QuerySet[Lead]:
    """Go on after a key; one that cannot be read begins at the start."""
    at, _, pk = after.partition("_")
    try:
        given, lead_id = datetime.fromisoformat(at), UUID(pk)
        moment = given.astimezone(UTC)  # the database knows no offset beyond 15:59
    except (ValueError, OverflowError):
        return found
    if given.tzinfo is None:
        return found
    return found.filter(Q(opened_at__lt=moment) | Q(opened_at=moment, pk__lt=lead_id))


def key(opened_at: datetime, lead_id: UUID) -> str:
    """Give the key that the list goes on after."""
    return f"{opened_at.isoformat()}_{lead_id}"


def _listed(rows: Sequence[Lead]) -> list[Listed]:
    ids = [lead.pk for lead in rows]
    grades = {g.lead_id: g for g in Grade.objects.filter(lead__in=ids, superseded_at__isnull=True)}
    places = {
        p.lead_id: p
        for p in Placement.objects.filter(lead__in=ids, closed_at__isnull=True).select_related(
            "seat__member", "team"
        )
    }
    ways: dict[UUID, Identifier] = {}
    contacts = [lead.contact_id for lead in rows]
    for way in Identifier.objects.filter(contact__in=contacts).order_by("id"):
        if way.contact_id not in ways or way.kind == Identifier.Kind.PHONE:
            ways[way.contact_id] = way
    return [
        _one(lead, grades.get(lead.pk), places.get(lead.pk), ways.get(lead.contact_id))
        for lead in rows
    ]


def _one(
    lead: Lead, grade: Grade | None, place: Placement | None, way: Identifier | None
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


def where(place: Placement | None) -> str:
    """Say with whom a lead stands: a person, a team's pool, or how it was closed."""
    if place is None:
        return ""
    if place.seat:
        return place.seat.member.name
    if place.kind == Placement.Kind.CLOSED:
        return word({**REASONS, **ENDS}, place.reason)
    return place.team.name if place.team else ""
