"""What follows a sale: looked after by calendar, asked, mended, recommended."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from clew.access.actions import deactivate
from clew.access.models import Member, Role
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.capture.models import Visit
from clew.handoff.actions.leads import assign, reopen
from clew.handoff.calendars import hours
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.aftersale.actions import answering, caring
from clew.pipeline.aftersale.errors import (
    MarkUnknown,
    PlanUnfit,
    StepMissing,
    StepOver,
    SurveyMissing,
    SurveyOld,
)
from clew.pipeline.aftersale.links import token_of
from clew.pipeline.aftersale.models import CareStep, Survey
from clew.pipeline.aftersale.queries import care_of_day, figures, words_of
from clew.pipeline.aftersale.rules import Plan, due, follows
from clew.pipeline.errors import NextTimePassed
from clew.web.flow import FACTS
from tests.company import MONDAY_NOON, TESTER, member
from tests.pipeline.desk import NOON, Desk, desk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> object:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def facts(now: datetime = NOON) -> None:
    while follow(FACTS, now):
        pass


def sold() -> Desk:
    at = desk()
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON, value_minor=1280000)
    facts()
    return at


def asked(at: Desk) -> Survey:
    step = CareStep.objects.get(lead=at.lead_id, kind="ask")
    return caring.ask(step.pk, member=at.holder, now=NOON + 14 * DAY)


def browser(member: Member | None = None, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language}, enforce_csrf_checks=member is None)
    if member:
        client.force_login(member)
    return client


def steps(at: Desk) -> dict[str, CareStep]:
    return {s.kind: s for s in CareStep.objects.filter(lead=at.lead_id, done_at=None)}


def test_a_won_lead_is_looked_after_by_calendar_once() -> None:
    at = sold()
    caring.begin(at.lead_id, NOON)
    made = steps(at)
    assert made.keys() == {"check", "ask"}
    assert made["check"].due_at == NOON + 3 * DAY
    assert {s.member for s in made.values()} == {at.holder}
    assert made["ask"].due_at == NOON + 14 * DAY


def test_a_sale_that_is_heard_of_again_plans_nothing_anew() -> None:
    at = sold()
    caring.finish(steps(at)["check"].pk, "", member=at.holder, now=NOON)
    caring.begin(at.lead_id, NOON)
    assert steps(at).keys() == {"ask"}
    assert CareStep.objects.count() == 2


def test_a_lost_lead_is_not() -> None:
    at = desk()
    close_lead(at.lead_id, reason="lost_price", member=at.holder, now=NOON)
    facts()
    assert not CareStep.objects.exists()


def test_it_is_dropped_when_the_lead_is_taken_up_again() -> None:
    at = sold()
    reopen(at.lead_id, actor=TESTER, now=NOON)
    facts()
    assert not steps(at)
    assert CareStep.objects.filter(is_dropped=True).count() == 2
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON + DAY)
    facts(NOON + DAY)
    assert len(steps(at)) == 2


def test_what_follows_a_new_sale_stays_though_the_old_one_is_heard_of_late() -> None:
    at = sold()
    first = set(CareStep.objects.values_list("pk", flat=True))
    reopen(at.lead_id, actor=TESTER, now=NOON + DAY)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON + 2 * DAY)
    facts(NOON + 3 * DAY)  # both at once: neither was heard of before
    made = steps(at)
    assert made.keys() == {"check", "ask"}
    assert not first & {step.pk for step in made.values()}
    assert made["check"].due_at == NOON + 5 * DAY
    assert CareStep.objects.filter(pk__in=first, is_dropped=True).count() == 2


def test_what_is_heard_of_only_when_all_is_over_is_planned_once() -> None:
    at = desk()
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    reopen(at.lead_id, actor=TESTER, now=NOON + DAY)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON + 2 * DAY)
    facts(NOON + 3 * DAY)
    assert steps(at).keys() == {"check", "ask"}
    assert CareStep.objects.count() == 2


def test_each_sale_is_asked_about_by_a_link_of_its_own() -> None:
    at = sold()
    old = token_of(asked(at))
    answering.rate(old, 5, now=NOON + 15 * DAY)
    reopen(at.lead_id, actor=TESTER, now=NOON + 16 * DAY)
    facts(NOON + 16 * DAY)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON + 17 * DAY)
    facts(NOON + 17 * DAY)
    step = steps(at)["ask"]
    page = reverse("aftersale:step", args=[step.pk])
    with time_machine.travel(NOON + 31 * DAY, tick=False):
        client = browser(at.holder)
        assert "Make the link" in client.get(page).text
        client.post(reverse("aftersale:ask", args=[step.pk]))
        new = token_of(Survey.objects.latest("made_at"))
        text = client.get(page).text
    assert new != old
    assert new in text
    assert "5 / 5" not in text
    answering.rate(old, 4, now=NOON + 31 * DAY)
    assert steps(at)["ask"] == step
    answering.rate(new, 4, now=NOON + 31 * DAY)
    assert "ask" not in steps(at)


def test_words_without_a_mark_are_read_the_same_day() -> None:
    at = sold()
    caring.finish(steps(at)["check"].pk, "", member=at.holder, now=NOON + 3 * DAY)
    token = token_of(asked(at))
    answering.add_words(token, "包装有点破", is_complaint=False, now=NOON + 15 * DAY)
    check = steps(at)["check"]
    assert (check.member, check.due_at) == (at.holder, NOON + 15 * DAY)
    page = browser(at.holder).get(reverse("aftersale:step", args=[check.pk])).text
    assert "包装有点破" in page
    lead = browser(at.company.manager).get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "Wrote how satisfied they are" in lead
    answering.add_words(token, "还有，发票", is_complaint=False, now=NOON + 16 * DAY)
    assert CareStep.objects.filter(kind="check").count() == 2


def test_words_bring_forward_what_shows_them() -> None:
    at = sold()
    answering.rate(token_of(asked(at)), 5, now=NOON + 14 * DAY)
    review = steps(at)["review"]
    caring.put_off(review.pk, NOON + 21 * DAY, member=at.holder, now=NOON + 14 * DAY)
    caring.finish(steps(at)["check"].pk, "", member=at.holder, now=NOON + 14 * DAY)
    token = token_of(Survey.objects.get())
    answering.add_words(token, "很好", is_complaint=False, now=NOON + 15 * DAY)
    assert steps(at).keys() == {"review"}
    assert steps(at)["review"].due_at == NOON + 15 * DAY


def test_what_somebody_who_left_was_to_do_goes_to_the_manager_or_whoever_has_the_lead() -> None:
    at = sold()
    token = token_of(asked(at))
    deactivate(at.holder, actor=TESTER, now=NOON + DAY)
    facts(NOON + DAY)
    assert {step.member for step in steps(at).values()} == {at.company.manager}
    answering.rate(token, 5, now=NOON + 15 * DAY)
    assert steps(at)["review"].member == at.company.manager
    other = next(seat for seat in at.company.seats if seat.member != at.holder)
    reopen(at.lead_id, actor=TESTER, now=NOON + 16 * DAY)
    assign(at.lead_id, seat_id=other.pk, actor=TESTER, now=NOON + 16 * DAY, reason="by_hand")
    assert caring.keeper(at.lead_id, Member.objects.get(pk=at.holder.pk)) == other.member


def test_a_team_without_a_manager_leaves_it_to_an_administrator() -> None:
    at = sold()
    deactivate(at.company.manager, actor=TESTER, now=NOON)
    deactivate(at.holder, actor=TESTER, now=NOON)
    facts(NOON + DAY)
    assert {step.member for step in steps(at).values()} == {at.company.administrator}


def test_it_stands_in_the_day_of_whoever_sold_though_the_lead_is_closed() -> None:
    at = sold()
    assert not care_of_day(at.holder, NOON)
    when = NOON + 3 * DAY
    assert [row.title for row in care_of_day(at.holder, when)] == ["周建国"]
    with time_machine.travel(when, tick=False):
        page = browser(at.holder).get(reverse("pipeline:my_day")).text
    assert "ask whether all runs well" in page
    other = next(p for p in at.company.people if p != at.holder)
    assert not care_of_day(other, when)


def test_the_number_is_shown_on_record_to_whoever_looks_after_them_alone() -> None:
    at = sold()
    step = steps(at)["check"]
    address = reverse("aftersale:step", args=[step.pk])
    client = browser(at.holder)
    assert "13812345678" not in client.get(address).text
    page = client.post(reverse("aftersale:reveal", args=[step.pk])).text
    assert "138 1234 5678" in page
    other = browser(next(p for p in at.company.people if p != at.holder))
    assert other.get(address).status_code == 404
    assert other.post(reverse("aftersale:reveal", args=[step.pk])).status_code == 404


def test_a_manager_reaches_the_customers_of_their_own_people_alone() -> None:
    at = sold()
    step, now = steps(at)["check"], NOON + 15 * DAY
    answering.rate(token_of(asked(at)), 5, now=now)
    boss = member(at.company.organisation, "boss", Role.MANAGER, at.company.offline)
    for manager, status, count in ((at.company.manager, 200, 1), (boss, 404, 0)):
        client = browser(manager)
        assert client.get(reverse("aftersale:step", args=[step.pk])).status_code == status
        answer = client.post(reverse("aftersale:reveal", args=[step.pk]))
        assert answer.status_code == status
        assert figures(manager, "90d", now).asked == count
    with pytest.raises(StepMissing):
        caring.finish(step.pk, "", member=boss, now=now)


def test_what_is_done_shows_no_number_any_more() -> None:
    at = sold()
    step = steps(at)["check"]
    caring.finish(step.pk, "", member=at.holder, now=NOON)
    client = browser(at.holder)
    answer = client.post(reverse("aftersale:reveal", args=[step.pk]), follow=True)
    assert "138 1234 5678" not in answer.text
    assert "Show the number" not in answer.text


def test_one_tap_gives_a_mark_and_the_question_is_done() -> None:
    at = sold()
    token = token_of(asked(at))
    link = reverse("aftersale:answer", args=[token])
    client = browser()
    page = client.get(link)
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    for secret in ("周建国", "138", "昆山锐达", str(at.lead_id)):
        assert secret not in page.text
    assert client.post(link, {"mark": "4"}).status_code == 303
    assert Survey.objects.get().mark == 4
    assert "ask" not in steps(at)
    assert "Thank you" in client.get(link).text


def test_a_low_mark_calls_the_manager_at_once_and_once() -> None:
    at = sold()
    token = token_of(asked(at))
    answering.rate(token, 2, now=NOON + 15 * DAY)
    answering.rate(token, 2, now=NOON + 15 * DAY)
    answering.add_words(token, "晚到三天", is_complaint=True, now=NOON + 15 * DAY)
    recover = CareStep.objects.get(kind="recover")
    assert recover.member == at.company.manager
    assert [r.why for r in care_of_day(at.company.manager, NOON + 15 * DAY)]
    page = browser(at.company.manager).get(reverse("aftersale:step", args=[recover.pk])).text
    assert "晚到三天" in page


def test_the_same_mark_again_calls_nobody_about_what_was_mended_already() -> None:
    at = sold()
    token = token_of(asked(at))
    answering.rate(token, 2, now=NOON + 15 * DAY)
    recover = steps(at)["recover"]
    caring.finish(recover.pk, "", member=at.company.manager, now=NOON + 16 * DAY)
    answering.rate(token, 2, now=NOON + 17 * DAY)
    assert "recover" not in steps(at)
    assert Entry.objects.filter(name="SatisfactionTold").count() == 1


def test_a_complaint_calls_the_manager_whatever_the_mark() -> None:
    at = sold()
    token = token_of(asked(at))
    answering.add_words(token, "少一根电缆", is_complaint=True, now=NOON + 15 * DAY)
    assert CareStep.objects.get(kind="recover").member == at.company.manager
    survey = Survey.objects.get()
    assert words_of(survey) == "少一根电缆"
    assert "电缆".encode() not in bytes(survey.words or b"")


def test_a_high_mark_asks_for_a_recommendation() -> None:
    at = sold()
    answering.rate(token_of(asked(at)), 5, now=NOON + 15 * DAY)
    review = CareStep.objects.get(kind="review")
    assert review.member == at.holder
    page = browser(at.holder).get(reverse("aftersale:step", args=[review.pk])).text
    assert "if you know somebody who needs the same" in page


def test_an_old_or_unknown_question_and_a_mark_that_is_none_are_refused() -> None:
    at = sold()
    survey = asked(at)
    token = token_of(survey)
    for wrong in (0, 6):
        with pytest.raises(MarkUnknown):
            answering.rate(token, wrong, now=NOON)
    with pytest.raises(SurveyMissing):
        answering.rate("none", 3, now=NOON)
    with pytest.raises(SurveyOld):
        answering.rate(token, 3, now=survey.expires_at)
    with time_machine.travel(survey.expires_at, tick=False):
        assert browser().get(reverse("aftersale:answer", args=[token])).status_code == 410
    assert browser().get("/s/none").status_code == 404
    with pytest.raises(IntegrityError, match="survey_mark"), transaction.atomic():
        Survey.objects.update(mark=6, answered_at=NOON)


def test_answers_from_one_network_are_limited() -> None:
    link = reverse("aftersale:answer", args=[token_of(asked(sold()))])
    codes = [browser().post(link, {"mark": "3"}).status_code for _ in range(31)]
    assert codes == [303] * 30 + [429]
    assert Visit.objects.count() == 1


def test_what_is_done_is_told_in_the_timeline_and_done_once() -> None:
    at = sold()
    step = steps(at)["check"]
    caring.finish(step.pk, "一切正常", member=at.holder, now=NOON + 3 * DAY)
    with pytest.raises(StepOver):
        caring.finish(step.pk, "", member=at.holder, now=NOON + 3 * DAY)
    answering.rate(token_of(asked(at)), 5, now=NOON + 15 * DAY)
    page = browser(at.company.manager).get(reverse("pipeline:lead", args=[at.lead_id])).text
    assert "一切正常" in page
    assert "5 / 5" in page


def test_it_is_put_off_but_not_into_the_past_and_not_by_others() -> None:
    at = sold()
    step = steps(at)["check"]
    caring.put_off(step.pk, NOON + 9 * DAY, member=at.holder, now=NOON)
    assert not care_of_day(at.holder, NOON + 3 * DAY)
    with pytest.raises(NextTimePassed):
        caring.put_off(step.pk, NOON, member=at.holder, now=NOON)
    other = next(p for p in at.company.people if p != at.holder)
    with pytest.raises(StepMissing):
        caring.put_off(step.pk, NOON + DAY, member=other, now=NOON)


def test_a_team_has_its_own_plan() -> None:
    at = desk()
    plan = Plan(check_days=1, ask_days=30, low_until=3, high_from=4)
    caring.set_plan(at.company.online.pk, plan, member=at.company.manager, now=NOON)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    facts()
    assert steps(at)["check"].due_at == NOON + DAY
    answering.rate(token_of(asked(at)), 3, now=NOON + 15 * DAY)
    assert CareStep.objects.filter(kind="recover").exists()
    client = browser(at.company.manager)
    address = reverse("aftersale:plan", args=[at.company.online.pk])
    wrong = {"check_days": "0", "ask_days": "14", "low_until": "2", "high_from": "5"}
    assert client.post(address, wrong).status_code == 422
    assert client.post(address, wrong | {"check_days": "2"}).status_code == 302
    unfit = Plan(low_until=4, high_from=4)
    with pytest.raises(PlanUnfit):
        caring.set_plan(at.company.online.pk, unfit, member=at.company.manager, now=NOON)


def test_the_numbers_agree_with_what_they_open() -> None:
    at = sold()
    now = NOON + 15 * DAY
    answering.rate(token_of(asked(at)), 1, now=now)
    found = figures(at.company.manager, "90d", now)
    assert (found.asked, found.answered, found.average) == (1, 1, 1.0)
    assert dict(found.marks)[1] == 1
    assert (found.recovering, found.recovered) == (1, 0)
    with time_machine.travel(now, tick=False):
        client = browser(at.company.manager)
        page = reverse("aftersale:figures")
        for mark, count in [*found.marks, ("answered", found.answered), ("complaint", 0)]:
            assert len(client.get(page, {"mark": mark}).context["answers"]) == count
    other = next(p for p in at.company.people if p != at.holder)
    assert figures(other, "90d", now).asked == 0


def test_work_begins_in_working_hours() -> None:
    week = hours("Asia/Shanghai", [[d * 1440 + 510, d * 1440 + 1080] for d in range(5)], [])
    friday_evening = NOON + 4 * DAY + timedelta(hours=8)
    assert due(friday_evening, 1, week) == (NOON + 7 * DAY).replace(hour=8, minute=30)
    assert due(NOON, 1, week) == NOON + DAY
    assert due(friday_evening, 1, None) == friday_evening + DAY


def test_what_an_answer_asks_for() -> None:
    plan = Plan()
    assert [follows(plan, mark, is_complaint=False) for mark in range(1, 6)] == [
        "recover",
        "recover",
        "",
        "",
        "review",
    ]
    assert follows(plan, 5, is_complaint=True) == "recover"
    assert follows(plan, None, is_complaint=False) == ""
