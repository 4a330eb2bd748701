"""Working a lead: calls, the next step, the end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.base.live import Hint, announce
from clew.base.sealing import seal
from clew.grading.actions import keep_alive
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of, visible_lead
from clew.pipeline.actions.first_contacts import note_first_contacts
from clew.pipeline.actions.worth import check_worth
from clew.pipeline.belt import revive
from clew.pipeline.clocks.belt.pausing import pause
from clew.pipeline.clocks.models import Pause, Policy
from clew.pipeline.clocks.rules import is_enough
from clew.pipeline.errors import (
    BackReasonUnknown,
    CallOfAnotherLead,
    EndUnknown,
    LeadNotClaimed,
    NextTimeMissing,
    NextTimePassed,
    NoteTooLong,
)
from clew.pipeline.events import CallLogged, NextStepPlanned
from clew.pipeline.models import IS_CONTACT, Call, Clock, Draft, GivenBack, Result, Task, Worth
from clew.pipeline.queries import back_place, draft_place, note_place
from clew.pipeline.schemas import Sheet
from clew.pipeline.stages import ANSWERS

ENDS = ("won", "lost_price", "lost_rival", "lost_need", "lost_silent")
BACK = ("no_time", "not_mine", "stuck", "wants_other", "other")  # why a lead goes back to the pool
FINAL = (Call.Result.BAD_NUMBER, Call.Result.BLOCKED)  # nobody can be reached there any more
NOTE_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class CallIn:
    """What the call sheet says. `is_last` means never again; otherwise `next_at` is needed.

    `call_id` is made by the page, so that a double click is one call.
    """

    call_id: UUID
    result: Call.Result
    said: str = ""
    note: str = ""
    next_at: datetime | None = None
    is_last: bool = False


@transaction.atomic
def log_call(
    lead_id: UUID, call: CallIn, *, member: Member, now: datetime, at: datetime | None = None
) -> Call:
    """Keep a call and decide what comes next: a task at `next_at`, or the end of the lead.

    Logging the same `call_id` again gives the first call and changes nothing. It stops the clock
    where the policy says that it is enough; a call, or the day of the next one, keeps the lead valid. A bad
    number ends the lead, and so does a person who wants no more calls or has blocked us.

    `at` is when it was, where it comes late: from a device that had no network. What was done about the lead since
    then stands, and the late call is kept beside it.
    Raises LeadMissing, LeadNotClaimed, CallOfAnotherLead, NextTimeMissing, NextTimePassed.
    """
    lock_leads([lead_id])  # sent twice it waits for itself, before it may have ended the lead
    known = Call.objects.filter(pk=call.call_id).first()
    if known is not None:
        return _same(known, lead_id, member)
    placement = lock_held(member, lead_id)
    at = min(at or now, now)
    is_overtaken = at < now and _is_overtaken(placement, at)
    stored, is_new = Call.objects.get_or_create(
        pk=call.call_id,
        defaults={
            "lead_id": placement.lead_id,
            "member": member,
            "result": call.result,
            "said": call.said,
            "note": seal(call.note.encode(), note_place(call.call_id)) if call.note else None,
            "at": at,
        },
    )
    if not is_new:
        return _same(stored, lead_id, member)
    actor = _actor(member)
    is_first = _met(placement.lead_id, call.result, at)
    happened = CallLogged(placement.lead_id, stored.pk, call.result, call.said, is_first)
    append(happened, actor=actor, at=now)
    note_first_contacts([placement.lead_id])
    Draft.objects.filter(lead=placement.lead_id, member=member).delete()
    if not is_overtaken:
        keep_alive(placement.lead_id, at)
        _go_on(placement, call, actor=actor, now=now, at=at)
    return stored


@transaction.atomic
def plan(lead_id: UUID, due_at: datetime, *, member: Member, now: datetime) -> None:
    """Set the time of the next contact; an earlier plan is replaced.

    Raises LeadMissing, LeadNotClaimed, NextTimePassed.
    """
    if due_at <= now:
        raise NextTimePassed
    _plan(lock_held(member, lead_id), due_at, actor=_actor(member), now=now)


@transaction.atomic
def close_lead(
    lead_id: UUID,
    *,
    reason: str,
    member: Member,
    now: datetime,
    value_minor: int | None = None,
    margin_minor: int | None = None,
) -> None:
    """End a lead, won or lost, for one of `ENDS`, with value and margin in cents where they are known.

    Raises LeadMissing, LeadNotClaimed, EndUnknown, MarginTooLarge.
    """
    if reason not in ENDS:
        raise EndUnknown
    check_worth(value_minor, margin_minor)
    placement = lock_held(member, lead_id)
    _stop_clocks(placement.lead_id, now)
    worth = {"value_minor": value_minor, "margin_minor": margin_minor}
    Result.objects.update_or_create(
        lead_id=placement.lead_id,
        defaults={"is_won": reason == "won", "ended_at": now, **worth},
    )
    if reason == "won" and (value_minor, margin_minor) != (None, None):
        Worth.objects.create(lead_id=placement.lead_id, said_at=now, sayer=member, **worth)
    _end(placement, reason, actor=_actor(member), now=now)


@transaction.atomic
def give_back(
    lead_id: UUID, *, reason: str, member: Member, now: datetime, note: str = ""
) -> Placement:
    """Give a lead back to the pool of its team for one of `BACK`, with a note in one's own words.

    Its clocks and next step stop at this very moment. Nobody gets it by turn from there: it is claimed, or
    given to somebody. Raises LeadMissing, LeadNotClaimed, BackReasonUnknown, NoteTooLong.
    """
    said = note.strip()
    if reason not in BACK:
        raise BackReasonUnknown
    if len(said) > NOTE_AT_MOST:
        raise NoteTooLong
    held = lock_held(member, lead_id)
    _stop_clocks(held.lead_id, now)
    _finish_tasks(held.lead_id, now)
    pooled = handoff.to_pool(
        held.lead_id, team_id=held.team_id, actor=_actor(member), now=now, reason=reason
    )
    if said:
        GivenBack.objects.create(placement=pooled, note=seal(said.encode(), back_place(pooled.pk)))
    return pooled


@transaction.atomic
def take_again(lead_id: UUID, *, seat_id: int, member: Member, now: datetime) -> Placement:
    """Let a lead go from the pool to whoever had given it back; clocks and next step go on where they stopped.

    The caller has checked that the member may do it. Raises LeadMissing, LeadNotOpen, SeatMissing.
    """
    lock_leads([lead_id])
    pooled = placement_of(lead_id)
    revive({lead_id: pooled.opened_at})
    return handoff.assign(
        lead_id, seat_id=seat_id, actor=_actor(member), now=now, reason="taken_back"
    )


@transaction.atomic
def keep_draft(lead_id: UUID, sheet: Sheet, *, member: Member, now: datetime) -> None:
    """Keep what a call sheet holds so far, sealed. Raises LeadMissing."""
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)  # an import may have been undone meanwhile
    body = seal(msgspec.json.encode(sheet), draft_place(lead.pk, member.pk))
    Draft.objects.update_or_create(
        lead=lead, member=member, defaults={"body": body, "saved_at": now}
    )


def _actor(member: Member) -> Actor:
    return Actor("member", str(member.pk))


def _same(call: Call, lead_id: UUID, member: Member) -> Call:
    if call.lead_id != lead_id or call.member_id != member.pk:
        raise CallOfAnotherLead
    return call


def lock_held(member: Member, lead_id: UUID) -> Placement:
    """Lock a lead and give where it stands, if the member may see it and a person holds it.

    It is looked up again under the lock, since it may have gone to somebody else meanwhile.
    """
    lock_leads([visible_lead(member, lead_id).pk])
    placement = placement_of(visible_lead(member, lead_id).pk)
    if placement.kind != Placement.Kind.PERSON:
        raise LeadNotClaimed
    return placement


def _met(lead_id: UUID, result: str, now: datetime) -> bool:
    """Stop the clock where such a contact is enough for it. Tells whether it waited for the first one."""
    running = Clock.objects.select_related("policy").filter(
        IS_CONTACT, lead=lead_id, stopped_at=None
    )
    clock = running.first()
    if (
        clock is None or clock.started_at > now
    ):  # what began after a late call waits for another one
        return False
    stops_on = clock.policy.stops_on if clock.policy else Policy.Stop.ATTEMPT
    if not is_enough(stops_on, is_answered=result in ANSWERS):
        return False
    running.update(stopped_at=now)
    return clock.kind == Policy.Kind.FIRST


def _stop_clocks(lead_id: UUID, now: datetime) -> None:
    Clock.objects.filter(lead=lead_id, stopped_at__isnull=True).update(stopped_at=now)


def _is_overtaken(placement: Placement, at: datetime) -> bool:
    """Tell whether something was done about a lead after a call that comes late."""
    return (
        placement.opened_at > at
        or Call.objects.filter(lead=placement.lead_id, at__gt=at).exists()
        or Task.objects.filter(lead=placement.lead_id, created_at__gt=at).exists()
        or Clock.objects.filter(IS_CONTACT, lead=placement.lead_id, started_at__gt=at).exists()
    )


def _go_on(
    placement: Placement, call: CallIn, *, actor: Actor, now: datetime, at: datetime
) -> None:
    if call.result in FINAL:
        _end(placement, call.result, actor=actor, now=now)
    elif call.is_last:
        _end(placement, "do_not_contact", actor=actor, now=now)
    elif call.next_at is None:
        raise NextTimeMissing
    elif call.next_at <= at:
        raise NextTimePassed
    else:
        _plan(placement, call.next_at, actor=actor, now=now)


def _plan(placement: Placement, due_at: datetime, *, actor: Actor, now: datetime) -> None:
    _finish_tasks(placement.lead_id, now)
    Task.objects.create(lead_id=placement.lead_id, due_at=due_at, created_at=now)
    append(NextStepPlanned(placement.lead_id, due_at), actor=actor, at=now)
    pause(placement.lead_id, due_at, reason=Pause.Reason.NEXT_STEP, now=now)
    keep_alive(placement.lead_id, due_at)
    if placement.seat:
        announce([Hint(placement.lead_id, member_id=placement.seat.member_id)])


def _end(placement: Placement, reason: str, *, actor: Actor, now: datetime) -> None:
    _finish_tasks(placement.lead_id, now)
    handoff.close(placement.lead_id, reason=reason, actor=actor, now=now)


def _finish_tasks(lead_id: UUID, now: datetime) -> None:
    Task.objects.filter(lead=lead_id, done_at__isnull=True).update(done_at=now)
