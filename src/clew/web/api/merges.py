"""Merges by programs: what one would do, many at once, and taken apart."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Body, Field, Router, Schema

from clew.access.models import Member
from clew.contacts.belt.merging import Choice
from clew.contacts.errors import (
    AlreadyMerged,
    BothWorkedOn,
    ContactMissing,
    MergeMissing,
    MergeUndone,
    MergeWithItself,
)
from clew.contacts.models import Merge
from clew.contacts.queries import same_people
from clew.contacts.rules import yields
from clew.errors import ClewError
from clew.web import merging, pairs
from clew.web.api.duplicates import Person, Remark, decider, person_of
from clew.web.api.problems import REFUSALS

router = Router()
MOST = 100
Whose = Literal["contact", "survivor"]


class MergeIn(Schema):
    """Who goes into whom, and whose fields are kept. `is_agreed`: where two people work on their leads."""

    contact_id: UUID
    survivor_id: UUID
    name: Whose = "survivor"
    company: Whose = "survivor"
    reason: Remark = ""
    is_agreed: Annotated[bool, Field(strict=True)] = False


class Preview(Schema):
    """What a merge would do, as things stand now. `refusal` is the code with which it would be refused."""

    contact: Person
    survivor: Person
    name: str
    company: str
    stays_open: UUID | None
    closes: UUID | None
    is_contested: bool
    refusal: str | None


@router.post(
    "/merges/preview",
    response={200: Preview, **REFUSALS},
    url_name="merges_preview",
    operation_id="preview",
    summary="What a merge would do",
)
def preview(request: HttpRequest, wanted: MergeIn) -> dict[str, Any]:
    """Both sides, the fields that would be kept, and which of two open leads would close. Changes nothing."""
    member = decider(request)
    both = [wanted.contact_id, wanted.survivor_id]
    groups = _groups(member, both)
    if len(groups) == 1:
        raise MergeWithItself
    people = pairs.gather(set(groups))
    roots = [next(root for root, group in groups.items() if id_ in group) for id_ in both]
    contact, survivor = (people.side(root) for root in roots)
    open_leads = people.open_leads(roots)
    closes = yields(*open_leads).lead_id if len(open_leads) > 1 else None
    is_contested = merging.is_contested(open_leads, people.held_by)
    return {
        "contact": person_of(contact),
        "survivor": person_of(survivor),
        **{
            field: _kept(contact, survivor, field, getattr(wanted, field))
            for field in ("name", "company")
        },
        "stays_open": next((o.lead_id for o in open_leads if o.lead_id != closes), None),
        "closes": closes,
        "is_contested": is_contested,
        "refusal": _refusal(wanted, roots, is_contested=is_contested),
    }


class Refusal(Schema):
    """Why one of several was refused; the others are not held up."""

    code: str
    detail: str


class Merged(Schema):
    """What became of one order: `merge_id` takes it apart again."""

    contact_id: UUID
    survivor_id: UUID
    status: Literal["merged", "refused"]
    merge_id: UUID | None = None
    name: str = ""
    company: str = ""
    closed_lead: UUID | None = None
    problem: Refusal | None = None


class MergesDone(Schema):
    """An answer to each, in order."""

    merges: list[Merged]


@router.post(
    "/merges",
    response={200: MergesDone, **REFUSALS},
    url_name="merges",
    operation_id="merge",
    summary="Merge up to 100 pairs, each by itself",
)
def merge(
    request: HttpRequest, wanted: Annotated[list[MergeIn], Body(min_length=1, max_length=MOST)]
) -> dict[str, Any]:
    """Each is merged or refused by itself. Sent again, a merge that stands is answered as it was made."""
    member, now = decider(request), datetime.now(UTC)
    return {"merges": [_merge(one, member, now) for one in wanted]}


class Unmerged(Schema):
    """What became of one merge. `reopened`: the leads that it had closed and that are open again."""

    merge_id: UUID
    status: Literal["apart", "refused"]
    reopened: list[UUID] = []
    moved: int = 0
    problem: Refusal | None = None


class UnmergesDone(Schema):
    """An answer to each, in order."""

    merges: list[Unmerged]


class Apart(Schema):
    """Which merges to take apart."""

    merge_ids: list[UUID] = Field(min_length=1, max_length=MOST)


@router.post(
    "/merges/apart",
    response={200: UnmergesDone, **REFUSALS},
    url_name="merges_apart",
    operation_id="unmerge",
    summary="Take up to 100 merges apart, each by itself",
)
def unmerge(request: HttpRequest, wanted: Apart) -> dict[str, Any]:
    """Two people again, each with what is theirs. One that is apart already is answered so, and stays."""
    member, now = decider(request), datetime.now(UTC)
    return {"merges": [_unmerge(id_, member, now) for id_ in wanted.merge_ids]}


def _groups(member: Member, contact_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Give the people behind contacts. Raises ContactMissing where one is none that may be seen."""
    groups = same_people(contact_ids)
    known = {id_ for group in groups.values() for id_ in group}
    if not known.issuperset(contact_ids) or pairs.visible_roots(member, groups) != groups.keys():
        raise ContactMissing
    return groups


def _kept(contact: pairs.Side, survivor: pairs.Side, field: str, whose: str) -> str:
    first, second = (contact, survivor) if whose == "contact" else (survivor, contact)
    return str(getattr(first, field) or getattr(second, field))


def _refusal(wanted: MergeIn, roots: list[UUID], *, is_contested: bool) -> str | None:
    if roots != [wanted.contact_id, wanted.survivor_id]:
        return AlreadyMerged.code
    return BothWorkedOn.code if is_contested and not wanted.is_agreed else None


def _merge(wanted: MergeIn, member: Member, now: datetime) -> dict[str, Any]:
    both = {"contact_id": wanted.contact_id, "survivor_id": wanted.survivor_id}
    choice = Choice(wanted.name, wanted.company)
    order = merging.Order(
        wanted.contact_id, wanted.survivor_id, choice, wanted.reason.strip(), wanted.is_agreed
    )
    try:
        _groups(member, list(both.values()))
        made = _made(order, member, now)
    except ClewError as error:
        return {**both, "status": "refused", "problem": _problem(error)}
    told = {"name": made.name, "company": made.company, "closed_lead": made.closed_lead_id}
    return {**both, **told, "status": "merged", "merge_id": made.pk}


def _made(order: merging.Order, member: Member, now: datetime) -> Merge:
    """Merge, or give the merge that stands: whoever asks again, or at the same time, gets the same answer."""
    try:
        return merging.merge(order, viewer=member, now=now)
    except (MergeWithItself, AlreadyMerged):
        stands = Merge.objects.filter(
            contact=order.contact_id, survivor=order.survivor_id, undone_at=None
        ).first()
        if stands is None:
            raise
        return stands


def _unmerge(merge_id: UUID, member: Member, now: datetime) -> dict[str, Any]:
    try:
        made = Merge.objects.filter(pk=merge_id).first()
        if made is None or not _is_seen(made, member):
            raise MergeMissing
        done = merging.unmerge(merge_id, viewer=member, now=now)
    except MergeUndone:
        return {"merge_id": merge_id, "status": "apart"}
    except ClewError as error:
        return {"merge_id": merge_id, "status": "refused", "problem": _problem(error)}
    return {
        "merge_id": merge_id,
        "status": "apart",
        "reopened": done.reopened,
        "moved": done.moved,
    }


def _is_seen(made: Merge, member: Member) -> bool:
    groups = same_people([made.contact_id, made.survivor_id])
    return pairs.visible_roots(member, groups) == groups.keys()


def _problem(error: ClewError) -> dict[str, str]:
    return {"code": error.code, "detail": _(error.message)}
