"""The list of contacts: masked, or in full for who may, which goes on record."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from clew.access.models import Role
from clew.base.ledger import Actor
from clew.base.sealing import SealBroken
from clew.contacts.actions import reveal_all
from clew.contacts.models import Contact, Identifier
from clew.contacts.queries import masked
from clew.handoff.queries import visible_leads
from clew.web.api.asking import Asked, Listing, read, viewer
from clew.web.api.problems import REFUSALS
from clew.web.errors import ScopeMissing

router = Router()
FULL = "contacts:read"


class Way(Schema):
    """A way of reaching somebody: 138****5678, or in full; empty where the present key does not open it."""

    kind: Literal["phone", "email", "wechat"]
    value: str


class ContactItem(Schema):
    """A person. Leads name theirs by `contact_id`."""

    id: UUID
    name: str
    company: str
    ways: list[Way]
    is_masked: bool
    created_at: datetime
    changed_at: datetime


class ContactsAsked(Asked):
    """How much of contacts to tell."""

    ways: Literal["masked", "full"] = Field(
        "masked", description="`full` needs the scope contacts:read and goes on record."
    )


@router.get(
    "/contacts",
    response={200: Listing[ContactItem], **REFUSALS},
    url_name="contacts",
    operation_id="contacts",
    summary="Contacts, in the order in which they changed last",
)
def contacts(request: HttpRequest, asked: Query[ContactsAsked]) -> dict[str, Any]:
    """A contact comes again whenever a name or a way of reaching the person changes."""
    is_full = asked.ways == "full"
    if is_full and FULL not in request.grant.scopes:  # type: ignore[attr-defined]
        raise ScopeMissing
    member = viewer(request)
    rows = Contact.objects.prefetch_related("identifiers")
    if member.role != Role.ADMINISTRATOR:
        rows = rows.filter(Exists(visible_leads(member).filter(contact=OuterRef("pk"))))
    found = read(request, asked, rows)
    ways = _revealed(request, found["items"]) if is_full else _masked(found["items"])
    items = [_told(row, ways[row.pk], is_masked=not is_full) for row in found["items"]]
    return {**found, "items": items}


def _revealed(request: HttpRequest, rows: list[Contact]) -> dict[UUID, list[tuple[str, str]]]:
    actor = Actor("token", str(request.grant.token_id))  # type: ignore[attr-defined]
    return reveal_all(rows, actor=actor, now=datetime.now(UTC))


def _masked(rows: list[Contact]) -> dict[UUID, list[tuple[str, str]]]:
    return {row.pk: [(way.kind, _shown(way)) for way in _in_order(row)] for row in rows}


def _shown(way: Identifier) -> str:
    try:
        return masked(way)
    except SealBroken:
        return ""


def _in_order(row: Contact) -> list[Identifier]:
    return sorted(row.identifiers.all(), key=lambda way: way.pk)


def _told(row: Contact, ways: list[tuple[str, str]], *, is_masked: bool) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "company": row.company,
        "ways": [{"kind": kind, "value": value} for kind, value in ways],
        "is_masked": is_masked,
        "created_at": row.created_at,
        "changed_at": row.written_at,
    }
