"""Touching leads that rest, and letting one rest that was closed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.contacts.models import Lead
from clew.grading.actions import override
from clew.grading.models import Grade, Level
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.locks import lock_leads
from clew.handoff.errors import ContactBusy
from clew.handoff.models import Placement
from clew.handoff.pools.models import PoolPolicy
from clew.handoff.queries import placement_of
from clew.pipeline.resting import belt
from clew.pipeline.resting.errors import (
    RestOver,
    TouchedAlready,
    TouchOfAnotherLead,
    TouchUnknown,
)
from clew.pipeline.resting.events import LeadTouched, RestEnded
from clew.pipeline.resting.models import Rest, Touch
from clew.pipeline.resting.queries import hours_of, pace_of, policy_of, resting
from clew.pipeline.resting.rules import next_touch

FLOW = Actor("system", "flow")
Result = Touch.Result


@dataclass(frozen=True, slots=True)
class TouchIn:
    """What somebody says of a touch. `seen`: how many there were when they saw the lead.

    `touch_id` is made by the page, so that a double click is one touch.
    """

    touch_id: UUID
    result: str
    seen: int


@transaction.atomic
def begin(lead_id: UUID, now: datetime) -> None:
    """Let a lead rest that was closed, if the policy of its team says so. Repeating it, or an open lead, changes nothing."""
    lock_leads([lead_id])
    placement = placement_of(lead_id)
    policy = policy_of(placement.team_id)
    if placement.kind != Placement.Kind.CLOSED or not policy or placement.reason not in policy.ends:
        return
    lead = Lead.objects.get(pk=lead_id)
    older = Rest.objects.filter(person=lead.person_id or lead.contact_id, ended_at=None)
    for rest in older.exclude(lead=lead):
        _end(rest, Rest.End.NEWER, rest.touch_count, actor=FLOW, now=now)
    belt.begin(lead_id, policy, now)


@transaction.atomic
def touch(lead_id: UUID, said: TouchIn, *, member: Member, now: datetime) -> Touch:
    """Keep what came of a touch. Its next day follows, or its end: shown interest brings the lead back to people.

    Saying the same `touch_id` again gives the first touch and changes nothing. Raises RestMissing, RestOver,
    TouchedAlready where somebody was faster, TouchUnknown, TouchOfAnotherLead.
    """
    if said.result not in Result.values:
        raise TouchUnknown
    resting(member, lead_id)
    lock_leads([lead_id])
    known = Touch.objects.select_related("rest").filter(pk=said.touch_id).first()
    if known is not None:
        if known.rest.lead_id != lead_id or known.member_id != member.pk:
            raise TouchOfAnotherLead
        return known
    rest = resting(member, lead_id)
    _check(rest, said)
    number = rest.touch_count + 1
    next_at = _go_on(rest, said.result, number, member, now)
    made = Touch.objects.create(
        pk=said.touch_id, rest=rest, number=number, member=member, result=said.result, at=now
    )
    told = LeadTouched(lead_id, made.pk, made.result, next_at)
    append(told, actor=Actor("member", str(member.pk)), at=now)
    return made


def _go_on(rest: Rest, result: str, number: int, member: Member, now: datetime) -> datetime | None:
    """Do what a result asks for. Gives when the next touch is due, if there is one."""
    actor = Actor("member", str(member.pk))
    if result == Result.INTEREST:
        _bring_back(rest, actor, member, now)
        _end(rest, Rest.End.INTEREST, number, actor=actor, now=now)
        return None
    if result == Result.NEVER:
        handoff.close_again(rest.lead_id, reason="do_not_contact", actor=actor, now=now)
        _end(rest, Rest.End.NEVER, number, actor=actor, now=now)
        return None
    pace = pace_of(policy_of(rest.team_id))
    next_at = next_touch(pace, number, now, hours_of(rest.team))
    _write(rest, touch_count=number, next_touch_at=next_at)
    return next_at


def _check(rest: Rest, said: TouchIn) -> None:
    """Refuse where somebody was faster, or where the person has an open lead by now. The lead is locked."""
    if rest.touch_count != said.seen:
        last = rest.touches.select_related("member").order_by("-number").first()
        raise TouchedAlready(name=last.member.name if last else "")
    open_leads = Lead.objects.filter(ended_at=None)
    mine = open_leads.filter(contact=rest.person_id) | open_leads.filter(person=rest.person_id)
    if rest.ended_at is not None or mine.exists():
        raise RestOver


def _bring_back(rest: Rest, actor: Actor, member: Member, now: datetime) -> None:
    """Open a lead again, of medium intent at least, for the next by turn; or for whoever had it, where their team says so."""
    grade = Grade.objects.filter(lead=rest.lead_id, superseded_at=None).first()
    if grade and grade.level < Level.MEDIUM:
        why = _("Showed interest when touched in the no-intent pool")
        override(rest.lead_id, Level.MEDIUM, why, member=member, now=now)
    is_lifelong = PoolPolicy.objects.filter(team=rest.team_id, is_lifelong=True).exists()
    try:
        handoff.reopen(rest.lead_id, actor=actor, now=now, by_turn=not is_lifelong)
    except ContactBusy as busy:  # they wrote at this very moment
        raise RestOver from busy


def _end(rest: Rest, end: Rest.End, touches: int, *, actor: Actor, now: datetime) -> None:
    _write(rest, ended_at=now, end=end, touch_count=touches)
    append(RestEnded(rest.lead_id, rest.pk, end), actor=actor, at=now)


def _write(rest: Rest, **changes: object) -> None:
    """Change a rest that stands as it was read; else somebody was faster, and nothing of this happens."""
    stands = Rest.objects.filter(pk=rest.pk, ended_at=None, touch_count=rest.touch_count)
    if not stands.update(**changes):
        raise RestOver
    for name, value in changes.items():
        setattr(rest, name, value)
