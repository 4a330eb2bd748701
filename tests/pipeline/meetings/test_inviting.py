"""Inviting somebody, and what they do with the link."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.base.ids import uuid7
from clew.base.outbox import follow
from clew.capture.models import Visit
from clew.handoff.actions.leads import assign
from clew.handoff.models import Seat
from clew.handoff.people.actions import plan_absence
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.handoff.queries import placement_of
from clew.pipeline.actions.leads import close_lead, log_call, plan
from clew.pipeline.meetings.actions import answering, inviting
from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.errors import (
    AlreadyChosen,
    LinkOld,
    MeetingMissing,
    MeetingOpen,
    MeetingOver,
    PlaceMissing,
    TimeNotOffered,
    TimesMissing,
    TimesPassed,
    TimeTaken,
)
from clew.pipeline.meetings.links import address_of, token_of
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.queries import wish_of
from clew.pipeline.meetings.wording import code
from clew.pipeline.models import Clock, Task
from clew.web.flow import FACTS, keep_clocks, recycle, tick, undo
from tests.company import HOT, MONDAY_NOON, TESTER, enquire
from tests.pipeline.desk import NOON, Desk, call, desk, holder

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIMES = [NOON + DAY, NOON + DAY + 2 * HOUR, NOON + 3 * DAY]


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def invited(at: Desk, lead_id: UUID | None = None, **changes: object) -> Meeting:
    given = {"kind": "video", "place": "https://meet.example/1", "minutes": 30, "times": TIMES}
    lead_id = lead_id or at.lead_id
    return inviting.invite(
        lead_id, Plan(**given | changes), meeting_id=uuid7(), member=holder(lead_id), now=NOON
    )


def link(meeting: Meeting) -> str:
    return reverse("meetings:invitation", args=[token_of(meeting)])


def browser(member: Member | None = None, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language}, enforce_csrf_checks=member is None)
    if member:
        client.force_login(member)
    return client


def another_of_the_same(at: Desk) -> UUID:
    """Give a second lead that the same person holds."""
    other = enquire(at.company.site, name="李梅", phone="13912345678", **HOT)
    seat = Seat.objects.get(member=at.holder)
    if holder(other) != at.holder:
        assign(other, seat_id=seat.pk, actor=TESTER, now=NOON, reason="by_hand")
    return other


def test_one_tap_without_signing_in_settles_the_time_and_makes_it_the_next_step() -> None:
    at = desk()
    meeting = invited(at)
    stranger = browser()
    page = stranger.get(link(meeting))
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    answer = stranger.post(link(meeting), {"at": code(TIMES[1])})
    assert answer.status_code == 303
    assert "Agreed" in stranger.get(link(meeting)).text
    meeting.refresh_from_db()
    assert (meeting.state, meeting.from_at) == ("confirmed", TIMES[1])
    step = Task.objects.get(lead=at.lead_id, done_at=None)
    assert (step.about, step.due_at) == ("meeting_day", TIMES[1] - DAY)
    assert not Clock.objects.filter(lead=at.lead_id, stopped_at=None).exists()


def test_the_page_says_whom_one_meets_and_nothing_about_the_lead() -> None:
    at = desk()
    meeting = invited(at)
    for page in (browser().get(link(meeting)), browser(language="zh-CN").get(link(meeting))):
        assert at.holder.name in page.text
        assert "启衡工控" in page.text
        for secret in (
            "周建国",
            "138",
            "昆山锐达",
            "伺服",
            str(at.lead_id),
            at.holder.username + "@",
        ):
            assert secret not in page.text


def test_looking_at_the_link_chooses_nothing() -> None:
    meeting = invited(desk())
    browser().get(link(meeting))
    browser().head(link(meeting))
    meeting.refresh_from_db()
    assert meeting.state == "offered"


def test_the_database_holds_no_link_only_its_digest() -> None:
    meeting = invited(desk())
    token = token_of(meeting)
    assert len(token) == 22
    stored = [
        bytes(v) if isinstance(v, memoryview) else str(v).encode() for v in vars(meeting).values()
    ]
    assert not any(token.encode() in value for value in stored)
    assert address_of(meeting).endswith(token)


def test_an_unknown_link_is_no_page() -> None:
    assert browser().get("/m/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    with pytest.raises(MeetingMissing):
        answering.choose("none", TIMES[0], now=NOON)


def test_a_second_tap_on_the_same_time_is_the_first_one_and_on_another_is_told() -> None:
    meeting = invited(desk())
    token = token_of(meeting)
    answering.choose(token, TIMES[0], now=NOON)
    assert answering.choose(token, TIMES[0], now=NOON).sequence == 1
    with pytest.raises(AlreadyChosen):
        answering.choose(token, TIMES[1], now=NOON)
    page = browser().post(link(meeting), {"at": code(TIMES[1])})
    assert page.status_code == 409
    assert "already" in page.text


def test_a_time_that_was_taken_meanwhile_is_refused_and_shown_no_more() -> None:
    at = desk()
    first, second = invited(at), invited(at, another_of_the_same(at))
    answering.choose(token_of(first), TIMES[0], now=NOON)
    page = browser().post(link(second), {"at": code(TIMES[0])})
    assert page.status_code == 409
    assert "taken meanwhile" in page.text
    assert code(TIMES[0]) not in page.text
    assert code(TIMES[1]) in page.text


def test_confirmed_meetings_of_one_member_never_overlap_whatever_writes_them() -> None:
    at = desk()
    first, second = invited(at), invited(at, another_of_the_same(at), minutes=60)
    answering.choose(token_of(first), TIMES[0], now=NOON)
    with pytest.raises(IntegrityError, match="meeting_apart"), transaction.atomic():
        Meeting.objects.filter(pk=second.pk).update(
            state="confirmed", from_at=TIMES[0], until_at=TIMES[0] + HOUR
        )
    with pytest.raises(TimeTaken):
        inviting.settle(second.pk, TIMES[0] + HOUR / 4, member=at.holder, now=NOON)
    second.refresh_from_db()
    assert second.state == "offered"


def test_an_absence_planned_since_takes_its_times_away() -> None:
    at = desk()
    meeting = invited(at)
    plan_absence(
        [Seat.objects.get(member=at.holder).pk],
        from_at=TIMES[0] - HOUR,
        until_at=TIMES[1] + HOUR,
        reason="",
        planner=at.holder,
        now=NOON,
    )
    with pytest.raises(TimeTaken):
        answering.choose(token_of(meeting), TIMES[0], now=NOON)
    page = browser().get(link(meeting)).text
    assert code(TIMES[0]) not in page
    assert code(TIMES[2]) in page


def test_a_time_that_is_not_offered_or_has_passed_cannot_be_chosen() -> None:
    meeting = invited(desk())
    for wrong in (TIMES[0] + HOUR, NOON - DAY):
        with pytest.raises(TimeNotOffered):
            answering.choose(token_of(meeting), wrong, now=NOON)
    with pytest.raises(TimeNotOffered):
        answering.choose(token_of(meeting), TIMES[0], now=TIMES[0])


def test_an_old_link_says_so_and_opens_nothing(noon: Any) -> None:
    meeting = invited(desk())
    with pytest.raises(LinkOld):
        answering.choose(token_of(meeting), TIMES[2], now=TIMES[2])
    noon.move_to(TIMES[2] + HOUR)
    for page in (browser().get(link(meeting)), browser().post(link(meeting), {"decline": "1"})):
        assert page.status_code == 410
        assert "too old" in page.text
    meeting.refresh_from_db()
    assert meeting.state == "offered"


def test_a_declined_link_opens_nothing_once_there_is_another_invitation(noon: Any) -> None:
    at = desk()
    meeting = invited(at)
    answering.decline(token_of(meeting), now=NOON)
    assert browser().get(link(meeting)).status_code == 200
    invited(at)
    for page in (browser().get(link(meeting)), browser().post(link(meeting), {"words": "x"})):
        assert page.status_code == 410


def test_a_renewed_link_ends_the_one_before() -> None:
    at = desk()
    meeting = invited(at)
    before = link(meeting)
    after = link(inviting.renew_link(meeting.pk, member=at.holder, now=NOON))
    assert before != after
    assert browser().get(before).status_code == 404
    assert browser().get(after).status_code == 200


def test_another_time_can_be_asked_for_and_is_kept_sealed() -> None:
    at = desk()
    meeting = invited(at)
    answer = browser().post(link(meeting), {"words": "周五下午"})
    assert answer.status_code == 303
    meeting.refresh_from_db()
    assert meeting.state == "wished"
    assert wish_of(meeting) == "周五下午"
    assert "周五".encode() not in bytes(meeting.wish or b"")
    assert Task.objects.get(lead=at.lead_id, done_at=None).about == "meeting_wished"
    assert "周五下午" in browser(at.holder).get(reverse("meetings:meeting", args=[meeting.pk])).text


def test_giving_up_an_agreed_time_frees_it_for_others() -> None:
    at = desk()
    first, second = invited(at), invited(at, another_of_the_same(at))
    answering.choose(token_of(first), TIMES[0], now=NOON)
    answering.decline(token_of(first), now=NOON)
    answering.choose(token_of(second), TIMES[0], now=NOON)
    first.refresh_from_db()
    assert (first.state, first.from_at) == ("declined", None)


def test_answers_from_one_network_are_limited() -> None:
    meeting = invited(desk())
    client = browser()
    codes = [client.post(link(meeting), {"words": "x"}).status_code for _ in range(31)]
    assert codes == [303] * 30 + [429]
    assert Visit.objects.count() == 1


def test_what_was_planned_before_waits_for_the_meeting_and_comes_back() -> None:
    at = desk()
    plan(at.lead_id, NOON + 2 * DAY, member=at.holder, now=NOON)
    meeting = invited(at)
    answering.choose(token_of(meeting), TIMES[1], now=NOON)
    assert Task.objects.get(lead=at.lead_id, done_at=None).about == "meeting_day"
    inviting.cancel(meeting.pk, member=at.holder, now=NOON)
    back = Task.objects.get(lead=at.lead_id, done_at=None)
    assert (back.about, back.due_at) == ("", NOON + 2 * DAY)


def test_what_is_due_before_the_meeting_stays_the_next_step() -> None:
    at = desk()
    plan(at.lead_id, NOON + HOUR, member=at.holder, now=NOON)
    meeting = invited(at)
    answering.choose(token_of(meeting), TIMES[2], now=NOON)
    step = Task.objects.get(lead=at.lead_id, done_at=None)
    assert (step.about, step.due_at) == ("", NOON + HOUR)


def test_the_page_proposes_free_times_and_makes_the_invitation_once() -> None:
    at = desk()
    client = browser(at.holder)
    page = client.get(reverse("meetings:invite", args=[at.lead_id]))
    offered = [c.code for c in page.context["proposed"]]
    assert len(offered) == 6
    sent = {
        "meeting_id": str(page.context["meeting_id"]),
        "kind": "shop",
        "place": "苏州市吴中区",
        "minutes": "60",
        "times": offered[:3],
    }
    first = client.post(reverse("meetings:invite", args=[at.lead_id]), sent)
    second = client.post(reverse("meetings:invite", args=[at.lead_id]), sent)
    assert first["Location"] == second["Location"]
    meeting = Meeting.objects.get()
    assert [code(t) for t in meeting.offered] == offered[:3]
    shown = client.get(first["Location"]).text
    assert address_of(meeting) in shown
    assert address_of(meeting) in client.get(first["Location"] + "?in=zh").text


def test_what_is_wrong_is_said_and_what_was_typed_stays() -> None:
    at = desk()
    client = browser(at.holder)
    sent = {"meeting_id": str(uuid7()), "kind": "visit", "place": "吴中区", "minutes": "30"}
    page = client.post(reverse("meetings:invite", args=[at.lead_id]), sent)
    assert page.status_code == 422
    assert "Offer one to eight times" in page.text
    assert "吴中区" in page.text
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"times": []}, TimesMissing),
        ({"times": [NOON + n * HOUR for n in range(1, 10)]}, TimesMissing),
        ({"times": [NOON]}, TimesPassed),
        ({"times": [NOON + 400 * DAY]}, TimesPassed),
        ({"place": "  "}, PlaceMissing),
    ],
)
def test_an_impossible_plan_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    at = desk()
    with pytest.raises(error):
        invited(at, **changes)


def test_a_lead_has_one_open_meeting() -> None:
    at = desk()
    first = invited(at)
    with pytest.raises(MeetingOpen):
        invited(at)
    inviting.cancel(first.pk, member=at.holder, now=NOON)
    assert invited(at).state == "offered"
    with pytest.raises(MeetingOver):
        inviting.cancel(first.pk, member=at.holder, now=NOON)


def test_other_times_come_under_the_same_link() -> None:
    at = desk()
    meeting = invited(at)
    answering.choose(token_of(meeting), TIMES[0], now=NOON)
    later = [NOON + 5 * DAY]
    again = Plan("video", "https://meet.example/1", 30, later)
    inviting.offer_again(meeting.pk, again, member=at.holder, now=NOON)
    page = browser().get(link(meeting)).text
    assert code(later[0]) in page
    assert code(TIMES[0]) not in page
    assert not Task.objects.filter(lead=at.lead_id, done_at=None).exists()


def test_a_lost_lead_takes_its_meeting_with_it_and_a_won_one_does_not() -> None:
    at = desk()
    lost, won = invited(at), invited(at, another_of_the_same(at))
    close_lead(lost.lead_id, reason="lost_price", member=at.holder, now=NOON)
    close_lead(won.lead_id, reason="won", member=at.holder, now=NOON)
    while follow(FACTS, NOON):
        pass
    states = {m.pk: m.state for m in Meeting.objects.all()}
    assert states == {lost.pk: "cancelled", won.pk: "offered"}
    assert "called off" in browser().get(link(lost)).text


def test_whoever_gets_the_lead_meets_the_person_unless_busy() -> None:
    at = desk()
    meeting = invited(at)
    other = next(s for s in at.company.seats if s.member != at.holder)
    answering.choose(token_of(meeting), TIMES[0], now=NOON)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=NOON, reason="by_hand")
    while follow(FACTS, NOON):
        pass
    meeting.refresh_from_db()
    assert meeting.organiser == other.member
    mine = another_of_the_same(at)
    busy = invited(at, mine)
    answering.choose(token_of(busy), TIMES[0] + HOUR * 2, now=NOON)
    Meeting.objects.filter(pk=busy.pk).update(
        offered=[TIMES[0]], from_at=TIMES[0], until_at=TIMES[0] + HOUR
    )
    assign(mine, seat_id=other.pk, actor=TESTER, now=NOON, reason="by_hand")
    while follow(FACTS, NOON):
        pass
    busy.refresh_from_db()
    assert busy.organiser == at.holder


def test_whoever_gets_the_lead_because_it_was_late_meets_the_person() -> None:
    at = desk()
    meeting = invited(at)
    keep_clocks(NOON + HOUR / 2)
    meeting.refresh_from_db()
    assert holder(at.lead_id) != at.holder
    assert meeting.organiser == holder(at.lead_id)


def test_whoever_gets_the_lead_that_was_taken_back_meets_the_person() -> None:
    at = desk()
    terms = PoolTerms(uncontacted_minutes=60, turns=1)
    set_policy(at.company.online.pk, terms, actor=TESTER, now=NOON)
    meeting = invited(at)
    recycle(NOON + 2 * HOUR)
    meeting.refresh_from_db()
    assert meeting.organiser == at.holder
    tick(NOON + 2 * HOUR)
    meeting.refresh_from_db()
    assert holder(at.lead_id) != at.holder
    assert meeting.organiser == holder(at.lead_id)


def test_strangers_see_no_meeting_and_change_none() -> None:
    at = desk()
    meeting = invited(at)
    other = next(p for p in at.company.people if p != at.holder)
    client = browser(other)
    assert client.get(reverse("meetings:meeting", args=[meeting.pk])).status_code == 404
    for name in ("settle", "renew", "cancel"):
        assert client.post(reverse(f"meetings:{name}", args=[meeting.pk])).status_code == 404
    with pytest.raises(MeetingMissing):
        inviting.cancel(meeting.pk, member=other, now=NOON)


def test_the_lead_tells_of_its_meeting() -> None:
    at = desk()
    meeting = invited(at)
    answering.choose(token_of(meeting), TIMES[0], now=NOON)
    page = browser(at.holder).get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "Invited to meet" in page
    assert "Meeting agreed: Tue 24 Nov 12:00–12:30" in page
    zh = browser(at.holder, "zh-hans").get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "约好了：11月24日 周二 12:00–12:30" in zh


def test_a_meeting_keeps_its_lead_when_the_import_is_undone() -> None:
    at = desk()
    meeting = invited(at)
    undone = undo([at.lead_id], NOON)
    assert undone.kept_for == {"worked_on": 1}
    assert Meeting.objects.filter(pk=meeting.pk, lead=at.lead_id).exists()


def test_a_call_logged_meanwhile_plans_as_always() -> None:
    at = desk()
    meeting = invited(at)
    answering.choose(token_of(meeting), TIMES[2], now=NOON)
    log_call(at.lead_id, call(next_at=NOON + DAY), member=at.holder, now=NOON)
    step = Task.objects.get(lead=at.lead_id, done_at=None)
    assert (step.about, step.due_at) == ("", NOON + DAY)
    answering.decline(token_of(meeting), now=NOON)
    assert Task.objects.get(lead=at.lead_id, done_at=None).about == "meeting_declined"


def test_a_closed_lead_cannot_be_invited() -> None:
    at = desk()
    close_lead(at.lead_id, reason="lost_price", member=at.holder, now=NOON)
    answer = browser(at.company.administrator).get(reverse("meetings:invite", args=[at.lead_id]))
    assert answer.status_code == 302
    assert placement_of(at.lead_id).kind == "closed"
