"""What is agreed lets a clock stand still, and what was agreed and not done starts one."""

from datetime import datetime, timedelta

import pytest

from clew.handoff.calendars import hours, minutes_between
from clew.pipeline.actions.leads import log_call, plan
from clew.pipeline.clocks.models import Pause
from clew.pipeline.clocks.rules import shifted
from clew.pipeline.dossier import dossier
from clew.pipeline.models import Call, Clock, Task
from clew.pipeline.queue import queries
from clew.pipeline.rules import Group
from clew.web.flow import keep_clocks
from clew.web.seed import WEEK
from tests.company import HOT, MONDAY_NOON, enquire
from tests.pipeline.desk import NOON, TOMORROW, Desk, call, desk
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OFFICE = hours("Asia/Shanghai", WEEK, [])


def written_again() -> Desk:
    """A lead that was called, and whose person wrote again ten minutes later."""
    at = desk()
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON)
    enquire(at.company.site, MONDAY_NOON + 10 * MINUTE, phone="13812345678", **HOT)
    return at


def running() -> Clock:
    return Clock.objects.get(stopped_at=None)


def test_a_next_step_that_passes_starts_the_clock_of_the_next_response_once() -> None:
    at = desk()
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON)
    keep_clocks(TOMORROW - MINUTE)
    assert not Clock.objects.filter(stopped_at=None).exists()
    for minute in (1, 2, 3):
        keep_clocks(TOMORROW + minute * MINUTE)
    clock = running()
    assert (clock.kind, clock.started_at) == ("next", TOMORROW)
    assert clock.due_at == TOMORROW + 30 * MINUTE
    assert Task.objects.get(done_at=None).passed_at == TOMORROW + MINUTE
    log_call(at.lead_id, call(next_at=TOMORROW + timedelta(days=1)), member=at.holder, now=TOMORROW)
    keep_clocks(TOMORROW + timedelta(hours=1))
    assert not Clock.objects.filter(stopped_at=None).exists()


def test_such_a_lead_stands_among_what_is_due_with_the_words_of_its_step() -> None:
    at = desk()
    answered = call(Call.Result.ANSWERED)
    log_call(at.lead_id, answered, member=at.holder, now=MONDAY_NOON)
    keep_clocks(TOMORROW + MINUTE)
    (row,) = queries.my_day(at.holder, TOMORROW + MINUTE).rows
    assert (row.group, row.why) == (Group.DUE, "你答应过要打")
    (row,) = queries.my_day(at.holder, TOMORROW + 25 * MINUTE).rows
    assert row.group == Group.URGENT


def test_planning_lets_the_clock_of_a_next_response_stand_still_until_then() -> None:
    at = written_again()
    asked = MONDAY_NOON + 20 * MINUTE
    plan(at.lead_id, TOMORROW, member=at.holder, now=asked)
    clock, pause = running(), Pause.objects.get()
    assert (pause.clock, pause.from_at, pause.until_at, pause.ended_at) == (
        clock,
        asked,
        TOMORROW,
        None,
    )
    assert pause.reason == "next_step"
    assert clock.due_at == TOMORROW + 20 * MINUTE  # ten of its thirty minutes were gone
    assert clock.warn_at == TOMORROW + 10 * MINUTE
    keep_clocks(MONDAY_NOON + timedelta(hours=2))
    assert running().breached_at is None
    assert not queries.my_day(at.holder, NOON + timedelta(hours=2)).rows
    assert dossier(at.holder, at.lead_id, NOON + timedelta(hours=2)).dial


def test_another_plan_takes_the_place_of_the_first_and_nothing_is_won_by_it() -> None:
    at = written_again()
    asked = MONDAY_NOON + 20 * MINUTE
    plan(at.lead_id, TOMORROW, member=at.holder, now=asked)
    sooner = MONDAY_NOON + timedelta(hours=1)
    plan(at.lead_id, sooner, member=at.holder, now=asked + MINUTE)
    assert running().due_at == sooner + 20 * MINUTE
    first, second = Pause.objects.order_by("pk")
    assert (first.ended_at, second.ended_at) == (asked + MINUTE, None)


def test_who_writes_during_a_pause_does_not_wait_for_its_end() -> None:
    at = written_again()
    plan(at.lead_id, TOMORROW, member=at.holder, now=MONDAY_NOON + 20 * MINUTE)
    wrote = MONDAY_NOON + 40 * MINUTE
    enquire(at.company.site, wrote, phone="13812345678", **HOT)
    clock = running()
    assert (clock.started_at, clock.due_at) == (wrote, wrote + 30 * MINUTE)


def test_the_first_contact_is_not_put_off_by_a_plan() -> None:
    at = desk()
    plan(at.lead_id, TOMORROW, member=at.holder, now=MONDAY_NOON + MINUTE)
    assert running().due_at == MONDAY_NOON + 10 * MINUTE
    assert not Pause.objects.exists()


def test_what_is_left_of_a_step_is_left_after_the_pause_in_working_time() -> None:
    friday = datetime.fromisoformat("2026-11-27T17:30+08:00")
    due_at = datetime.fromisoformat("2026-11-27T17:50+08:00")
    until = datetime.fromisoformat("2026-11-30T17:50+08:00")
    moved = shifted(due_at, OFFICE, friday, until)
    assert moved == datetime.fromisoformat("2026-12-01T08:40+08:00")
    assert minutes_between(OFFICE, until, moved) == 20
    assert shifted(friday - MINUTE, OFFICE, friday, until) == until
    assert shifted(due_at, None, friday, until) == until + 20 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_two_workers_let_a_step_pass_once() -> None:
    at = desk()
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON)
    later = TOMORROW + MINUTE
    assert at_once(*[lambda: keep_clocks(later)] * 3) == []
    assert Clock.objects.filter(kind="next").count() == 1
