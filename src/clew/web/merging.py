"""Two contacts become one person through every stage, and two again: `flow.py` goes forward, this sideways.

Both ways run in one transaction while the belt stands still; everybody else meets the leads' locks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, gathered
from clew.capture.actions.undoing import send_again
from clew.contacts.belt import merging as contacts
from clew.contacts.belt.merging import MERGING, Choice, Party
from clew.contacts.errors import BothWorkedOn, ContactMissing, MergeMissing
from clew.contacts.models import Lead, Merge
from clew.contacts.rules import Reopening, Standing, reopens, yields
from clew.grading import belt as grading
from clew.handoff.actions import leads as handoff
from clew.handoff.belt import forgetting as places
from clew.handoff.models import Placement
from clew.handoff.queries import closed_for, visible_leads
from clew.pipeline import belt as pipeline
from clew.pipeline.moves.actions.leads import take_up
from clew.pipeline.resting import belt as resting
from clew.web.flow import drop, stop_belt

REASON = "merged"
AS_IT_IS = Choice()


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody decided: who goes into whom, whose fields are kept, and that both workers agree."""

    contact_id: UUID
    survivor_id: UUID
    choice: Choice = AS_IT_IS
    reason: str = ""
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class TakenApart:
    """What taking a merge apart did: the leads that are open again, and how many messages moved."""

    reopened: list[UUID]
    moved: int


@transaction.atomic
def merge(order: Order, *, viewer: Member, now: datetime) -> Merge:
    """Let one contact stand for both; the younger of two open leads closes as merged.

    Raises MergeWithItself, ContactMissing, AlreadyMerged, ChoiceUnknown, and BothWorkedOn where two people
    have done something about both leads and nobody says that they agree.
    """
    stop_belt()
    gone, kept = contacts.parties(order.contact_id, order.survivor_id)
    for party in (gone, kept):
        _check(viewer, party.members)
    open_leads = _open(gone, kept)
    if not order.is_agreed and is_contested(open_leads, holders(one.lead_id for one in open_leads)):
        raise BothWorkedOn
    closed = _close_younger(open_leads, now)
    made = contacts.merge(
        gone,
        kept,
        order.choice,
        closed,
        actor=Actor("member", str(viewer.pk)),
        reason=order.reason,
        now=now,
    )
    resting.settle(gone.members + kept.members, now)
    return made


@transaction.atomic
def unmerge(merge_id: UUID, *, viewer: Member, now: datetime) -> TakenApart:
    """Make two people of one again, each with what they sent, also since.

    What the merge had closed is open again where it stood. A lead that opened in its stead and that nobody
    has worked on becomes a message of it. Raises MergeMissing, MergeUndone.
    """
    with gathered():
        stop_belt()
        seen = contacts.look_apart(merge_id)
        for _, members in seen.sides:
            _check(viewer, members, MergeMissing)
        contacts.part(seen, actor=Actor("member", str(viewer.pk)), now=now)
        plans = [plan for _, members in seen.sides if (plan := _plan(members))]
        absorbed = {p.takes_in: p.lead_id for p in plans if p.takes_in}
        _take_in(absorbed, now)
        for plan in plans:
            _restore(plan.lead_id, now)
        returned = contacts.send_back(seen, absorbed, now)
        send_again(returned.again)
        contacts.rename(seen)
        grading.regrade(returned.left, now)
        places.tell([enquiry.lead_id for enquiry in returned.left])
        resting.settle(seen.members, now)
    return TakenApart([plan.lead_id for plan in plans], len(returned.again) + len(returned.left))


def is_contested(open_leads: Iterable[Standing], held_by: Mapping[UUID, int]) -> bool:
    """Tell whether two people have done something about two open leads of whom is one person."""
    at_work = {held_by.get(one.lead_id) for one in open_leads if one.is_worked_on}
    return len(at_work - {None}) > 1


def holders(lead_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Give the people who hold leads."""
    held = Placement.objects.filter(
        lead__in=list(lead_ids), closed_at=None, kind=Placement.Kind.PERSON
    )
    return dict(held.values_list("lead_id", "seat__member"))


def standings(contact_ids: Iterable[UUID]) -> list[Standing]:
    """Give the leads of contacts as merging sees them."""
    leads = list(Lead.objects.filter(contact__in=list(contact_ids)))
    ids = [lead.pk for lead in leads]
    merged, worked_on = closed_for(ids, REASON), pipeline.worked_on(ids)
    return [
        Standing(
            lead.pk,
            lead.contact_id,
            lead.opened_at,
            "open" if lead.ended_at is None else "merged" if lead.pk in merged else "over",
            lead.pk in worked_on,
        )
        for lead in leads
    ]


def _check(
    viewer: Member,
    contact_ids: Iterable[UUID],
    refusal: type[ContactMissing | MergeMissing] = ContactMissing,
) -> None:
    if not visible_leads(viewer).filter(contact__in=list(contact_ids)).exists():
        raise refusal


def _open(gone: Party, kept: Party) -> list[Standing]:
    return [one for one in standings(gone.members + kept.members) if one.state == "open"]


def _close_younger(open_leads: list[Standing], now: datetime) -> UUID | None:
    if len(open_leads) < 2:
        return None
    younger = yields(*open_leads).lead_id
    handoff.close(younger, reason=REASON, actor=MERGING, now=now)
    pipeline.leave_alone([younger], now)
    return younger


def _plan(members: Iterable[UUID]) -> Reopening | None:
    standing = Merge.objects.filter(contact__in=list(members), undone_at=None)
    closed = standing.exclude(closed_lead=None).values_list("closed_lead_id", flat=True)
    return reopens(standings(members), set(closed))


def _take_in(absorbed: dict[UUID, UUID], now: datetime) -> None:
    """The belt backwards, as for an undo, but the submissions stay."""
    if not absorbed:
        return
    ids = list(absorbed)
    drop(ids)
    revived = contacts.take_in(absorbed, now)
    places.revive(list(revived), now)
    pipeline.revive(revived)


def _restore(lead_id: UUID, now: datetime) -> None:
    ended_at = Lead.objects.values_list("ended_at", flat=True).get(pk=lead_id)
    stands = handoff.restore(lead_id, actor=MERGING, now=now)
    if ended_at and stands.kind == Placement.Kind.PERSON:
        pipeline.revive({lead_id: ended_at})
    take_up(lead_id, now)
