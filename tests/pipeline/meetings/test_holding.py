"""Reminding, whether they came, what was learnt, handing over; and the day's agenda."""

from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clew.access.models import Member, Role
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.handoff.actions.leads import assign, close, to_pool
from clew.handoff.actions.seats import join, leave
from clew.handoff.errors import LeadNotOpen, SeatMissing
from clew.handoff.models import Seat
from clew.handoff.people.actions import plan_absence
from clew.pipeline.actions.leads import close_lead, plan
from clew.pipeline.errors import LeadNotClaimed
from clew.pipeline.meetings.actions import answering, holding, inviting
from clew.pipeline.meetings.agenda import agenda
from clew.pipeline.meetings.errors import (
    LabelsUnfit,
    MeetingAhead,
    MeetingUnsettled,
    NoteEmpty,
    NotHeldYet,
)
from clew.pipeline.meetings.links import token_of
from clew.pipeline.meetings.models import Meeting, VisitNote
from clew.pipeline.meetings.queries import visit_note
from clew.pipeline.models import Task
from clew.pipeline.moves.models import Stage
from clew.pipeline.moves.queries import standing_of
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, member
from tests.pipeline.desk import NOON, Desk, desk, holder
from tests.pipeline.meetings.test_inviting import DAY, HOUR, TIMES, invited

pytestmark = pytest.mark.django_db
AT = TIMES[2]  # three days ahead


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def agreed(at: Desk) -> Meeting:
    return answering.choose(token_of(invited(at)), AT, now=NOON)


def step(lead_id: UUID) -> tuple[str, object]:
    task = Task.objects.get(lead=lead_id, done_at=None)
    return task.about, task.due_at


def browser(member: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    return client


def held(at: Desk) -> Meeting:
    return holding.tell(agreed(at).pk, did_come=True, member=at.holder, now=AT + HOUR)


def facts(now: object = AT) -> None:
    while follow(FACTS, now):  # type: ignore[arg-type]
        pass


def test_reminders_come_a_day_before_two_hours_before_and_afterwards() -> None:
    at = desk()
    meeting = agreed(at)
    seen = []
    for now in (AT - DAY, AT - HOUR, AT + HOUR):
        holding.remind(now)
        seen.append(step(at.lead_id)[0])
    assert seen == ["meeting_day", "meeting_soon", "meeting_over"]
    reminded = Entry.objects.filter(name="MeetingReminded", subject=at.lead_id)
    assert [e.data["about"] for e in reminded.order_by("pk")] == seen
    holding.remind(AT + 2 * HOUR)
    assert reminded.count() == 3
    meeting.refresh_from_db()
    assert meeting.remind_at is None


def test_a_reminder_goes_before_what_was_planned_and_gives_the_place_back() -> None:
    at = desk()
    agreed(at)
    meeting = Meeting.objects.get()
    plan(at.lead_id, AT + DAY, member=at.holder, now=NOON)
    holding.remind(AT - DAY)
    assert step(at.lead_id) == ("meeting_day", AT - DAY)
    holding.check_off(meeting.pk, member=at.holder, now=AT - DAY)
    assert step(at.lead_id) == ("meeting_soon", AT - 2 * HOUR)
    holding.remind(AT - 2 * HOUR)
    holding.tell(meeting.pk, did_come=True, member=at.holder, now=AT + HOUR)
    assert step(at.lead_id) == ("", AT + DAY)


def test_a_step_that_is_late_already_waits_for_the_reminder_and_is_not_lost() -> None:
    at = desk()
    meeting = agreed(at)
    plan(at.lead_id, AT - 2 * DAY, member=at.holder, now=NOON)
    holding.remind(AT - DAY)
    assert step(at.lead_id)[0] == "meeting_day"
    holding.check_off(meeting.pk, member=at.holder, now=AT - DAY)
    assert step(at.lead_id) == ("", AT - 2 * DAY)


def test_my_day_says_what_the_meeting_needs() -> None:
    at = desk()
    agreed(at)
    with time_machine.travel(AT - HOUR, tick=False):
        holding.remind(AT - HOUR)
        page = browser(at.holder).get(reverse("pipeline:my_day")).text
    assert "Meeting soon: remind them" in page


def test_whether_they_came_is_told_in_two_taps_and_moves_the_lead() -> None:
    at = desk()
    meeting = agreed(at)
    with time_machine.travel(AT + HOUR, tick=False):
        client = browser(at.holder)
        lead = client.get(reverse("pipeline:lead", args=[at.lead_id])).text
        came = reverse("meetings:came", args=[meeting.pk])
        assert came in lead
        client.post(came)
    facts()
    meeting.refresh_from_db()
    assert meeting.state == "held"
    stands = standing_of(at.lead_id)
    assert stands
    assert Stage.objects.get(pk=stands.stage_id).enters_on == "met"


def test_a_mistap_is_corrected_and_the_same_answer_twice_is_one() -> None:
    at = desk()
    meeting = held(at)
    again = holding.tell(meeting.pk, did_come=True, member=at.holder, now=AT + 2 * HOUR)
    assert again.told_at == AT + HOUR
    holding.tell(meeting.pk, did_come=False, member=at.holder, now=AT + 2 * HOUR)
    names = Entry.objects.filter(name__in=["MeetingHeld", "MeetingMissed"]).order_by("pk")
    assert list(names.values_list("name", flat=True)) == ["MeetingHeld", "MeetingMissed"]


def test_nobody_can_have_come_before_the_time_or_without_one() -> None:
    at = desk()
    meeting = invited(at)
    with pytest.raises(MeetingUnsettled):
        holding.tell(meeting.pk, did_come=True, member=at.holder, now=NOON)
    answering.choose(token_of(meeting), AT, now=NOON)
    with pytest.raises(MeetingAhead):
        holding.tell(meeting.pk, did_come=True, member=at.holder, now=AT - HOUR)


def test_whoever_did_not_come_is_invited_again_with_a_text() -> None:
    at = desk()
    meeting = agreed(at)
    holding.tell(meeting.pk, did_come=False, member=at.holder, now=AT + HOUR)
    with time_machine.travel(AT + HOUR, tick=False):
        client = browser(at.holder)
        first = client.post(reverse("meetings:again", args=[meeting.pk]))
        second = client.post(reverse("meetings:again", args=[meeting.pk]))
        page = client.get(first["Location"]).text
    assert first["Location"] == second["Location"]
    made = Meeting.objects.get(follows=meeting)
    assert (made.kind, made.place, made.minutes) == (meeting.kind, meeting.place, meeting.minutes)
    assert all(t > AT + HOUR for t in made.offered)
    assert "A pity that we missed each other" in page
    assert token_of(made) in page


def missed(at: Desk) -> Meeting:
    return holding.tell(agreed(at).pk, did_come=False, member=at.holder, now=AT + HOUR)


def test_who_has_the_lead_now_invites_again_at_times_when_they_are_free() -> None:
    at = desk()
    meeting = missed(at)
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=AT + HOUR, reason="by_hand")
    plan_absence(
        [other.pk], from_at=AT, until_at=AT + 5 * DAY, reason="", planner=other.member, now=AT
    )
    with time_machine.travel(AT + HOUR, tick=False):
        browser(other.member).post(reverse("meetings:again", args=[meeting.pk]))
    made = Meeting.objects.get(follows=meeting)
    assert made.organiser == other.member
    assert all(at_ >= AT + 5 * DAY for at_ in made.offered)


def test_a_meeting_goes_to_whoever_the_belt_gives_the_pooled_lead_to() -> None:
    at = desk()
    meeting = agreed(at)
    mine = next(seat for seat in at.company.seats if seat.member == at.holder)
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=NOON, reason="by_hand")
    leave(mine.pk, actor=TESTER, now=NOON)
    facts(NOON)
    assert enquire(at.company.site, name="周建国", phone="13812345678", **HOT)
    heir = holder(at.lead_id)
    meeting.refresh_from_db()
    assert heir != at.holder
    assert (meeting.organiser, meeting.state) == (heir, "confirmed")


def test_one_invitation_again_follows_the_other() -> None:
    at = desk()
    meeting = missed(at)
    again = reverse("meetings:again", args=[meeting.pk])
    with time_machine.travel(AT + HOUR, tick=False):
        client = browser(at.holder)
        client.post(again)
        second = Meeting.objects.get(follows=meeting)
        inviting.cancel(second.pk, member=at.holder, now=AT + HOUR)
        assert client.post(again).status_code == 302
    third = Meeting.objects.get(follows=second)
    assert third.state == "offered"


def test_nobody_is_invited_again_who_came_or_whose_lead_nobody_has() -> None:
    at = desk()
    meeting = held(at)
    again = reverse("meetings:again", args=[meeting.pk])
    page = browser(at.holder).post(again, follow=True).text
    assert "Only whoever did not come is invited again." in page
    holding.tell(meeting.pk, did_come=False, member=at.holder, now=AT + HOUR)
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=AT, reason="by_hand")
    page = browser(at.company.manager).post(again, follow=True).text
    assert "This lead is in the pool." in page
    assert Meeting.objects.count() == 1


def test_who_won_the_lead_says_whether_they_came_and_nobody_else_of_the_team() -> None:
    at = desk()
    meeting = agreed(at)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    facts(NOON + HOUR)
    with time_machine.travel(AT + HOUR, tick=False):
        client = browser(at.holder)
        page = client.get(reverse("meetings:agenda")).text
        assert "周建国" in page
        came = reverse("meetings:came", args=[meeting.pk])
        assert came in page
        assert client.post(came, follow=True).status_code == 200
        page = client.get(reverse("meetings:meeting", args=[meeting.pk])).text
        assert reverse("pipeline:lead", args=[at.lead_id]) in page
        other = next(p for p in at.company.people if p != at.holder)
        assert browser(other).post(came).status_code == 404
    meeting.refresh_from_db()
    assert meeting.state == "held"
    holding.note(meeting.pk, [("x", "y")], member=at.holder, now=AT + HOUR)


def test_who_let_a_lead_go_does_not_open_its_meeting() -> None:
    at = desk()
    meeting = held(at)
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=AT + HOUR, reason="by_hand")
    page = reverse("meetings:meeting", args=[meeting.pk])
    assert browser(at.holder).get(page).status_code == 404
    close_lead(at.lead_id, reason="lost_need", member=other.member, now=AT + 2 * HOUR)
    assert browser(at.holder).get(page).status_code == 404
    assert browser(other.member).get(page).status_code == 200


@pytest.mark.parametrize("digits", ["9" * 12, "9" * 5000, "٣"])
def test_numbers_that_no_page_sends_are_answered_in_words(digits: str) -> None:
    at = desk()
    meeting = held(at)
    client = browser(at.holder)
    hand_over = reverse("meetings:hand_over", args=[meeting.pk])
    assert client.post(hand_over, {"seat_id": digits}).status_code == 404
    report = client.get(reverse("meetings:report"), {"who": digits})
    assert report.status_code == 200
    offer = reverse("meetings:invite", args=[at.lead_id])
    assert client.post(offer, {"minutes": digits, "kind": "video"}).status_code in {404, 422}


def test_the_note_is_sealed_and_told_in_the_timeline() -> None:
    at = desk()
    meeting = held(at)
    said = [("What they need", "750W × 20"), ("What they doubt", "")]
    kept = holding.note(meeting.pk, said, member=at.holder, now=AT + HOUR)
    assert b"750W" not in bytes(kept.body)
    assert visit_note(meeting) == [("What they need", "750W × 20")]
    page = browser(at.holder).get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "What they need: 750W × 20" in page
    with pytest.raises(NoteEmpty):
        holding.note(meeting.pk, [("x", " ")], member=at.holder, now=AT + HOUR)


def test_a_team_notes_what_it_wants_to_and_old_notes_keep_their_lines() -> None:
    at = desk()
    meeting = held(at)
    holding.note(meeting.pk, [("What they need", "20")], member=at.holder, now=AT + HOUR)
    client = browser(at.company.manager)
    address = reverse("meetings:template", args=[at.company.online.pk])
    assert client.post(address, {"labels": "现场工况\n\n 现场工况\n竞品"}).status_code == 302
    page = browser(at.holder).get(reverse("meetings:meeting", args=[meeting.pk])).text
    for words in ("现场工况", "竞品", "What they need"):
        assert words in page
    assert "What they doubt" not in page
    for wrong in ("", "x" * 61, "\n".join(map(str, range(13)))):
        assert client.post(address, {"labels": wrong}).status_code == 422
    with pytest.raises(LabelsUnfit):
        holding.set_template(at.company.online.pk, [], member=at.company.manager, now=NOON)


def offline_seat(at: Desk) -> Seat:
    person = member(at.company.organisation, "outdoor", Role.SALESPERSON)
    team = at.company.offline.pk
    return join(team, person.pk, weight=1, capacity=50, actor=TESTER, now=NOON)


def test_the_lead_is_handed_over_with_its_note_in_one_step() -> None:
    at = desk()
    seat = offline_seat(at)
    meeting = held(at)
    holding.note(meeting.pk, [("What they need", "20 台")], member=at.holder, now=AT + HOUR)
    answer = browser(at.holder).post(
        reverse("meetings:hand_over", args=[meeting.pk]), {"seat_id": seat.pk}
    )
    assert answer["Location"] == reverse("pipeline:my_day")
    assert holder(at.lead_id) == seat.member
    page = browser(seat.member).get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "20 台" in page
    assert "Handed over after a meeting" in page


def test_a_lead_in_a_pool_is_claimed_before_it_is_handed_over() -> None:
    at = desk()
    seat = offline_seat(at)
    meeting = held(at)
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=AT, reason="by_hand")
    with pytest.raises(LeadNotClaimed):
        holding.hand_over(meeting.pk, seat.pk, member=at.company.manager, now=AT + HOUR)
    close(at.lead_id, reason="won", actor=TESTER, now=AT + HOUR)
    with pytest.raises(LeadNotOpen):
        holding.hand_over(meeting.pk, seat.pk, member=at.company.manager, now=AT + HOUR)


def test_only_a_lead_that_was_met_goes_only_to_the_offline_team() -> None:
    at = desk()
    seat = offline_seat(at)
    meeting = agreed(at)
    with pytest.raises(NotHeldYet):
        holding.hand_over(meeting.pk, seat.pk, member=at.holder, now=NOON)
    holding.tell(meeting.pk, did_come=True, member=at.holder, now=AT)
    other = next(s for s in at.company.seats if s.member != at.holder)
    with pytest.raises(SeatMissing):
        holding.hand_over(meeting.pk, other.pk, member=at.holder, now=AT)


def test_the_agenda_shows_the_day_what_is_not_told_and_what_waits() -> None:
    at = desk()
    meeting = agreed(at)
    of_day = agenda(at.holder, AT.date(), NOON)
    assert [line.meeting_id for line in of_day.lines] == [meeting.pk]
    assert not agenda(at.holder, NOON.date(), NOON).lines
    later = agenda(at.holder, (AT + DAY).date(), AT + DAY)
    assert [line.meeting_id for line in later.untold] == [meeting.pk]
    page = browser(at.holder).get(reverse("meetings:agenda") + f"?day={AT.date()}").text
    assert "周建国" in page


def test_others_see_no_meeting_of_mine_in_their_agenda() -> None:
    at = desk()
    agreed(at)
    other = next(p for p in at.company.people if p != at.holder)
    page = browser(other).get(reverse("meetings:agenda") + f"?day={AT.date()}&who={at.holder.pk}")
    assert "周建国" not in page.text
    boss = browser(at.company.manager).get(
        reverse("meetings:agenda") + f"?day={AT.date()}&who={at.holder.pk}"
    )
    assert "周建国" in boss.text


def test_a_meeting_whose_lead_went_to_others_stays_in_the_agenda_without_a_name() -> None:
    at = desk()
    seat = offline_seat(at)
    meeting = held(at)
    holding.hand_over(meeting.pk, seat.pk, member=at.holder, now=AT + HOUR)
    page = browser(at.holder).get(reverse("meetings:agenda") + f"?day={AT.date()}").text
    assert "周建国" not in page
    assert "with others now" in page


def test_nothing_can_be_noted_where_nobody_came() -> None:
    at = desk()
    meeting = agreed(at)
    with pytest.raises(MeetingUnsettled):
        holding.note(meeting.pk, [("x", "y")], member=at.holder, now=AT)
    assert not VisitNote.objects.exists()


def test_a_plan_of_days_far_off_is_today() -> None:
    at = desk()
    client = browser(at.holder)
    for text in ("x", "0001-01-01", "9999-12-31"):
        assert client.get(reverse("meetings:agenda"), {"day": text}).status_code == 200
