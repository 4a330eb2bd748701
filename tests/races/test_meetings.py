"""People who tap at the same moment: one gets the time, everybody is told how it stands."""

from datetime import timedelta

import pytest

from clew.base.ids import uuid7
from clew.base.models import Entry
from clew.handoff.actions.leads import assign
from clew.handoff.models import Seat
from clew.pipeline.meetings.actions import answering, feeds, holding, inviting
from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.errors import AlreadyChosen, MeetingMissing, MeetingOpen, TimeTaken
from clew.pipeline.meetings.links import token_of
from clew.pipeline.meetings.models import Feed, Meeting
from tests.company import HOT, TESTER, enquire
from tests.pipeline.desk import NOON, desk, holder
from tests.races.threads import at_once, overlapping

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


def test_who_answers_by_a_link_that_is_renewed_at_this_moment_is_refused() -> None:
    at = desk()
    meeting = invited(at.lead_id)
    old = token_of(meeting)
    raised = overlapping(
        lambda: inviting.renew_link(meeting.pk, member=at.holder, now=NOON),
        lambda: answering.choose(old, TIMES[0], now=NOON),
    )
    assert [type(error) for error in raised] == [MeetingMissing]
    assert Meeting.objects.get().state == "offered"


def test_two_workers_remind_once() -> None:
    at = desk()
    answering.choose(token_of(invited(at.lead_id)), TIMES[3], now=NOON)
    due = TIMES[2]
    assert not overlapping(lambda: holding.remind(due), lambda: holding.remind(due))
    assert Entry.objects.filter(name="MeetingReminded").count() == 1


def test_of_two_addresses_of_a_calendar_made_at_once_one_stays() -> None:
    member = desk().holder

    def make() -> None:
        feeds.make_feed(member=member, now=NOON)

    assert not overlapping(make, make)
    first, second = Feed.objects.order_by("number")
    assert (first.revoked_at, second.revoked_at) == (NOON, None)
