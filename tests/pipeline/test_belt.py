from datetime import timedelta

import pytest

from clew.base.models import Entry
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.models import Clock
from tests.company import HOT, MONDAY_NOON, enquire, found

pytestmark = pytest.mark.django_db


def test_a_clock_is_breached_once_when_it_has_run_out() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    assert go_on(MONDAY_NOON + timedelta(minutes=7)) == 0
    late = MONDAY_NOON + timedelta(minutes=10)
    assert go_on(late) == 1
    assert go_on(late) == 0
    assert Clock.objects.get(lead=id_).breached_at == late
    assert Entry.objects.filter(name="ClockBreached", subject=id_).count() == 1


def test_a_stopped_clock_is_never_breached() -> None:
    company = found()
    enquire(company.site, phone="13812345678", **HOT)
    Clock.objects.update(stopped_at=MONDAY_NOON)
    assert go_on(MONDAY_NOON + timedelta(days=1)) == 0
