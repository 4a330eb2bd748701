"""Custom fields after an undo, and after a merge was taken apart: what remains, and what people said."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clew.base.ledger import Actor
from clew.capture.actions.fields import FieldData, add_field
from clew.contacts.actions import correct
from clew.contacts.belt.merging import Choice
from clew.contacts.models import Correction, Lead
from clew.web.flow import undo
from clew.web.merging import Order, merge, unmerge
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, TESTER, Company, enquire, found

pytestmark = pytest.mark.django_db
ANNA = Actor("member", "1")
LI, WANG = "13812345670", "13812345671"


def later(minutes: int) -> datetime:
    return MONDAY_NOON + timedelta(minutes=minutes)


def company_with_fields() -> Company:
    for given in (
        FieldData("volt", "volt", "number"),
        FieldData("note", "note", "text"),
        FieldData("due", "due", "date"),
    ):
        add_field(given, actor=TESTER, now=MONDAY_NOON)
    return found()


def custom(lead_id: UUID) -> dict[str, Any]:
    held: dict[str, Any] = Lead.objects.get(pk=lead_id).custom
    return held


def test_an_undo_leaves_what_was_said_before_and_corrected_meanwhile() -> None:
    company = company_with_fields()
    lead = enquire(company.site, later(0), phone=LI, custom={"volt": 24, "note": "a"})
    correct([lead], {"due": "2026-12-01", "note": "b"}, actor=ANNA, now=later(1))
    file = enquire(
        company.site, later(2), channel="file", phone=LI, custom={"volt": 48, "note": "c"}
    )
    enquire(company.site, later(3), phone=LI, custom={"due": "2027-01-01"})
    assert custom(lead) == {"volt": 48, "note": "c", "due": "2027-01-01"}
    undo([file], later(4))
    assert custom(lead) == {"volt": 24, "note": "b", "due": "2027-01-01"}


def test_what_somebody_cleared_stays_clear_after_an_undo() -> None:
    company = company_with_fields()
    lead = enquire(company.site, later(0), phone=LI, custom={"volt": 24})
    file = enquire(company.site, later(1), channel="file", phone=LI, custom={"note": "x"})
    correct([lead], {"volt": None}, actor=ANNA, now=later(2))
    undo([file], later(3))
    assert custom(lead) == {}


def test_a_lead_that_somebody_corrected_was_worked_on_and_stays() -> None:
    company = company_with_fields()
    lead = enquire(company.site, later(0), channel="file", phone=LI)
    correct([lead], {"volt": 5}, actor=TESTER, now=later(1))
    assert undo([lead], later(2)).kept_for == {"worked_on": 1}
    assert Correction.objects.get().lead_id == lead


def test_a_merge_taken_apart_gives_each_what_they_said_themselves_and_people_said_of_them() -> None:
    company = company_with_fields()
    li = enquire(company.site, later(0), phone=LI, custom={"volt": 24})
    wang = enquire(company.site, later(1), phone=WANG, custom={"note": "w"})
    leads = Lead.objects.in_bulk([li, wang])
    order = Order(leads[wang].contact_id, leads[li].contact_id, Choice(), is_agreed=True)
    made = merge(order, viewer=company.administrator, now=later(2))
    correct([li], {"note": "of li", "volt": 36}, actor=ANNA, now=later(3))
    enquire(company.site, later(4), phone=WANG, custom={"volt": 48})
    assert custom(li) == {"volt": 48, "note": "of li"}
    unmerge(made.pk, viewer=company.administrator, now=later(5))
    while run_belt_once(later(6)):
        pass
    assert custom(li) == {"volt": 36, "note": "of li"}
    assert custom(wang) == {"volt": 48, "note": "w"}
