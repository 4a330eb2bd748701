"""What becomes of a meeting when its lead ends or goes to somebody else."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from clew.base.ledger import Actor
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of
from clew.pipeline.meetings.actions.inviting import call_off, of_lead_open
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.queries import GOES_ON, OPEN, busy
from clew.pipeline.meetings.rules import is_free

FLOW = Actor("system", "flow")


@transaction.atomic
def close(lead_id: UUID, end: str, now: datetime) -> None:
    """Call the meeting of a lead off that was lost. Repeating it does nothing."""
    lock_leads([lead_id])
    meeting = of_lead_open(lead_id)
    is_closed = placement_of(lead_id).kind == Placement.Kind.CLOSED
    if meeting and is_closed and end not in GOES_ON:
        call_off(meeting, actor=FLOW, now=now)


def hand_all_on(lead_ids: Iterable[UUID], now: datetime) -> None:
    """Do so for those of many leads that have a meeting; mostly none has."""
    with_one = Meeting.objects.filter(lead__in=list(lead_ids), state__in=OPEN)
    for lead_id in with_one.order_by("lead").values_list("lead", flat=True):
        hand_on(lead_id, now)


@transaction.atomic
def hand_on(lead_id: UUID, now: datetime) -> None:
    """Let whoever has the lead now meet the person; where they are busy then, it stays with who has it."""
    lock_leads([lead_id])
    meeting, seat = of_lead_open(lead_id), placement_of(lead_id).seat
    if meeting is None or seat is None or meeting.organiser_id == seat.member_id:
        return
    length = timedelta(minutes=meeting.minutes)
    if meeting.from_at and not is_free(meeting.from_at, length, busy(seat.member_id, now)):
        return
    meeting.organiser_id, meeting.changed_at = seat.member_id, now
    meeting.sequence += 1
    try:
        with transaction.atomic():
            meeting.save()
    except IntegrityError:
        return  # taken at this very moment
