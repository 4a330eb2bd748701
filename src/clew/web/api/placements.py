"""The list of placements: who had which lead from when to when."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from clew.access.models import Role
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.web.api.asking import Asked, Id, Listing, paged, viewer
from clew.web.api.problems import REFUSALS

router = Router()
Kind = Literal["person", "pool", "closed"]


class Place(Schema):
    """With whom a lead is, or why it is closed. Ids of team and member are empty where nobody has it."""

    kind: Kind
    team_id: int | None
    team: str
    member_id: int | None
    person: str
    reason: str
    since: datetime


class PlacementItem(Place):
    """One stay of a lead. Of each lead exactly one is open: `until` is empty."""

    id: int
    lead_id: UUID
    until: datetime | None
    changed_at: datetime


class PlacementsAsked(Asked):
    """Filters of placements."""

    lead: UUID | None = Field(None, description="Id of a lead.")
    kind: Kind | None = None
    team: Id | None = Field(None, description="Id of a team.")
    state: Literal["open", "closed"] | None = None


@router.get(
    "/placements",
    response={200: Listing[PlacementItem], **REFUSALS},
    url_name="placements",
    operation_id="placements",
    summary="Who had which lead, in the order of change",
)
def placements(request: HttpRequest, asked: Query[PlacementsAsked]) -> dict[str, Any]:
    """A placement comes when it begins, and again when it ends."""
    member = viewer(request)
    exact: dict[str, Any] = {
        "lead": asked.lead,
        "kind": asked.kind,
        "team": asked.team,
        "closed_at__isnull": None if asked.state is None else asked.state == "open",
    }
    rows = Placement.objects.filter(**{n: value for n, value in exact.items() if value is not None})
    if member.role != Role.ADMINISTRATOR:
        rows = rows.filter(lead__in=visible_leads(member))
    return paged(request, asked, rows.select_related("team", "seat__member"), _told)


def place_of(row: Placement) -> dict[str, Any]:
    """Tell with whom a lead is; team, seat and member are loaded."""
    return {
        "kind": row.kind,
        "team_id": row.team_id,
        "team": row.team.name if row.team else "",
        "member_id": row.seat.member_id if row.seat else None,
        "person": row.seat.member.name if row.seat else "",
        "reason": row.reason,
        "since": row.opened_at,
    }


def _told(row: Placement) -> dict[str, Any]:
    return {
        **place_of(row),
        "id": row.pk,
        "lead_id": row.lead_id,
        "until": row.closed_at,
        "changed_at": row.written_at,
    }
