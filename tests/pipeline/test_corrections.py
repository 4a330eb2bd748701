"""Correcting what a lead is about and where it is from, and giving it back to the pool, on its page."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.urls import reverse

from clew.access.models import Member, Role
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.errors import CategoryNotKnown, RegionUnclear, RegionUnknown
from clew.contacts.models import Correction, Lead
from clew.grading import actions as grading
from clew.grading.actions import Days, set_validity
from clew.grading.models import Grade
from clew.handoff.actions import leads as handoff
from clew.handoff.errors import LeadMissing
from clew.handoff.models import Seat
from clew.handoff.people.actions import set_takes
from clew.pipeline.actions.fields import correct_facts
from clew.pipeline.actions.leads import give_back, log_call, plan
from clew.pipeline.categories import known_categories
from clew.pipeline.errors import BackReasonUnknown, LeadNotClaimed, NoteTooLong
from clew.pipeline.models import Clock, GivenBack, Task
from clew.web.flow import FACTS, tick
from tests.company import MONDAY_NOON, TESTER, enquire, member
from tests.pipeline.desk import TOMORROW, Desk, call, desk
from tests.pipeline.many import NOW, browser, stands

pytestmark = pytest.mark.django_db
KUNSHAN = "江苏 苏州 昆山"


def know(one: Desk, *names: str) -> None:
    seat = one.company.seats[0]
    set_takes(seat.pk, categories=names, regions=[], actor=TESTER, now=MONDAY_NOON)


def sent(lead_id: UUID, **typed: str) -> dict[str, str]:
    lead = Lead.objects.get(pk=lead_id)
    held = {"category": lead.category, "region": lead.region}
    return {**held, "shown_category": lead.category, "shown_region": lead.region, **typed}


def correct(
    viewer: Member, lead_id: UUID, given: dict[str, str], language: str = "en"
) -> HttpResponse:
    client = browser(viewer, language)
    return client.post(reverse("pipeline:correct", args=[lead_id]), given)  # type: ignore[return-value]


def hand_back(viewer: Member, lead_id: UUID, **given: str) -> HttpResponse:
    return browser(viewer).post(reverse("pipeline:give_back", args=[lead_id]), given)  # type: ignore[return-value]


def test_a_corrected_lead_is_graded_anew_and_stays_with_its_holder() -> None:
    one = desk()
    know(one, "伺服电机")
    before = stands(one.lead_id).pk
    facts = {"category": "伺服电机", "region": "昆山市"}
    assert correct_facts([one.lead_id], facts, member=one.holder, now=NOW) == [one.lead_id]
    lead = Lead.objects.get(pk=one.lead_id)
    assert (lead.category, lead.region, lead.region_code) == ("伺服电机", KUNSHAN, 320583)
    assert Grade.objects.get(lead=one.lead_id, superseded_at=None).graded_at == NOW
    assert stands(one.lead_id).pk == before


def test_a_lead_is_valid_for_as_long_as_leads_of_its_corrected_group() -> None:
    one = desk()
    set_validity("伺服电机", Days(7, 7, 7), actor=TESTER, now=MONDAY_NOON)
    correct_facts([one.lead_id], {"category": "伺服电机"}, member=one.holder, now=NOW)
    assert Lead.objects.get(pk=one.lead_id).valid_until == MONDAY_NOON + timedelta(days=7)


def test_a_persons_word_about_the_grade_holds_through_a_correction() -> None:
    one = desk()
    grading.override(one.lead_id, 1, "同行", member=one.company.manager, now=MONDAY_NOON)
    correct_facts([one.lead_id], {"region": "上海"}, member=one.holder, now=NOW)
    grade = Grade.objects.get(lead=one.lead_id, superseded_at=None)
    assert (grade.level, grade.override is not None) == (1, True)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"category": "没有这种"}, CategoryNotKnown),
        ({"category": ""}, CategoryNotKnown),
        ({"region": "火星"}, RegionUnknown),
        ({"region": ""}, RegionUnknown),
        ({"region": "x" * 100_000}, RegionUnknown),
        ({"region": "鼓楼区"}, RegionUnclear),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    facts: dict[str, str], error: type[Exception]
) -> None:
    one = desk()
    with pytest.raises(error):
        correct_facts([one.lead_id], facts, member=one.holder, now=NOW)
    assert not Correction.objects.exists()


def test_nobody_corrects_what_they_may_not_see() -> None:
    one = desk()
    stranger = next(p for p in one.company.people if p != one.holder)
    with pytest.raises(LeadMissing):
        correct_facts([one.lead_id], {"region": "上海"}, member=stranger, now=NOW)
    assert correct(stranger, one.lead_id, sent(one.lead_id, region="上海")).status_code == 404


def test_groups_are_known_from_seats_validities_and_leads_each_once() -> None:
    one = desk()
    know(one, "PLC", "伺服电机")
    set_validity("变频器", Days(7, 7, 7), actor=TESTER, now=MONDAY_NOON)
    enquire(one.company.site, phone="13900000001", category="plc")
    enquire(one.company.site, phone="13900000002", category="减速机")
    assert sorted(known_categories()) == sorted(["PLC", "伺服电机", "减速机", "变频器"])


def test_the_page_corrects_and_tells_it_in_the_timeline() -> None:
    one = desk()
    know(one, "伺服电机")
    given = sent(one.lead_id, category="伺服电机", region="江苏昆山")
    assert correct(one.holder, one.lead_id, given).status_code == 302
    page = browser(one.holder).get(reverse("pipeline:lead", args=[one.lead_id])).text
    assert "Category: – → 伺服电机" in page
    assert f"Region: – → {KUNSHAN}" in page
    assert one.holder.name in page


@pytest.mark.parametrize(
    ("typed", "language", "words"),
    [
        ({"region": "鼓楼区"}, "en", "“鼓楼区” is in several places: 南京"),
        ({"region": "鼓楼区"}, "zh-hans", "“鼓楼区”有好几个：南京"),
        ({"region": "火星"}, "en", "There is no region of this name."),
        ({"region": "火星"}, "zh-hans", "没有这个地区"),
        ({"region": "x" * 5_000}, "zh-hans", "60"),
        ({"category": "没有这种"}, "en", "Choose one of the product groups"),
        ({"category": "没有这种"}, "zh-hans", "请从已有的品类里选"),
    ],
)
def test_what_cannot_be_read_is_said_in_the_readers_language_with_what_was_typed(
    typed: dict[str, str], language: str, words: str
) -> None:
    one = desk()
    answer = correct(one.holder, one.lead_id, sent(one.lead_id, **typed), language)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'id="facts" class="c-mt" open' in page
    assert not Correction.objects.exists()


def test_what_is_known_cannot_be_emptied() -> None:
    one = desk()
    correct_facts([one.lead_id], {"region": "上海"}, member=one.holder, now=NOW)
    assert correct(one.holder, one.lead_id, sent(one.lead_id, region="")).status_code == 422
    assert Lead.objects.get(pk=one.lead_id).region == "上海"


def test_who_drew_the_page_before_somebody_else_corrected_is_shown_both() -> None:
    one = desk()
    old = sent(one.lead_id, region="江苏昆山")
    correct_facts([one.lead_id], {"region": "上海"}, member=one.company.manager, now=NOW)
    answer = correct(one.holder, one.lead_id, old)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody has changed one of these fields meanwhile" in page
    assert f'value="{KUNSHAN}"' in page
    assert 'name="shown_region" value="上海"' in page
    assert Lead.objects.get(pk=one.lead_id).region == "上海"


def test_what_one_did_not_touch_does_not_stand_against_what_another_did() -> None:
    one = desk()
    know(one, "伺服电机")
    old = sent(one.lead_id, category="伺服电机")
    correct_facts([one.lead_id], {"region": "上海"}, member=one.company.manager, now=NOW)
    assert correct(one.holder, one.lead_id, old).status_code == 302
    lead = Lead.objects.get(pk=one.lead_id)
    assert (lead.category, lead.region) == ("伺服电机", "上海")


def test_an_odd_region_that_came_in_does_not_stand_in_the_way_of_the_group() -> None:
    one = desk()
    know(one, "伺服电机")
    Lead.objects.filter(pk=one.lead_id).update(region="火星")
    given = sent(one.lead_id, category="伺服电机")
    assert correct(one.holder, one.lead_id, given).status_code == 302
    assert Lead.objects.get(pk=one.lead_id).region == "火星"


def test_a_lead_given_back_lies_in_the_pool_of_its_team_without_clock_and_next_step() -> None:
    one = desk()
    had = stands(one.lead_id)
    plan(one.lead_id, TOMORROW, member=one.holder, now=NOW)
    give_back(one.lead_id, reason="stuck", note="要英文报价", member=one.holder, now=NOW)
    now_in = stands(one.lead_id)
    assert (now_in.kind, now_in.team_id, now_in.reason) == ("pool", had.team_id, "stuck")
    assert not Clock.objects.filter(stopped_at=None).exists()
    assert not Task.objects.filter(done_at=None).exists()
    assert Seat.objects.get(pk=had.seat_id).open_count == 0
    pooled = Entry.objects.get(name="LeadPooled")
    assert pooled.data == {"team_id": had.team_id, "reason": "stuck"}
    assert "要英文报价".encode() not in bytes(GivenBack.objects.get().note)


def test_nobody_gets_by_turn_what_was_given_back() -> None:
    one = desk()
    give_back(one.lead_id, reason="no_time", member=one.holder, now=NOW)
    tick(NOW)
    assert stands(one.lead_id).kind == "pool"


def test_who_claims_what_was_given_back_has_a_clock_again() -> None:
    one = desk()
    give_back(one.lead_id, reason="no_time", member=one.holder, now=NOW)
    other = next(p for p in one.company.people if p != one.holder)
    handoff.claim(one.lead_id, member=other, now=NOW)
    while follow(FACTS, NOW):
        pass
    assert Clock.objects.filter(lead=one.lead_id, stopped_at=None).count() == 1


def test_the_next_one_reads_why_it_was_given_back() -> None:
    one = desk()
    answer = hand_back(one.holder, one.lead_id, reason="wants_other", note="要找女销售")
    assert answer.status_code == 302
    other = next(p for p in one.company.people if p != one.holder)
    page = browser(other).get(reverse("pipeline:lead", args=[one.lead_id])).text
    assert "The customer wants somebody else" in page
    assert "要找女销售" in page
    assert one.holder.name in page


def test_what_makes_no_sense_is_not_given_back() -> None:
    one = desk()
    with pytest.raises(BackReasonUnknown):
        give_back(one.lead_id, reason="turn", member=one.holder, now=NOW)
    with pytest.raises(NoteTooLong):
        give_back(one.lead_id, reason="stuck", note="x" * 2001, member=one.holder, now=NOW)
    assert hand_back(one.holder, one.lead_id).status_code == 422
    assert hand_back(one.holder, one.lead_id, reason="x", note="y").status_code == 422
    assert hand_back(one.holder, one.lead_id, reason="stuck", note="y" * 2001).status_code == 422
    assert stands(one.lead_id).kind == "person"


def test_only_what_somebody_holds_and_the_member_sees_is_given_back() -> None:
    one = desk()
    other = next(p for p in one.company.people if p != one.holder)
    far = member(one.company.organisation, "far", Role.MANAGER, one.company.offline)
    for stranger in (other, far):
        with pytest.raises(LeadMissing):
            give_back(one.lead_id, reason="stuck", member=stranger, now=NOW)
    give_back(one.lead_id, reason="stuck", member=one.company.manager, now=NOW)
    with pytest.raises(LeadNotClaimed):
        give_back(one.lead_id, reason="stuck", member=one.company.manager, now=NOW)
    again = hand_back(one.holder, one.lead_id, reason="stuck")
    assert again.status_code == 302
    assert Entry.objects.filter(name="LeadPooled").count() == 1


def test_a_call_is_not_lost_when_a_lead_goes_back() -> None:
    one = desk()
    log_call(one.lead_id, call(), member=one.holder, now=NOW)
    give_back(one.lead_id, reason="stuck", member=one.holder, now=NOW)
    other = next(p for p in one.company.people if p != one.holder)
    page = browser(other).get(reverse("pipeline:lead", args=[one.lead_id])).text
    assert "No answer" in page
