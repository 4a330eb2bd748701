"""What a meeting makes of a lead's one next step, and how what was planned before comes back.

docs/decisions/a-meeting-goes-first.md says why.
"""

from datetime import datetime

from clew.base.live import Hint, announce
from clew.handoff.models import Placement
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.rules import About, goes_first
from clew.pipeline.models import IS_CONTACT, Clock, Task

Need = tuple[About, datetime]


def arrange(meeting: Meeting, need: Need | None, *, now: datetime) -> None:
    """Make the lead's next step what comes first: what the meeting needs, or what was planned besides it.

    The caller holds the lead's lock and saves the meeting. Nothing happens where no person holds the lead.
    """
    place = Placement.objects.select_related("seat").get(lead=meeting.lead_id, closed_at=None)
    if place.seat is None:
        return
    planned = Task.objects.filter(lead=meeting.lead_id, done_at=None).first()
    is_ours = planned is not None and planned.pk == meeting.task_id
    other_at = meeting.aside_at if is_ours else planned.due_at if planned else None
    if need and goes_first(need[1], other_at, now=now):
        _put(meeting, need, other_at, now)
    elif is_ours:
        _put_back(meeting, other_at, now)
    announce([Hint(meeting.lead_id, member_id=place.seat.member_id)])


def stop_clock(meeting: Meeting, now: datetime) -> None:
    """Somebody answered: the time until first contact is over."""
    waiting = Clock.objects.filter(IS_CONTACT, lead=meeting.lead_id, stopped_at=None)
    waiting.update(stopped_at=now)


def _put(meeting: Meeting, need: Need, other_at: datetime | None, now: datetime) -> None:
    _finish(meeting, now)
    about, due_at = need
    meeting.task = Task.objects.create(
        lead_id=meeting.lead_id, about=about, due_at=due_at, created_at=now
    )
    meeting.aside_at = other_at


def _put_back(meeting: Meeting, other_at: datetime | None, now: datetime) -> None:
    _finish(meeting, now)
    if other_at:
        Task.objects.create(lead_id=meeting.lead_id, due_at=other_at, created_at=now)
    meeting.task, meeting.aside_at = None, None


def _finish(meeting: Meeting, now: datetime) -> None:
    Task.objects.filter(lead=meeting.lead_id, done_at=None).update(done_at=now)
