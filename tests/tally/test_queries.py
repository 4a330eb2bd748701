from datetime import timedelta

import pytest

from clew.contacts.models import Lead
from clew.errors import Denied
from clew.handoff.actions import leads as actions
from clew.pipeline.models import Call
from clew.tally.queries import account, never_contacted, waste
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, enquire, found, submit

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON


def test_both_sums_come_out_whatever_happened() -> None:
    company = found()
    hot = [enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(4)]
    enquire(company.site, phone="13700000000", **COLD)
    enquire(company.site, phone="13812345670", message="再问一次")
    enquire(company.site, phone="not a number")
    submit(company.site, phone="13600000000")
    actions.close(hot[0], reason="won", actor=TESTER, now=NOW)
    seen = account(company.administrator)
    assert (seen.submissions, seen.new_leads, seen.merged) == (8, 5, 1)
    assert (seen.failed, seen.rejected, seen.waiting) == (1, 0, 1)
    assert (seen.with_person, seen.in_pool, seen.closed) == (3, 1, {"won": 1})
    assert seen.is_balanced


def test_an_empty_account_is_balanced() -> None:
    assert account(found().administrator).is_balanced


def test_a_salesperson_may_not_see_the_account() -> None:
    with pytest.raises(Denied):
        account(found().people[0])


def test_the_waste_is_the_cost_of_exactly_the_leads_it_opens() -> None:
    company = found()
    called, uncalled = (enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(2))
    Call.objects.create(
        id=called, lead_id=called, member=company.people[0], result="no_answer", at=NOW
    )
    assert waste(company.administrator, NOW).count == 0
    later = NOW + timedelta(hours=1)
    seen = waste(company.administrator, later)
    assert (seen.count, seen.cost_minor) == (1, 3860)
    assert list(never_contacted(company.administrator, later)) == [Lead.objects.get(pk=uncalled)]
