"""The worker keeps the copy that reports count by, and lets the belt go first."""

import pytest

from clew.contacts.models import Lead
from clew.tally.models import Progress, Standing
from clew.web import standing
from tests.company import HOT, MONDAY_NOON, enquire, found, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_rests_until", 0.0)


def test_it_goes_on_until_nothing_is_left_and_then_pauses() -> None:
    company = found()
    enquire(company.site, phone="13812345678", **HOT)
    while standing.go_on(MONDAY_NOON):
        pass
    assert Progress.objects.get().is_whole
    assert Standing.objects.count() == Lead.objects.count() == 1
    enquire(company.site, phone="13812345679", **HOT)
    assert not standing.go_on(MONDAY_NOON)
    assert Standing.objects.count() == 1


def test_it_rests_after_each_step_while_leads_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found()
    monkeypatch.setattr(standing, "REST", 10_000)
    submit(company.site, phone="13612345678", **HOT)
    assert not standing.go_on(MONDAY_NOON)
    assert not standing.go_on(MONDAY_NOON)
    assert not Progress.objects.get().is_whole
