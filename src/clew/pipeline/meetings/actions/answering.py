"""What an invited person does by the link: choose a time, ask for another one, decline."""

from datetime import datetime, timedelta

from django.db import transaction

from clew.access.tokens import digest
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.grading.actions import keep_alive
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.meetings import events
from clew.pipeline.meetings.actions.inviting import confirm
from clew.pipeline.meetings.actions.steps import arrange, stop_clock
from clew.pipeline.meetings.errors import (
    AlreadyChosen,
    LinkOld,
    MeetingMissing,
    TimeNotOffered,
    TimeTaken,
)
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.queries import busy, is_old, wish_place
from clew.pipeline.meetings.rules import About, is_free

VISITOR = Actor("visitor")
WISH_AT_MOST = 200
State = Meeting.State


@transaction.atomic
def choose(token: str, at: datetime, *, now: datetime) -> Meeting:
    """Settle on one of the times offered. The same time again changes nothing.

    Raises MeetingMissing, LinkOld, AlreadyChosen, TimeNotOffered, TimeTaken.
    """
    meeting = _lock(token, now)
    if meeting.state == State.CONFIRMED:
        if meeting.from_at != at:
            raise AlreadyChosen
        return meeting
    if at not in meeting.offered or at <= now:
        raise TimeNotOffered
    length = timedelta(minutes=meeting.minutes)
    if not is_free(at, length, busy(meeting.organiser_id, now)):
        raise TimeTaken
    confirm(meeting, at, actor=VISITOR, now=now)
    return meeting


@transaction.atomic
def wish(token: str, words: str, *, now: datetime) -> Meeting:
    """Ask for another time; what was settled before is given up. Raises MeetingMissing, LinkOld."""
    meeting = _lock(token, now)
    text = words.strip()[:WISH_AT_MOST]
    if meeting.state == State.WISHED and not text:
        return meeting
    meeting.wish = seal(text.encode(), wish_place(meeting.pk)) if text else None
    _give_up(meeting, State.WISHED, About.WISHED, now)
    append(events.OtherTimeWished(meeting.lead_id, meeting.pk), actor=VISITOR, at=now)
    return meeting


@transaction.atomic
def decline(token: str, *, now: datetime) -> Meeting:
    """Say that one does not want to meet. Raises MeetingMissing, LinkOld."""
    meeting = _lock(token, now)
    if meeting.state == State.DECLINED:
        return meeting
    _give_up(meeting, State.DECLINED, About.DECLINED, now)
    append(events.MeetingDeclined(meeting.lead_id, meeting.pk), actor=VISITOR, at=now)
    return meeting


def _lock(token: str, now: datetime) -> Meeting:
    found = Meeting.objects.filter(digest=digest(token)).first()
    if found is None:
        raise MeetingMissing
    lock_leads([found.lead_id])
    meeting = Meeting.objects.select_for_update().get(pk=found.pk)
    if bytes(meeting.digest) != digest(token):
        raise MeetingMissing
    if is_old(meeting, now):
        raise LinkOld
    return meeting


def _give_up(meeting: Meeting, state: Meeting.State, about: About, now: datetime) -> None:
    meeting.state, meeting.changed_at, meeting.remind_at = state, now, None
    if meeting.from_at is not None:
        meeting.from_at = meeting.until_at = None
        meeting.sequence += 1
    arrange(meeting, (about, now), now=now)
    meeting.save()
    stop_clock(meeting, now)
    keep_alive(meeting.lead_id, now)
