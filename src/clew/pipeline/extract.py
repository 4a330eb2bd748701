"""What an export holds: its columns, and its rows, some thousand at a time in a fixed number of statements.

The rows are those of the list of leads: the same rights, the same filter, the same order.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.access.models import Member
from clew.base.workbook import Cell
from clew.capture.custom import CUSTOM, Definition
from clew.capture.models import Submission
from clew.capture.queries import all_definitions, open_body
from clew.contacts.models import Identifier, Lead
from clew.contacts.queries import masked, value
from clew.contacts.rules import veil as without_numbers
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.handoff.pools.claiming import Veil, veil
from clew.handoff.pools.rules import veiled, veiled_company
from clew.handoff.queries import visible_leads
from clew.pipeline.custom import SPANNED, cell, heading
from clew.pipeline.filters import Filter
from clew.pipeline.matching import key, matching
from clew.pipeline.models import Call, Result, Task
from clew.pipeline.wording import ENDS, GRADES, PLACES, REASONS, RESULTS, word

LEAD = (
    "pk",
    "contact_id",
    "contact__name",
    "contact__company",
    "source__name",
    "category",
    "region",
    "interest",
    "submission_count",
    "cost_minor",
    "opened_at",
    "strengthened_at",
    "is_history",
    "custom",
)


@dataclass(frozen=True, slots=True)
class Called:
    """How often somebody tried to reach the person, first and last, and how the last call ended."""

    count: int
    first_at: datetime
    last_at: datetime
    result: str


@dataclass(slots=True)
class Line:
    """All that is known of one lead where a column asks for it."""

    lead: dict[str, Any]
    ways: dict[str, list[str]] = field(default_factory=dict)
    level: int | None = None
    points: int | None = None
    place: Placement | None = None
    called: Called | None = None
    next_at: datetime | None = None
    result: Result | None = None
    external_id: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that may be chosen. `is_safe`: it holds no text that a person typed."""

    label: str | Promise
    give: Callable[[Line], Cell]
    is_usual: bool = True
    is_safe: bool = False
    is_retired: bool = False


def _way(kind: str) -> Callable[[Line], Cell]:
    return lambda line: next(iter(line.ways.get(kind, ())), "")


def _of_lead(name: str) -> Callable[[Line], Cell]:
    return lambda line: line.lead[name]


def _more_ways(line: Line) -> str:
    rest = [way for kind in ("phone", "wechat", "email") for way in line.ways.get(kind, ())[1:]]
    return _("also %(ways)s") % {"ways": " · ".join(rest)} if rest else ""


def _place(line: Line) -> str:
    kind = "history" if line.lead["is_history"] else line.place.kind if line.place else ""
    return str(PLACES[kind]) if kind else ""


def where(place: Placement | None) -> str:
    """Say with whom a lead stands: a person, a team's pool, or how it was closed."""
    if place is None:
        return ""
    if place.seat:
        return place.seat.member.name
    if place.kind == Placement.Kind.CLOSED:
        return word({**REASONS, **ENDS}, place.reason)
    return place.team.name if place.team else _("Company's pool")


def _outcome(line: Line) -> str:
    if line.place and line.place.kind == Placement.Kind.CLOSED:
        return word(ENDS, line.place.reason)
    return ""


def _money(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


COLUMNS: Mapping[str, Column] = {
    "name": Column(gettext_lazy("Name"), _of_lead("contact__name")),
    "company": Column(gettext_lazy("Company"), _of_lead("contact__company")),
    "phone": Column(gettext_lazy("Phone"), _way("phone"), is_safe=True),
    "wechat": Column(pgettext_lazy("column", "WeChat"), _way("wechat"), is_safe=True),
    "email": Column(gettext_lazy("E-mail"), _way("email"), is_safe=True),
    "more_ways": Column(gettext_lazy("Other ways"), _more_ways, is_usual=False, is_safe=True),
    "source": Column(gettext_lazy("Source"), _of_lead("source__name")),
    "campaign": Column(gettext_lazy("Campaign"), lambda line: line.campaign),
    "region": Column(gettext_lazy("Region"), _of_lead("region")),
    "category": Column(gettext_lazy("Category"), _of_lead("category")),
    "interest": Column(gettext_lazy("Wants"), _of_lead("interest")),
    "grade": Column(
        gettext_lazy("Grade"), lambda line: str(GRADES[str(line.level)]) if line.level else ""
    ),
    "points": Column(gettext_lazy("Points"), lambda line: line.points),
    "place": Column(gettext_lazy("Where it stands"), _place),
    "holder": Column(gettext_lazy("Stands with"), lambda line: where(line.place)),
    "opened": Column(gettext_lazy("Came in"), _of_lead("opened_at")),
    "strengthened": Column(
        gettext_lazy("Last message"), _of_lead("strengthened_at"), is_usual=False
    ),
    "messages": Column(gettext_lazy("Messages"), _of_lead("submission_count"), is_usual=False),
    "first_contact": Column(
        gettext_lazy("First contact"),
        lambda line: line.called.first_at if line.called else None,
        is_usual=False,
    ),
    "last_contact": Column(
        gettext_lazy("Last contact"), lambda line: line.called.last_at if line.called else None
    ),
    "last_result": Column(
        gettext_lazy("How the call ended"),
        lambda line: word(RESULTS, line.called.result) if line.called else "",
    ),
    "calls": Column(
        gettext_lazy("Calls"), lambda line: line.called.count if line.called else 0, is_usual=False
    ),
    "next": Column(gettext_lazy("Next step"), lambda line: line.next_at),
    "outcome": Column(gettext_lazy("Outcome"), _outcome),
    "ended": Column(
        gettext_lazy("Ended"), lambda line: line.result.ended_at if line.result else None
    ),
    "value": Column(
        gettext_lazy("Value"), lambda line: _money(line.result.value_minor if line.result else None)
    ),
    "currency": Column(
        gettext_lazy("Currency"),
        lambda line: line.result.currency if line.result else "",
        is_usual=False,
    ),
    "cost": Column(gettext_lazy("Cost"), lambda line: _money(line.lead["cost_minor"])),
    "external_id": Column(
        gettext_lazy("External id"), lambda line: line.external_id, is_usual=False
    ),
    "lead": Column(
        gettext_lazy("Lead id"), lambda line: str(line.lead["pk"]), is_usual=False, is_safe=True
    ),
}
WORK = {"first_contact", "last_contact", "last_result", "calls", "next"}
SENT = {"external_id", "campaign"}
DRAWN = {"grade", "holder", "cost", "opened"}  # the list draws these from what it has anyway
USUAL = [code for code, column in COLUMNS.items() if column.is_usual]


def offered() -> dict[str, Column]:
    """Give all columns there are: ours, then the operator's fields, those that are retired last."""
    fields = {CUSTOM + key: _of_field(field) for key, field in all_definitions().items()}
    return {**COLUMNS, **fields}


def _of_field(field: Definition) -> Column:
    return Column(
        heading(field),
        lambda line: cell(field, line.lead["custom"].get(field.key)),
        is_usual=not field.is_retired,
        is_safe=field.kind in SPANNED,
        is_retired=field.is_retired,
    )


@dataclass(frozen=True, slots=True)
class Extract:
    """What is taken out: whose leads (None: all), which of them, which columns, masked or in full.

    Only leads with smaller ids than `before` are in it, so those that come meanwhile are not.
    """

    viewer: Member | None
    wanted: Filter
    columns: Sequence[str]
    is_masked: bool
    zone: ZoneInfo
    before: UUID


def header(columns: Iterable[str]) -> list[str]:
    """Name columns in the language of the moment."""
    known = offered()
    return [str(known[code].label) for code in columns]


def count(extract: Extract) -> int:
    """Tell how many leads it would hold now."""
    return _found(extract).count()


def how_many(viewer: Member, wanted: Filter) -> int:
    """Tell how many leads of those that a member may see fit."""
    return matching(visible_leads(viewer), wanted).count()


def rows(extract: Extract, after: str, at_most: int) -> tuple[list[list[Cell]], str]:
    """Give the next rows behind a key, and the key of the last one; holds no more than these.

    Raises SealBroken.
    """
    found = _found(replace(extract, wanted=replace(extract.wanted, after=after)))
    leads = list(found.values(*LEAD)[:at_most])
    if not leads:
        return [], after
    lines = _lines(leads, extract)
    known = offered()
    columns = [known[code] for code in extract.columns]
    made = [[_cell(column, line, extract) for column in columns] for line in lines]
    return made, key(extract.wanted, leads[-1]["pk"], leads[-1]["opened_at"])


def told(leads: list[dict[str, Any]], columns: Sequence[str]) -> list[tuple[UUID, list[Cell]]]:
    """Give masked cells of leads for a page; only what some column needs is asked of the database."""
    lines = {lead["pk"]: Line(lead) for lead in leads}
    _add_ways(lines, is_masked=True)
    _add_standing(lines)
    if WORK.intersection(columns):
        _add_work(lines)
    if SENT.intersection(columns):
        _add_submissions(lines, has_campaign="campaign" in columns)
    known = offered()
    chosen = [known[code] for code in columns]
    return [(pk, [_masked(column, line) for column in chosen]) for pk, line in lines.items()]


def _found(extract: Extract) -> QuerySet[Lead]:
    seen = visible_leads(extract.viewer) if extract.viewer else Lead.objects.all()
    return matching(seen.filter(pk__lt=extract.before), extract.wanted)


def _cell(column: Column, line: Line, extract: Extract) -> Cell:
    cell = column.give(line)
    if isinstance(cell, datetime):
        return cell.astimezone(extract.zone)
    return _veiled(column, cell) if extract.is_masked else cell


def _masked(column: Column, line: Line) -> Cell:
    return _veiled(column, column.give(line))


def _veiled(column: Column, cell: Cell) -> Cell:
    return without_numbers(cell) if isinstance(cell, str) and not column.is_safe else cell


def _lines(leads: list[dict[str, Any]], extract: Extract) -> list[Line]:
    lines = {lead["pk"]: Line(lead) for lead in leads}
    _add_ways(lines, is_masked=extract.is_masked)
    _add_standing(lines)
    _add_work(lines)
    _add_submissions(lines, has_campaign="campaign" in extract.columns)
    _hide(lines.values(), veil(extract.viewer) if extract.viewer else Veil())
    return list(lines.values())


def _hide(lines: Iterable[Line], hidden: Veil) -> None:
    """Leave little of the names in pools where they are hidden."""
    for line in lines:
        if hidden.hides(line.place):
            line.lead["contact__name"] = veiled(line.lead["contact__name"])
            line.lead["contact__company"] = veiled_company(line.lead["contact__company"])


def _add_ways(lines: dict[UUID, Line], *, is_masked: bool) -> None:
    show = masked if is_masked else value
    ways: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    contacts = [line.lead["contact_id"] for line in lines.values()]
    for way in Identifier.objects.filter(contact__in=contacts).order_by("pk"):
        ways[way.contact_id][way.kind].append(show(way))
    for line in lines.values():
        line.ways = ways.get(line.lead["contact_id"], {})


def _add_standing(lines: dict[UUID, Line]) -> None:
    grades = Grade.objects.filter(lead__in=lines, superseded_at__isnull=True)
    for lead_id, level, points in grades.values_list("lead_id", "level", "points"):
        lines[lead_id].level, lines[lead_id].points = level, points
    places = Placement.objects.filter(lead__in=lines, closed_at__isnull=True)
    for place in places.select_related("seat__member", "team"):
        lines[place.lead_id].place = place
    for result in Result.objects.filter(lead__in=lines):
        lines[result.lead_id].result = result


def _add_work(lines: dict[UUID, Line]) -> None:
    calls = Call.objects.filter(lead__in=lines)
    last = calls.order_by("lead_id", "-at", "-pk").distinct("lead_id")
    results = dict(last.values_list("lead_id", "result"))
    figures = calls.values("lead_id").annotate(n=Count("pk"), first=Min("at"), last=Max("at"))
    for lead_id, number, first, latest in figures.values_list("lead_id", "n", "first", "last"):
        lines[lead_id].called = Called(number, first, latest, results[lead_id])
    tasks = Task.objects.filter(lead__in=lines, done_at__isnull=True)
    for lead_id, due_at in tasks.values_list("lead_id", "due_at"):
        lines[lead_id].next_at = due_at


def _add_submissions(lines: dict[UUID, Line], *, has_campaign: bool) -> None:
    first = Submission.objects.filter(pk__in=lines)
    for pk, external_id in first.exclude(external_id=None).values_list("pk", "external_id"):
        lines[pk].external_id = external_id or ""
    if has_campaign:
        for pk, body in first.values_list("pk", "body"):
            tags = open_body(pk, body).lead.utm
            lines[pk].campaign = tags.get("utm_campaign") or tags.get("campaign", "")
