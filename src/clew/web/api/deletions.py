"""The list of what is gone: without it a copy would keep what was undone."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from clew.base.models import Deletion
from clew.web.api.asking import Asked, Listing, paged
from clew.web.api.problems import REFUSALS

router = Router()
Kind = Literal["lead", "contact", "placement"]


class DeletionItem(Schema):
    """A lead, contact or placement that no longer exists; its id never comes again."""

    kind: Kind
    id: str
    deleted_at: datetime


class DeletionsAsked(Asked):
    """Filters of deletions."""

    kind: Kind | None = None


@router.get(
    "/deletions",
    response={200: Listing[DeletionItem], **REFUSALS},
    url_name="deletions",
    operation_id="deletions",
    summary="Leads, contacts and placements that are gone",
)
def deletions(request: HttpRequest, asked: Query[DeletionsAsked]) -> dict[str, Any]:
    """What was undone, whoever did it. Drop these from a copy; ids that it does not have, it may pass over."""
    rows = Deletion.objects.filter(**({"kind": asked.kind} if asked.kind else {}))
    return paged(request, asked, rows, _told)


def _told(row: Deletion) -> dict[str, Any]:
    return {"kind": row.kind, "id": row.row_id, "deleted_at": row.written_at}
