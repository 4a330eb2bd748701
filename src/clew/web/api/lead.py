"""One lead: where it stands, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Schema

from clew.capture.models import Failure, Submission, Undone, Waiting
from clew.capture.regions import shown
from clew.contacts.models import Lead
from clew.grading.models import Grade
from clew.grading.queries import in_words
from clew.handoff.queries import placement_of, trace, visible_lead
from clew.web.api.asking import viewer
from clew.web.api.leads import LEVELS, Custom
from clew.web.api.placements import Place, place_of
from clew.web.api.problems import REFUSALS

router = Router()


class Judgement(Schema):
    """How good it is. Points and signals are the rules'; where a person graded it, the level is theirs."""

    level: str
    is_by_person: bool
    points: int
    signals: list[tuple[str, int]]


class Standing(Schema):
    """Where a lead stands. `lead_id` differs from `id` where a later submission was asked for.

    `region` is the proper name where one region is meant, else what was given; `region_code` is the
    GB/T 2260 code, as precise as is sure. `custom` holds the operator's own fields by key.
    """

    id: UUID
    status: str
    received_at: datetime
    lead_id: UUID | None = None
    source: str = ""
    submission_count: int = 0
    region: str = ""
    region_code: int | None = None
    custom: Custom = {}
    place: Place | None = None
    grade: Judgement | None = None
    ended_at: datetime | None = None


class Chair(Schema):
    """One candidate as it stood at the decision; `due` in leads, `waited_seconds` of working time."""

    name: str
    weight: int
    due: float
    open_count: int
    capacity: int
    excluded: str
    is_chosen: bool
    waited_seconds: int


class Why(Schema):
    """Why a lead is where it is. `is_recomputed_equal`: the stored inputs give the same again.

    `way`: `turn` by weight, `idle` to who had waited longest, nothing where nobody's turn was taken.
    """

    lead_id: UUID
    kind: str
    reason: str
    way: str
    team: str
    decided_at: datetime
    chosen: str
    candidates: list[Chair]
    sieve: list[tuple[str, int, int]]
    is_recomputed_equal: bool | None
    grade: Judgement | None


@router.get(
    "/leads/{lead_id}",
    response={200: Standing, **REFUSALS},
    url_name="lead",
    operation_id="lead",
    summary="Where a lead stands",
)
def lead(request: HttpRequest, lead_id: UUID) -> dict[str, Any]:
    """By the id of any of its submissions."""
    waiting = _not_yet(lead_id)
    if waiting:
        return waiting
    found = visible_lead(viewer(request), lead_id)
    where = placement_of(found.pk)
    return {
        "id": lead_id,
        "status": where.kind,
        "received_at": found.opened_at,
        "lead_id": found.pk,
        "source": found.source.key,
        "submission_count": found.submission_count,
        "region": shown(found.region, found.region_code),
        "region_code": found.region_code,
        "custom": found.custom,
        "place": place_of(where),
        "grade": _judgement(found),
        "ended_at": found.ended_at,
    }


@router.get(
    "/leads/{lead_id}/trace",
    response={200: Why, **REFUSALS},
    url_name="trace",
    operation_id="trace",
    summary="Why a lead went where it went",
)
def why(request: HttpRequest, lead_id: UUID) -> dict[str, Any]:
    """Every candidate as it stood, who was left out and why."""
    member = viewer(request)
    found = visible_lead(member, lead_id)
    decided = trace(member, found.pk)
    return {
        **{name: getattr(decided, name) for name in decided.__slots__},
        "lead_id": found.pk,
        "candidates": [
            {name: getattr(c, name) for name in c.__slots__} for c in decided.candidates
        ],
        "grade": _judgement(found),
    }


def _not_yet(submission_id: UUID) -> dict[str, Any] | None:
    submission = Submission.objects.select_related("source").filter(pk=submission_id).first()
    if submission is None:
        return None
    if Undone.objects.filter(submission=submission).exists():
        status = "undone"
    elif Waiting.objects.filter(submission=submission).exists():
        status = "waiting"
    elif failure := Failure.objects.filter(submission=submission).order_by("-pk").first():
        status = "failed" if failure.settled_at is None else failure.settlement
    else:
        return None
    if status == Failure.Settlement.REPLAYED:
        return None
    return {
        "id": submission.pk,
        "status": status,
        "received_at": submission.received_at,
        "source": submission.source.key,
    }


def _judgement(found: Lead) -> dict[str, Any] | None:
    grade = Grade.objects.select_related("rule_set").filter(lead=found, superseded_at=None).first()
    if grade is None:
        return None
    return {
        "level": LEVELS[grade.level],
        "is_by_person": grade.override_id is not None,
        "points": grade.points,
        "signals": in_words(grade, get_language() or "en"),
    }
