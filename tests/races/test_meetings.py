"""People who tap at the same moment: one gets the time, everybody is told how it stands."""

from datetime import timedelta

import pytest

from clew.base.ids import uuid7
from clew.handoff.actions.leads import assign
from clew.handoff.models import Seat
from clew.pipeline.meetings.actions import answering, inviting
from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.errors import AlreadyChosen, MeetingOpen, TimeTaken
from clew.pipeline.meetings.links import token_of
from clew.pipeline.meetings.models import Meeting
from tests.company import HOT, TESTER, enquire
from tests.pipeline.desk import NOON, desk, holder
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = [NOON + timedelta(days=n) for n in range(1, 5)]
PLAN = Plan("video", "x", 30, TIMES)


def invited(lead_id: object) -> Meeting:
    member = holder(lead_id)  # type: ignore[arg-type]
    return inviting.invite(lead_id, PLAN, meeting_id=uuid7(), member=member, now=NOON)  # type: ignore[arg-type]


def test_two_people_who_tap_the_same_time_of_one_member_do_not_both_get_it() -> None:
    at = desk()
    other = enquire(at.company.site, name="李梅", phone="13912345678", **HOT)
    seat = Seat.objects.get(member=at.holder)
    if holder(other) != at.holder:
        assign(other, seat_id=seat.pk, actor=TESTER, now=NOON, reason="by_hand")
    tokens = [token_of(invited(at.lead_id)), token_of(invited(other))]
    for time in TIMES:
        raised = at_once(*(lambda t=t, a=time: answering.choose(t, a, now=NOON) for t in tokens))
        assert [type(error) for error in raised] == [TimeTaken]
        for token in tokens:
            answering.wish(token, "", now=NOON)
    assert not Meeting.objects.filter(state="confirmed").exists()


def test_one_link_tapped_at_four_times_at_once_settles_on_one() -> None:
    at = desk()
    token = token_of(invited(at.lead_id))
    raised = at_once(*(lambda a=a: answering.choose(token, a, now=NOON) for a in TIMES))
    assert [type(error) for error in raised] == [AlreadyChosen] * 3
    assert Meeting.objects.get().from_at in TIMES


def test_two_invitations_at_once_are_one() -> None:
    at = desk()
    raised = at_once(*(lambda: invited(at.lead_id) for _ in range(4)))
    assert [type(error) for error in raised] == [MeetingOpen] * 3
    assert Meeting.objects.count() == 1
