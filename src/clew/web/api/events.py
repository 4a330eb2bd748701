"""The ledger, in the order in which it was committed."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from clew.access.models import Role
from clew.base.models import Entry
from clew.handoff.queries import visible_leads
from clew.web.api.asking import Asked, Listing, paged, viewer
from clew.web.api.problems import REFUSALS

router = Router()
Name = Annotated[str, Field(min_length=1, max_length=60, pattern="^[A-Za-z]+$")]


class EventItem(Schema):
    """What happened to whom, by whom. `data` holds ids and figures, never personal data.

    `subject` is the id of the lead, contact, submission … that the event is about; numbers of members
    and teams are written as a UUID too.
    """

    id: int
    at: datetime
    name: str
    subject: UUID
    actor_kind: str
    actor_id: str
    data: dict[str, Any]


class EventsAsked(Asked):
    """Filters of events."""

    name: Name | None = Field(None, description="Such as LeadOpened.")
    subject: UUID | None = Field(None, description="Id of what the event is about.")


@router.get(
    "/events",
    response={200: Listing[EventItem], **REFUSALS},
    url_name="events",
    operation_id="events",
    summary="What happened, in the order of the commits",
)
def events(request: HttpRequest, asked: Query[EventsAsked]) -> dict[str, Any]:
    """An event never changes and comes once. `updated_since` compares with `at`, which may lie back."""
    member = viewer(request)
    exact = {"name": asked.name, "subject": asked.subject, "at__gte": asked.updated_since}
    rows = Entry.objects.filter(**{n: value for n, value in exact.items() if value is not None})
    if member.role != Role.ADMINISTRATOR:
        rows = rows.filter(subject__in=visible_leads(member).values("pk"))
    return paged(request, asked, rows, _told)


def _told(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in EventItem.model_fields}
