"""Reminding, whether they came, what was learnt, and handing over to the offline team."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.json import dumps
from clew.base.ledger import CLOCKS, Actor, append
from clew.base.sealing import seal
from clew.grading.actions import keep_alive
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.locks import lock_leads
from clew.handoff.errors import SeatMissing
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of
from clew.pipeline.errors import LeadNotClaimed
from clew.pipeline.meetings import events
from clew.pipeline.meetings.actions.inviting import lock_seen
from clew.pipeline.meetings.actions.steps import arrange
from clew.pipeline.meetings.errors import (
    LabelsUnfit,
    MeetingAhead,
    MeetingUnsettled,
    NoteEmpty,
    NotHeldYet,
)
from clew.pipeline.meetings.models import Meeting, VisitNote, VisitTemplate
from clew.pipeline.meetings.queries import note_place, offline_seats
from clew.pipeline.meetings.rules import due_reminder, next_reminder

REMINDED_AT_ONCE = 100
NOTE_AT_MOST = 2000
MOST_LABELS, LONGEST_LABEL = 12, 60
State = Meeting.State
SETTLED = (State.CONFIRMED, State.HELD, State.MISSED)


def remind(now: datetime) -> bool:
    """Put what confirmed meetings need now first among their leads' next steps. True where there may be more."""
    due = Meeting.objects.filter(state=State.CONFIRMED, remind_at__lte=now).order_by("remind_at")
    found = list(due.values_list("pk", "lead_id")[:REMINDED_AT_ONCE])
    for meeting_id, lead_id in found:
        _remind(meeting_id, lead_id, now)
    return len(found) == REMINDED_AT_ONCE


@transaction.atomic
def _remind(meeting_id: UUID, lead_id: UUID, now: datetime) -> None:
    lock_leads([lead_id])
    meeting = Meeting.objects.select_for_update().get(pk=meeting_id)
    if meeting.state != State.CONFIRMED or not meeting.from_at or not meeting.until_at:
        return
    if meeting.remind_at is None or meeting.remind_at > now:
        return  # somebody was faster
    need = due_reminder(meeting.from_at, meeting.until_at, now=now)
    after = next_reminder(meeting.from_at, meeting.until_at, after=now)
    meeting.remind_at = after[1] if after else None
    arrange(meeting, need, now=now)
    meeting.save()
    if need:
        append(events.MeetingReminded(lead_id, meeting_id, need[0]), actor=CLOCKS, at=now)


@transaction.atomic
def check_off(meeting_id: UUID, *, member: Member, now: datetime) -> Meeting:
    """Say that what the meeting needs now is done; what waited for it is next again. Raises MeetingMissing."""
    meeting = lock_seen(member, meeting_id)
    need = None
    if meeting.state == State.CONFIRMED and meeting.from_at and meeting.until_at:
        need = next_reminder(meeting.from_at, meeting.until_at, after=now)
    arrange(meeting, need, now=now)
    meeting.save()
    append(events.MeetingCheckedOff(meeting.lead_id, meeting.pk), actor=_by(member), at=now)
    return meeting


@transaction.atomic
def tell(meeting_id: UUID, *, did_come: bool, member: Member, now: datetime) -> Meeting:
    """Say whether the person came; said otherwise later, that holds. The same again changes nothing.

    Raises MeetingMissing, MeetingUnsettled, MeetingAhead.
    """
    meeting = lock_seen(member, meeting_id)
    if meeting.state not in SETTLED or meeting.from_at is None:
        raise MeetingUnsettled
    if meeting.from_at > now:
        raise MeetingAhead
    state = State.HELD if did_come else State.MISSED
    if meeting.state == state:
        return meeting
    meeting.state, meeting.told_at, meeting.changed_at = state, now, now
    meeting.remind_at = None
    arrange(meeting, None, now=now)
    meeting.save()
    if did_come:
        append(events.MeetingHeld(meeting.lead_id, meeting.pk), actor=_by(member), at=now)
        keep_alive(meeting.lead_id, now)
    else:
        append(events.MeetingMissed(meeting.lead_id, meeting.pk), actor=_by(member), at=now)
    return meeting


@transaction.atomic
def note(
    meeting_id: UUID, answers: Sequence[tuple[str, str]], *, member: Member, now: datetime
) -> VisitNote:
    """Keep what was learnt, as labels with answers; the newest note holds.

    Raises MeetingMissing, MeetingUnsettled where nobody came, NoteEmpty.
    """
    meeting = lock_seen(member, meeting_id)
    if meeting.state != State.HELD:
        raise MeetingUnsettled
    said = [(label, text.strip()) for label, text in answers if text.strip()]
    if not said or any(len(text) > NOTE_AT_MOST for _, text in said):
        raise NoteEmpty
    body = seal(dumps(said).encode(), note_place(meeting.pk))
    kept = VisitNote.objects.create(meeting=meeting, body=body, member=member, at=now)
    append(events.VisitNoted(meeting.lead_id, meeting.pk, kept.pk), actor=_by(member), at=now)
    return kept


@transaction.atomic
def hand_over(meeting_id: UUID, seat_id: int, *, member: Member, now: datetime) -> Placement:
    """Give the lead of a held meeting, which somebody has, to a person of the offline team, with the note.

    Raises MeetingMissing, NotHeldYet, SeatMissing, LeadNotOpen, and LeadNotClaimed where it lies in a pool: it is
    claimed there first, by the rules of the pool.
    """
    meeting = lock_seen(member, meeting_id)
    if meeting.state != State.HELD:
        raise NotHeldYet
    if seat_id not in {seat.pk for seat in offline_seats()}:
        raise SeatMissing
    if placement_of(meeting.lead_id).kind == Placement.Kind.POOL:
        raise LeadNotClaimed
    return handoff.assign(
        meeting.lead_id, seat_id=seat_id, actor=_by(member), now=now, reason="handed_over"
    )


@transaction.atomic
def set_template(
    team_id: int, labels: Sequence[str], *, member: Member, now: datetime
) -> VisitTemplate:
    """Say what a team notes of its meetings from now on. The caller has checked the team. Raises LabelsUnfit."""
    written = ("".join(c for c in line if c.isprintable()).strip() for line in labels)
    lines = list(dict.fromkeys(line for line in written if line))
    if not 1 <= len(lines) <= MOST_LABELS or any(len(line) > LONGEST_LABEL for line in lines):
        raise LabelsUnfit
    kept, _ = VisitTemplate.objects.update_or_create(team_id=team_id, defaults={"labels": lines})
    append(events.VisitTemplateChanged(team_id, len(lines)), actor=_by(member), at=now)
    return kept


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
