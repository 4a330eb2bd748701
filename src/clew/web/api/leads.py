"""The list of leads, in the order in which they changed last."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from clew.capture.models import Source
from clew.capture.regions import shown
from clew.contacts.models import Lead
from clew.grading.models import Grade, Level
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.web.api.asking import Asked, Id, Key, Listing, Plain, paged, viewer
from clew.web.api.placements import Place, place_of
from clew.web.api.problems import REFUSALS

router = Router()
LEVELS: dict[int, Literal["low", "medium", "high"]] = {
    Level.LOW: "low",
    Level.MEDIUM: "medium",
    Level.HIGH: "high",
}
LARGEST_CODE = 10**6
NOWHERE = 0  # no source has this id


class Graded(Schema):
    """How good a lead is; `signals` of it are told by the lead itself."""

    level: Literal["low", "medium", "high"]
    is_by_person: bool
    points: int


Custom = dict[str, str | int | float]


class LeadItem(Schema):
    """One enquiry as it stands. `follows` is the lead of the same person that had lapsed before.

    `custom` holds the operator's own fields by key; `/fields` tells what they are.
    """

    id: UUID
    contact_id: UUID
    source: str
    category: str
    region: str
    region_code: int | None
    interest: str
    submission_count: int
    opened_at: datetime
    strengthened_at: datetime
    valid_until: datetime | None
    ended_at: datetime | None
    is_history: bool
    follows: UUID | None
    custom: Custom
    grade: Graded | None
    place: Place | None
    changed_at: datetime


class LeadsAsked(Asked):
    """Filters of leads; they hold for the present state."""

    source: Key | None = Field(None, description="Key of a source.")
    team: Id | None = Field(None, description="Id of the team that has it, or had it last.")
    grade: Literal["low", "medium", "high"] | None = None
    category: Plain | None = Field(None, description="Product group, as it is written.")
    region: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]([0-9]{2}){0,2}$",
        description="The first 2, 4 or 6 digits of a GB/T 2260 code: 32 is all of Jiangsu.",
    )
    state: Literal["open", "closed"] | None = None
    contact: UUID | None = Field(None, description="Id of a contact.")


@router.get(
    "/leads",
    response={200: Listing[LeadItem], **REFUSALS},
    url_name="leads",
    operation_id="leads",
    summary="Leads, in the order in which they changed last",
)
def leads(request: HttpRequest, asked: Query[LeadsAsked]) -> dict[str, Any]:
    """A lead comes again whenever it, its grade or its place changes; what was undone is in `/deletions`."""
    rows = _filtered(visible_leads(viewer(request)), asked)
    grades = Prefetch("grades", Grade.objects.filter(superseded_at=None), to_attr="current_grades")
    places = Placement.objects.filter(closed_at=None).select_related("team", "seat__member")
    standing = Prefetch("placements", places, to_attr="open_placements")
    return paged(
        request, asked, rows.select_related("source").prefetch_related(grades, standing), _told
    )


def _filtered(rows: QuerySet[Lead], asked: LeadsAsked) -> QuerySet[Lead]:
    if asked.source:  # by its id, so that the planner knows whether it is a rare one
        rows = rows.filter(source=Source.objects.filter(key=asked.source).first() or NOWHERE)
    exact: dict[str, Any] = {
        "category": asked.category,
        "contact": asked.contact,
        "ended_at__isnull": None if asked.state is None else asked.state == "open",
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if asked.grade:
        level = next(level for level, name in LEVELS.items() if name == asked.grade)
        rows = rows.filter(pk__in=_of_level(level))
    if asked.team:
        held = Placement.objects.filter(closed_at=None, team=asked.team)
        rows = rows.filter(pk__in=held.values("lead"))
    if asked.region:
        width = LARGEST_CODE // 10 ** len(asked.region)
        first = int(asked.region) * width
        rows = rows.filter(region_code__gte=first, region_code__lt=first + width)
    return rows


def _of_level(level: int) -> QuerySet[Grade, UUID]:
    return Grade.objects.filter(superseded_at=None, level=level).values_list("lead", flat=True)


def _told(lead: Any) -> dict[str, Any]:
    grade = next(iter(lead.current_grades), None)
    place = next(iter(lead.open_placements), None)
    return {
        "id": lead.pk,
        "contact_id": lead.contact_id,
        "source": lead.source.key,
        "category": lead.category,
        "region": shown(lead.region, lead.region_code),
        "region_code": lead.region_code,
        "interest": lead.interest,
        "submission_count": lead.submission_count,
        "opened_at": lead.opened_at,
        "strengthened_at": lead.strengthened_at,
        "valid_until": lead.valid_until,
        "ended_at": lead.ended_at,
        "is_history": lead.is_history,
        "follows": lead.follows_id,
        "custom": lead.custom,
        "grade": grade
        and {
            "level": LEVELS[grade.level],
            "is_by_person": grade.override_id is not None,
            "points": grade.points,
        },
        "place": place and place_of(place),
        "changed_at": lead.written_at,
    }
