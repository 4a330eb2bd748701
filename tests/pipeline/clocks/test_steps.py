"""The steps of a clock happen in order, each once, whatever happens to workers and to the time."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from clew.base.models import Entry
from clew.handoff.queries import visible_leads
from clew.pipeline.actions.leads import log_call
from clew.pipeline.clocks.belt import steps
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.clocks.models import Policy
from clew.pipeline.filters import Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import Call, Clock
from clew.web.flow import keep_clocks
from tests.company import HOT, MONDAY_NOON, enquire, found
from tests.pipeline.desk import call, desk, holder
from tests.races.threads import at_once, overlapping

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
STEPS = ("ClockWarned", "ClockBreached", "ClockEscalated")


def told(lead_id: UUID) -> list[str]:
    """Give the steps that a lead's clocks have taken, in order."""
    entries = Entry.objects.filter(subject=lead_id, name__in=STEPS).order_by("pk")
    return [name.removeprefix("Clock") for name in entries.values_list("name", flat=True)]


def test_a_clock_warns_runs_out_and_tells_the_manager_once_each_at_its_time() -> None:
    lead_id = desk().lead_id
    seen = {}
    for minute in range(20):
        go_on(MONDAY_NOON + minute * MINUTE)
        seen[minute] = told(lead_id)
    assert seen[7] == []
    assert seen[8] == seen[9] == ["Warned"]
    assert seen[10] == seen[14] == ["Warned", "Breached"]
    assert seen[15] == seen[19] == ["Warned", "Breached", "Escalated"]


def test_the_steps_are_told_by_the_clock_and_name_nobody() -> None:
    lead_id = desk().lead_id
    go_on(MONDAY_NOON + 8 * MINUTE)
    clock = Clock.objects.get()
    entry = Entry.objects.get(name="ClockWarned")
    assert (entry.subject, entry.data) == (lead_id, {"clock_id": clock.pk, "kind": "first"})


def test_a_warning_that_comes_when_the_time_has_run_out_is_none() -> None:
    lead_id = desk().lead_id
    assert go_on(MONDAY_NOON + timedelta(hours=1)) == 1
    assert told(lead_id) == ["Breached", "Escalated"]
    assert go_on(MONDAY_NOON + timedelta(hours=2)) == 0
    clock = Clock.objects.get()
    assert clock.warned_at is None
    assert clock.next_at == clock.reclaim_at


def test_where_many_clocks_go_on_others_are_handed_on_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = desk()
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    assert keep_clocks(MONDAY_NOON + timedelta(minutes=30))
    assert told(at.lead_id) == ["Breached", "Escalated"]
    assert holder(at.lead_id) != at.holder


def test_the_list_finds_leads_by_how_their_clock_stands() -> None:
    at = desk()
    seen = visible_leads(at.company.administrator)

    def found_by(code: str) -> bool:
        return matching(seen, Filter(clock=code)).exists()

    stands = []
    for minute in (1, 10, 15):
        go_on(MONDAY_NOON + minute * MINUTE)
        stands.append([found_by(code) for code in ("running", "late", "told", "nonsense")])
    assert stands == [[True, False, False, False], [True, True, False, False], [True] * 3 + [False]]
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON + 20 * MINUTE)
    assert not any(found_by(code) for code in ("running", "late", "told"))


def test_clocks_that_jump_by_an_hour_let_no_step_happen_twice_early_or_never() -> None:
    lead_id = desk().lead_id
    due = {"Warned": 8, "Breached": 10, "Escalated": 15}
    before: list[str] = []
    for minute in (3, -57, 4, 9, -51, 12, -48, 14, 72, 13, 15, -45, 75):
        go_on(MONDAY_NOON + minute * MINUTE)
        now_told = told(lead_id)
        assert all(due[step] <= minute for step in now_told[len(before) :])
        before = now_told
    assert before == ["Warned", "Breached", "Escalated"]


def test_what_one_piece_does_not_hold_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found(capacity=100)
    for number in range(5):
        enquire(company.site, phone=f"1380000000{number}", **HOT)
    monkeypatch.setattr(steps, "AT_ONCE", 2)
    late = MONDAY_NOON + 12 * MINUTE
    assert [keep_clocks(late) for _ in range(4)] == [True, True, False, False]
    assert Counter(Entry.objects.filter(name__in=STEPS).values_list("name", flat=True)) == {
        "ClockBreached": 5
    }


def test_a_clock_stops_at_the_first_attempt_unless_its_policy_asks_for_an_answer() -> None:
    company = found()
    Policy.objects.filter(level=3, kind="first").update(stops_on=Policy.Stop.ANSWER)
    lead_id = enquire(company.site, phone="13812345678", **HOT)
    who = holder(lead_id)
    log_call(lead_id, call(Call.Result.NO_ANSWER), member=who, now=MONDAY_NOON + MINUTE)
    assert Clock.objects.get().stopped_at is None
    log_call(lead_id, call(Call.Result.ANSWERED), member=who, now=MONDAY_NOON + 2 * MINUTE)
    assert Clock.objects.get().stopped_at == MONDAY_NOON + 2 * MINUTE
    first = [e.data["is_first"] for e in Entry.objects.filter(name="CallLogged").order_by("pk")]
    assert first == [False, True]


def test_who_writes_again_after_the_first_contact_waits_for_the_next_one() -> None:
    at = desk()
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON + MINUTE)
    enquire(at.company.site, MONDAY_NOON + 5 * MINUTE, phone="13812345678", **HOT)
    first, following = Clock.objects.order_by("pk")
    assert (first.kind, following.kind) == ("first", "next")
    assert following.due_at - following.started_at == 30 * MINUTE
    log_call(at.lead_id, call(), member=at.holder, now=MONDAY_NOON + 6 * MINUTE)
    assert not Clock.objects.filter(stopped_at=None).exists()


def test_a_policy_of_a_team_goes_before_that_of_all() -> None:
    company = found()
    of_all = Policy.objects.get(kind="first", level=3, team=None)
    own = Policy.objects.get(pk=of_all.pk)
    own.pk, own.team, own.warn_minutes, own.escalate_minutes = None, company.online, None, 40
    own.target_minutes, own.reclaim_minutes = 20, None
    own.save(force_insert=True)
    enquire(company.site, phone="13812345678", **HOT)
    clock = Clock.objects.get()
    assert (clock.policy_id, clock.due_at) == (own.pk, MONDAY_NOON + 20 * MINUTE)
    assert clock.warn_at is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_let_each_clock_go_on_once() -> None:
    company = found(capacity=500)
    for number in range(60):
        enquire(company.site, phone=f"138000000{number:02d}", **HOT)
    connection.close()

    def work() -> None:
        for minute in (8, 10, 15):
            while go_on(MONDAY_NOON + minute * MINUTE):
                pass

    assert at_once(work, work, work) == []
    seen = Counter(Entry.objects.filter(name__in=STEPS).values_list("name", "subject"))
    assert len(seen) == 3 * 60
    assert set(seen.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_clock_that_one_worker_is_at_is_left_to_them() -> None:
    lead_id, due = desk().lead_id, MONDAY_NOON + 10 * MINUTE
    gone_on = []

    def work() -> None:
        gone_on.append(go_on(due))

    assert not overlapping(work, work)
    assert gone_on == [1, 0]
    assert told(lead_id) == ["Breached"]
