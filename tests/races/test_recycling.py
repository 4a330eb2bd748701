"""Somebody calls at the very moment at which the lead is taken back: it is one or the other, never both."""

from datetime import timedelta

import pytest

from clew.errors import ClewError
from clew.handoff.models import Placement, Seat
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Call, Task
from clew.pipeline.recycling import belt
from clew.web.flow import recycle
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found
from tests.pipeline.desk import call, holder
from tests.races.threads import at_once, overlapping

LATER = MONDAY_NOON + timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_and_the_taking_back_at_once() -> None:
    company = found(capacity=500)
    set_policy(company.online.pk, PoolTerms(uncontacted_minutes=30), actor=TESTER, now=MONDAY_NOON)
    for number in range(8):
        lead_id = enquire(company.site, phone=f"1381234{number:04d}", **HOT)
        who = holder(lead_id)
        raised = at_once(
            lambda lead_id=lead_id, who=who: log_call(lead_id, call(), member=who, now=LATER),
            lambda: recycle(LATER),
        )
        assert all(isinstance(error, ClewError) for error in raised)
        stands = Placement.objects.get(lead=lead_id, closed_at=None)
        is_called = Call.objects.filter(lead=lead_id).exists()
        assert (stands.kind == "person") == is_called
        assert Task.objects.filter(lead=lead_id, done_at=None).exists() == is_called
        assert bool(raised) != is_called
    held = Placement.objects.filter(kind="person", closed_at=None).count()
    assert sum(Seat.objects.values_list("open_count", flat=True)) == held


def test_one_worker_at_a_time_takes_leads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found()
    set_policy(company.online.pk, PoolTerms(uncontacted_minutes=30), actor=TESTER, now=MONDAY_NOON)
    for number in range(2):
        enquire(company.site, phone=f"1381234{number:04d}", **HOT)

    def work(most: int) -> None:
        monkeypatch.setattr(belt, "AT_ONCE", most)
        recycle(LATER)

    assert not overlapping(lambda: work(1), lambda: work(2))
    assert Placement.objects.filter(kind="pool", closed_at=None).count() == 1
