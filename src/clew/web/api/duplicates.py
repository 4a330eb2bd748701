"""Suspected duplicates: listed, and looked up by a way of reaching somebody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from clew.access.models import Member, Role
from clew.contacts.models import Suspect
from clew.contacts.queries import contacts_by_way, same_people
from clew.handoff.queries import visible_leads
from clew.pipeline.duplicates import teams_of
from clew.web import merging, pairs
from clew.web.api.asking import Id, Listing, Numbered, listed, viewer
from clew.web.api.problems import REFUSALS
from clew.web.errors import ScopeMissing

router = Router()
LIKELIEST = 100
Remark = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Person(Schema):
    """One of the two, numbers masked; `leads` are ids, the newest first."""

    contact_id: UUID
    name: str
    company: str
    ways: list[str]
    leads: list[UUID]
    since: datetime


class Stranger(Schema):
    """Somebody whom this token may not see: who holds their enquiries, and nothing else."""

    teams: list[str]
    advice: str


class PairItem(Schema):
    """Two people who may be one. `first` was known first. Where one is hidden, why they are alike is, too."""

    id: int
    found_at: datetime
    score: int | None
    reasons: list[str]
    first: Person | None
    second: Person | None
    hidden: Stranger | None
    is_contested: bool


class PairsAsked(Numbered):
    """Filters of pairs."""

    contact: UUID | None = Field(None, description="Only pairs with this contact.")
    min_score: Id | None = Field(None, description="Only pairs as likely as that, of 100.")


@router.get(
    "/duplicates",
    response={200: Listing[PairItem], **REFUSALS},
    url_name="duplicates",
    operation_id="duplicates",
    summary="Suspected duplicates, in the order in which they were found",
)
def duplicates(request: HttpRequest, asked: Query[PairsAsked]) -> dict[str, Any]:
    """Open pairs, of whom the token may see at least one; what is decided leaves the list."""
    member = decider(request)
    found = Suspect.objects.filter(state=Suspect.State.OPEN)
    if asked.min_score is not None:
        found = found.filter(score__gte=min(asked.min_score, LIKELIEST + 1))
    if asked.contact:
        found = found.filter(Q(first=asked.contact) | Q(second=asked.contact))
    if member.role != Role.ADMINISTRATOR:
        found = found.filter(Q(_sees(member, "first")) | Q(_sees(member, "second")))
    told = listed(request, asked, found)
    return {**told, "items": _items(member, told["items"])}


class LookUp(Schema):
    """A way of reaching somebody, as people write it. It stands in the body: addresses are logged."""

    phone: Remark = ""
    email: Remark = ""
    wechat: Remark = ""


class Match(Schema):
    """Somebody who is reached that way: a contact, or what may be said of a stranger."""

    person: Person | None
    hidden: Stranger | None


class Found(Schema):
    """Whoever is known by what was asked for."""

    matches: list[Match]


@router.post(
    "/duplicates/lookup",
    response={200: Found, **REFUSALS},
    url_name="duplicates_lookup",
    operation_id="lookup",
    summary="Is somebody known already, and with whom?",
)
def lookup(request: HttpRequest, sought: LookUp) -> dict[str, Any]:
    """Whoever the token may not see is told as “exists, with team B: ask” and by nothing else."""
    member = decider(request)
    ids = contacts_by_way(phone=sought.phone, email=sought.email, wechat=sought.wechat)
    groups = same_people(ids)
    seen = pairs.visible_roots(member, groups)
    people = pairs.gather(seen)
    known = [{"person": person_of(people.side(root)), "hidden": None} for root in sorted(seen)]
    strangers = [id_ for root, group in groups.items() if root not in seen for id_ in group]
    if strangers and (hidden := _stranger(strangers))["teams"]:
        known.append({"person": None, "hidden": hidden})
    return {"matches": known}


def decider(request: HttpRequest) -> Member:
    """Whoever made the token, if they may decide about duplicates. Raises ScopeMissing."""
    member = viewer(request)
    if member.role == Role.SALESPERSON or not member.is_active:
        raise ScopeMissing
    return member


def _sees(member: Member, side: str) -> Exists:
    return Exists(visible_leads(member).filter(contact=OuterRef(side)))


def _items(member: Member, rows: Sequence[Suspect]) -> list[dict[str, Any]]:
    roots = pairs.roots_of(rows)
    groups = same_people({id_ for both in roots.values() for id_ in both})
    seen = pairs.visible_roots(member, groups)
    people = pairs.gather(seen)
    return [_item(row, roots[row.pk], groups, people) for row in rows]


def _item(
    row: Suspect, both: tuple[UUID, UUID], groups: dict[UUID, list[UUID]], people: pairs.People
) -> dict[str, Any]:
    shown = [person_of(people.side(id_)) if id_ in people.contacts else None for id_ in both]
    hidden = [id_ for root in both if root not in people.contacts for id_ in groups[root]]
    open_leads = people.open_leads({*both})
    return {
        "id": row.pk,
        "found_at": row.found_at,
        "score": None if hidden else row.score,
        "reasons": [] if hidden else row.reasons,
        "first": shown[0],
        "second": shown[1],
        "hidden": _stranger(hidden) if hidden else None,
        "is_contested": not hidden and merging.is_contested(open_leads, people.held_by),
    }


def person_of(side: pairs.Side) -> dict[str, Any]:
    """Tell one side of a pair."""
    return {
        "contact_id": side.contact_id,
        "name": side.name,
        "company": side.company,
        "ways": side.ways,
        "leads": [held.lead_id for held in side.leads],
        "since": side.since,
    }


def _stranger(contact_ids: Sequence[UUID]) -> dict[str, Any]:
    teams = teams_of(contact_ids)
    names = _(", ").join(teams) or _("another team")
    return {"teams": teams, "advice": _("Exists, with %(teams)s: ask there.") % {"teams": names}}
