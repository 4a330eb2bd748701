"""Product group and region after an undo, and after a merge was taken apart: what remains, and what people said."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from clew.base.ledger import Actor
from clew.contacts.actions import correct_facts
from clew.contacts.belt.merging import Choice
from clew.contacts.models import Lead
from clew.web.flow import undo
from clew.web.merging import Order, merge, unmerge
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, enquire, found

pytestmark = pytest.mark.django_db
ANNA = Actor("member", "1")
LI, WANG = "13812345670", "13812345671"


def later(minutes: int) -> datetime:
    return MONDAY_NOON + timedelta(minutes=minutes)


def held(lead_id: UUID) -> tuple[str, str, int | None]:
    lead = Lead.objects.get(pk=lead_id)
    return lead.category, lead.region, lead.region_code


def test_an_undo_leaves_what_was_corrected() -> None:
    company = found()
    lead = enquire(company.site, later(0), phone=LI, category="减速机", region="上海")
    facts = {"category": "伺服电机", "region": "江苏 苏州 昆山"}
    correct_facts([lead], facts, actor=ANNA, now=later(1))
    file = enquire(
        company.site, later(2), channel="file", phone=LI, category="变频器", region="浙江杭州"
    )
    assert held(lead) == ("变频器", "浙江杭州", 330100)
    undo([file], later(3))
    assert held(lead) == ("伺服电机", "江苏 苏州 昆山", 320583)


def test_what_was_said_after_a_correction_stays_after_an_undo() -> None:
    company = found()
    lead = enquire(company.site, later(0), phone=LI, category="减速机", region="上海")
    correct_facts([lead], {"region": "江苏 苏州 昆山"}, actor=ANNA, now=later(1))
    file = enquire(company.site, later(2), channel="file", phone=LI, message="x")
    enquire(company.site, later(3), phone=LI, region="浙江杭州")
    undo([file], later(4))
    assert held(lead) == ("减速机", "浙江杭州", 330100)


def test_a_lead_that_somebody_corrected_was_worked_on_and_stays() -> None:
    company = found()
    lead = enquire(company.site, later(0), channel="file", phone=LI)
    correct_facts([lead], {"region": "上海"}, actor=ANNA, now=later(1))
    assert undo([lead], later(2)).kept_for == {"worked_on": 1}


def test_a_merge_taken_apart_leaves_each_what_was_corrected() -> None:
    company = found()
    li = enquire(company.site, later(0), phone=LI, category="减速机")
    wang = enquire(company.site, later(1), phone=WANG, category="变频器")
    leads = Lead.objects.in_bulk([li, wang])
    order = Order(leads[wang].contact_id, leads[li].contact_id, Choice(), is_agreed=True)
    made = merge(order, viewer=company.administrator, now=later(2))
    correct_facts([li], {"category": "伺服电机"}, actor=ANNA, now=later(3))
    enquire(company.site, later(4), phone=WANG, region="上海")
    assert held(li) == ("伺服电机", "上海", 310000)
    unmerge(made.pk, viewer=company.administrator, now=later(5))
    while run_belt_once(later(6)):
        pass
    assert held(li) == ("伺服电机", "", None)
    assert held(wang) == ("变频器", "上海", 310000)
