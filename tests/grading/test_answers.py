"""An answer to a form's further question is no second enquiry, however it comes along the belt."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from clew.base.ledger import Actor
from clew.capture.actions.leads import Followup, follow_up, receive
from clew.capture.rules import is_answer
from clew.capture.schemas import LeadIn
from clew.grading.models import Grade
from clew.web.doctor import decisions
from clew.web.flow import undo
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, Company, found

pytestmark = pytest.mark.django_db
ASKED = Followup("大概什么时候要用？", "这周")


@pytest.fixture
def company() -> Company:
    return found()


def write(company: Company, at: datetime, message: str = "要 3 台伺服，报价") -> UUID:
    lead = LeadIn(source=company.site.key, phone="13812345678", message=message)
    (id_,) = receive([lead], channel="form", actor=Actor("visitor"), evidence={}, now=at)
    return id_


def graded(lead_id: UUID) -> tuple[int, list[str], int]:
    """Give what the grade counts, its signals, and how many messages the lead has."""
    grade = Grade.objects.select_related("lead").get(lead=lead_id, superseded_at=None)
    keys = [signal[0] for signal in grade.signals]
    return grade.facts["submission_count"], keys, grade.lead.submission_count


@pytest.mark.parametrize("is_at_once", [True, False])
def test_an_answer_is_a_message_and_no_enquiry(company: Company, *, is_at_once: bool) -> None:
    first = write(company, MONDAY_NOON)
    if not is_at_once:
        run_belt_once(MONDAY_NOON)
    later = MONDAY_NOON + timedelta(minutes=1)
    follow_up(first, ASKED, evidence={}, now=later)
    run_belt_once(later)
    count, keys, messages = graded(first)
    assert (count, messages) == (1, 2)
    assert "twice" not in keys
    write(company, later + timedelta(hours=1))
    run_belt_once(later + timedelta(hours=1))
    count, keys, messages = graded(first)
    assert (count, messages) == (2, 3)
    assert "twice" in keys
    assert decisions(MONDAY_NOON - timedelta(days=1), later + timedelta(days=1))["different"] == 0


def test_undoing_what_came_between_counts_the_same(company: Company) -> None:
    first = write(company, MONDAY_NOON)
    follow_up(first, ASKED, evidence={}, now=MONDAY_NOON)
    second = write(company, MONDAY_NOON)
    while run_belt_once(MONDAY_NOON):
        pass
    assert graded(first)[0] == 2
    undo([second], MONDAY_NOON + timedelta(minutes=5))
    assert graded(first)[0] == 1


def test_only_an_answer_is_one() -> None:
    lead = LeadIn(source="site", phone="13812345678", answers={"q": "a"})
    assert not is_answer(lead)
    key = "0193577e-6d2a-7c4e-9a1b-2f6d1c0e8a55:answer"
    assert is_answer(LeadIn(source="site", phone="1", answers={"q": "a"}, external_id=key))
    assert not is_answer(LeadIn(source="site", phone="1", message="要货", external_id=key))
