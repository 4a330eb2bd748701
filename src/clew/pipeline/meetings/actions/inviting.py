"""Inviting: times offered, changed, settled by word of mouth, called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from clew.access.models import Member
from clew.base.ledger import Actor, Event, append
from clew.grading.actions import keep_alive
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.actions.leads import lock_held
from clew.pipeline.meetings import events
from clew.pipeline.meetings.actions.steps import arrange, stop_clock
from clew.pipeline.meetings.errors import (
    KindUnknown,
    LengthUnknown,
    MeetingMissing,
    MeetingOpen,
    MeetingOver,
    NotMissed,
    PlaceMissing,
    PlaceTooLong,
    TimesMissing,
    TimesPassed,
    TimeTaken,
)
from clew.pipeline.meetings.links import digest_of
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.queries import OPEN
from clew.pipeline.meetings.queries import meeting as seen_meeting
from clew.pipeline.meetings.rules import next_reminder

MOST_TIMES = 8
LENGTHS = (15, 480)  # minutes
FARTHEST = timedelta(days=366)
LONGEST_PLACE = 200
State = Meeting.State


@dataclass(frozen=True, slots=True)
class Plan:
    """How, where, how long in minutes, and at which times one may meet."""

    kind: str
    place: str
    minutes: int
    times: Sequence[datetime]


@transaction.atomic
def invite(
    lead_id: UUID,
    plan: Plan,
    *,
    meeting_id: UUID,
    member: Member,
    now: datetime,
    follows: Meeting | None = None,
) -> Meeting:
    """Offer times to meet whoever holds the lead; `follows` one that was missed, or what followed it so far.

    The same `meeting_id` again gives the first meeting.

    Raises LeadMissing, LeadNotClaimed, MeetingOpen, NotMissed, and what is wrong with the plan: KindUnknown,
    PlaceMissing, PlaceTooLong, LengthUnknown, TimesMissing, TimesPassed.
    """
    times = _check(plan, now)
    placement = lock_held(member, lead_id)
    known = Meeting.objects.filter(pk=meeting_id, lead=placement.lead_id).first()
    if known is not None:
        return known
    if placement.seat is None or of_lead_open(placement.lead_id):
        raise MeetingOpen
    if follows is not None and follows.state != State.MISSED:
        raise NotMissed
    meeting = Meeting(
        pk=meeting_id,
        lead_id=placement.lead_id,
        organiser_id=placement.seat.member_id,
        made_at=now,
        follows=follows and _last_after(follows),
    )
    _offer(meeting, plan, times, now)
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError as known_id:
        raise MeetingMissing from known_id  # the id is another lead's meeting
    offered = events.MeetingOffered(
        meeting.lead_id, meeting.pk, meeting.kind, len(times), is_again=False
    )
    _tell(offered, member, now)
    keep_alive(meeting.lead_id, times[-1])
    return meeting


@transaction.atomic
def offer_again(meeting_id: UUID, plan: Plan, *, member: Member, now: datetime) -> Meeting:
    """Offer other times, by the same link; what was settled before holds no more.

    Raises MeetingMissing, MeetingOver, and what is wrong with the plan as for `invite`.
    """
    times = _check(plan, now)
    meeting = lock_open(member, meeting_id)
    _offer(meeting, plan, times, now)
    meeting.state = State.OFFERED
    meeting.from_at = meeting.until_at = meeting.remind_at = meeting.wish = None
    meeting.sequence += 1
    arrange(meeting, None, now=now)
    meeting.save()
    offered = events.MeetingOffered(
        meeting.lead_id, meeting.pk, meeting.kind, len(times), is_again=True
    )
    _tell(offered, member, now)
    keep_alive(meeting.lead_id, times[-1])
    return meeting


@transaction.atomic
def settle(meeting_id: UUID, at: datetime, *, member: Member, now: datetime) -> Meeting:
    """Keep the time that the person has said by word of mouth, offered before or not.

    Raises MeetingMissing, MeetingOver, TimesPassed, TimeTaken.
    """
    meeting = lock_open(member, meeting_id)
    if not now < at <= now + FARTHEST:
        raise TimesPassed
    if at not in meeting.offered:
        meeting.offered = [*meeting.offered, at]
    confirm(meeting, at, actor=Actor("member", str(member.pk)), now=now)
    return meeting


@transaction.atomic
def renew_link(meeting_id: UUID, *, member: Member, now: datetime) -> Meeting:
    """Make another link; the one so far opens nothing any more. Raises MeetingMissing, MeetingOver."""
    meeting = lock_open(member, meeting_id)
    meeting.link_number += 1
    meeting.digest, meeting.changed_at = digest_of(meeting), now
    meeting.save()
    _tell(events.MeetingLinkRenewed(meeting.lead_id, meeting.pk), member, now)
    return meeting


@transaction.atomic
def cancel(meeting_id: UUID, *, member: Member, now: datetime) -> Meeting:
    """Call a meeting off from this side. Raises MeetingMissing, MeetingOver."""
    meeting = lock_open(member, meeting_id)
    call_off(meeting, actor=Actor("member", str(member.pk)), now=now)
    return meeting


def call_off(meeting: Meeting, *, actor: Actor, now: datetime) -> None:
    """Let an open meeting that the caller has locked not take place."""
    meeting.state, meeting.changed_at, meeting.remind_at = State.CANCELLED, now, None
    meeting.sequence += 1
    arrange(meeting, None, now=now)
    meeting.save()
    append(events.MeetingCancelled(meeting.lead_id, meeting.pk), actor=actor, at=now)


def confirm(meeting: Meeting, at: datetime, *, actor: Actor, now: datetime) -> None:
    """Settle an open meeting, locked by the caller, on one of its times. Raises TimeTaken."""
    until = at + timedelta(minutes=meeting.minutes)
    reminder = next_reminder(at, until, after=now)
    meeting.state, meeting.from_at, meeting.until_at = State.CONFIRMED, at, until
    meeting.remind_at = reminder[1] if reminder else None
    meeting.wish, meeting.changed_at = None, now
    meeting.expires_at = until
    meeting.sequence += 1
    arrange(meeting, reminder, now=now)
    try:
        with transaction.atomic():
            meeting.save()
    except IntegrityError as overlapping:
        raise TimeTaken from overlapping
    stop_clock(meeting, now)
    keep_alive(meeting.lead_id, until)
    settled = events.MeetingConfirmed(meeting.lead_id, meeting.pk, at, until)
    append(settled, actor=actor, at=now)


def lock_open(member: Member, meeting_id: UUID) -> Meeting:
    """Lock a lead and its meeting that a member may open. Raises MeetingMissing, MeetingOver."""
    meeting = lock_seen(member, meeting_id)
    if meeting.state not in OPEN:
        raise MeetingOver
    return meeting


def lock_seen(member: Member, meeting_id: UUID) -> Meeting:
    """Lock a lead and its meeting that a member may open. Raises MeetingMissing."""
    lock_leads([seen_meeting(member, meeting_id).lead_id])
    seen_meeting(member, meeting_id)  # the lead may have gone to somebody else meanwhile
    return Meeting.objects.select_for_update().get(pk=meeting_id)


def of_lead_open(lead_id: UUID) -> Meeting | None:
    """Give the open meeting of a lead, if there is one."""
    return Meeting.objects.filter(lead=lead_id, state__in=OPEN).first()


def _last_after(meeting: Meeting) -> Meeting:
    """Give the last of those that followed a meeting, each after the one before: none has two after it."""
    while (after := Meeting.objects.filter(follows=meeting).first()) is not None:
        meeting = after
    return meeting


def _offer(meeting: Meeting, plan: Plan, times: list[datetime], now: datetime) -> None:
    meeting.kind, meeting.place, meeting.minutes = plan.kind, plan.place.strip(), plan.minutes
    meeting.offered, meeting.expires_at, meeting.changed_at = times, times[-1], now
    meeting.digest = digest_of(meeting)


def _check(plan: Plan, now: datetime) -> list[datetime]:
    times = sorted(set(plan.times))
    if plan.kind not in Meeting.Kind.values:
        raise KindUnknown
    if not plan.place.strip():
        raise PlaceMissing
    if len(plan.place.strip()) > LONGEST_PLACE:
        raise PlaceTooLong
    if not LENGTHS[0] <= plan.minutes <= LENGTHS[1]:
        raise LengthUnknown
    if not 1 <= len(times) <= MOST_TIMES:
        raise TimesMissing
    if times[0] <= now or times[-1] > now + FARTHEST:
        raise TimesPassed
    return times


def _tell(event: Event, member: Member, now: datetime) -> None:
    append(event, actor=Actor("member", str(member.pk)), at=now)
