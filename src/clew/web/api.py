"""The API for reading: where a lead stands and why. Its document tells about sending leads too.

`web/permissions.py` decides who may call; here a caller is known and holds the scope.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import NinjaAPI, Schema
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema

from clew.access.models import Member, Token
from clew.capture.models import Failure, Submission, Undone, Waiting
from clew.capture.regions import shown
from clew.capture.schemas import LeadIn
from clew.contacts.models import Lead
from clew.errors import Missing
from clew.grading.models import Grade
from clew.grading.queries import in_words
from clew.handoff.queries import placement_of, trace, visible_lead
from clew.web import errors
from clew.web.examples import ACCEPTED, ARRAY, ONE, REFUSED
from clew.web.permissions import READ, TABLE

LEADS = "/api/v1/leads"
PROBLEM = "application/problem+json"
VISIBLE = "^[!-~]([ -~]*[!-~])?$"  # what a header may carry unchanged
LEVELS = {1: "low", 2: "medium", 3: "high"}


class Place(Schema):
    """With whom the lead is, or why it is closed."""

    kind: str
    team: str
    person: str
    reason: str
    since: datetime


class Judgement(Schema):
    """How good it is."""

    level: str
    points: int
    signals: list[tuple[str, int]]


class Standing(Schema):
    """Where a lead stands. `lead_id` differs from `id` where a later submission was asked for.

    `region` is the proper name where one region is meant, else what was given; `region_code` is the
    GB/T 2260 code, as precise as is sure.
    """

    id: UUID
    status: str
    received_at: datetime
    lead_id: UUID | None = None
    source: str = ""
    submission_count: int = 0
    region: str = ""
    region_code: int | None = None
    place: Place | None = None
    grade: Judgement | None = None
    ended_at: datetime | None = None


class Chair(Schema):
    """One candidate as it stood at the decision; `due` in leads."""

    name: str
    weight: int
    due: float
    open_count: int
    capacity: int
    excluded: str
    is_chosen: bool


class Why(Schema):
    """Why a lead is where it is. `is_recomputed_equal`: the stored inputs give the same again."""

    lead_id: UUID
    kind: str
    reason: str
    team: str
    decided_at: datetime
    chosen: str
    candidates: list[Chair]
    sieve: list[tuple[str, int, int]]
    is_recomputed_equal: bool | None
    grade: Judgement | None


class Problem(Schema):
    """RFC 9457. `code` is stable; `detail` says what to do, in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Api(NinjaAPI):
    """NinjaAPI whose document holds the bare route as well."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """Add `POST /leads`, its shapes and the tokens' scopes."""
        document = super().get_openapi_schema(**kwargs)
        _, shapes = msgspec.json.schema_components(
            [LeadIn], ref_template="#/components/schemas/{name}"
        )
        document["components"].setdefault("schemas", {}).update(shapes)
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "clew_…"}
        }
        for path in document["paths"].values():
            path["get"]["security"] = [{"token": [READ.removeprefix("token:")]}]
            _as_problems(path["get"]["responses"])
        document["paths"][LEADS] = {"post": _sending()}
        return document


api = Api(
    title="Clew",
    version="1",
    description="Send leads, and ask where they stand.",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
)
REFUSALS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 405, 408, 413, 500, 503), Problem)


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, exception: ValidationError) -> HttpResponse:
    """An id that is none is an id that does not exist."""
    return errors.problem(request, Missing())


@api.get(
    "/leads/{lead_id}", response={200: Standing, **REFUSALS}, url_name="lead", operation_id="lead"
)
def lead(request: HttpRequest, lead_id: UUID) -> dict[str, Any]:
    """Where a lead stands, by the id of any of its submissions."""
    waiting = _not_yet(lead_id)
    if waiting:
        return waiting
    found = visible_lead(_viewer(request), lead_id)
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
        "place": {
            "kind": where.kind,
            "team": where.team.name if where.team else "",
            "person": where.seat.member.name if where.seat else "",
            "reason": where.reason,
            "since": where.opened_at,
        },
        "grade": _judgement(found),
        "ended_at": found.ended_at,
    }


@api.get(
    "/leads/{lead_id}/trace",
    response={200: Why, **REFUSALS},
    url_name="trace",
    operation_id="trace",
)
def why(request: HttpRequest, lead_id: UUID) -> dict[str, Any]:
    """Why it went there: every candidate as it stood, who was left out and why."""
    viewer = _viewer(request)
    found = visible_lead(viewer, lead_id)
    decided = trace(viewer, found.pk)
    return {
        **{name: getattr(decided, name) for name in decided.__slots__},
        "lead_id": found.pk,
        "candidates": [
            {name: getattr(c, name) for name in c.__slots__} for c in decided.candidates
        ],
        "grade": _judgement(found),
    }


def _viewer(request: HttpRequest) -> Member:
    """A token sees what the member who made it may see."""
    return Token.objects.select_related("created_by").get(pk=request.grant.token_id).created_by  # type: ignore[attr-defined]


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
        "points": grade.points,
        "signals": in_words(grade, get_language() or "en"),
    }


def _as_problems(responses: dict[Any, Any]) -> None:
    """Say that refusals come as problems, which ninja would call plain JSON."""
    for status, response in responses.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            response["content"] = {PROBLEM: response["content"]["application/json"]}
            response["description"] = HTTPStatus(int(status)).phrase


def _sending() -> dict[str, Any]:
    shape = {"$ref": "#/components/schemas/LeadIn"}
    many = {"type": "array", "items": shape, "minItems": 1, "maxItems": 1000}
    refused = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (400, 401, 403, 405, 408, 413, 415, 422, 429, 500, 503)
    }
    refused["422"]["content"][PROBLEM]["examples"] = REFUSED  # type: ignore[index]
    return {
        "operationId": "receive",
        "summary": "Send one lead, or up to 1,000",
        "description": "Answered after the commit. An array is stored whole or not at all.",
        "security": [{"token": [scope.removeprefix("token:") for scope in TABLE["api:receive"]]}],
        "parameters": [_idempotency_key()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [shape, many]},
                    "examples": {"one": ONE, "array": ARRAY},
                }
            },
        },
        "responses": {"202": ACCEPTED, **refused},
    }


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same body is stored once and answered alike.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": VISIBLE},
    }
