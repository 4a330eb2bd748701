from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction

from clew.base.ids import uuid7
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.contacts.models import Lead
from clew.handoff.actions.leads import claim, to_pool
from clew.handoff.actions.locks import lock_leads
from clew.handoff.errors import LeadMissing
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, keep_draft, log_call, plan
from clew.pipeline.errors import (
    CallOfAnotherLead,
    EndUnknown,
    LeadNotClaimed,
    NextTimeMissing,
    NextTimePassed,
)
from clew.pipeline.models import Call, Clock, Draft, Task
from clew.pipeline.queries import draft, note
from clew.pipeline.schemas import Sheet
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, TESTER, enquire
from tests.pipeline.desk import NOON, TOMORROW, call, desk

pytestmark = pytest.mark.django_db
Result = Call.Result
MEANWHILE_SECONDS = 1


def test_the_first_call_stops_the_clock_and_leaves_one_next_step() -> None:
    at = desk()
    log_call(at.lead_id, call(), member=at.holder, now=NOON)
    assert Clock.objects.get(lead=at.lead_id).stopped_at == NOON
    assert Task.objects.get(lead=at.lead_id, done_at=None).due_at == TOMORROW
    log_call(at.lead_id, call(next_at=NOON + timedelta(days=2)), member=at.holder, now=NOON)
    assert Task.objects.get(lead=at.lead_id, done_at=None).due_at == NOON + timedelta(days=2)
    logged = Entry.objects.filter(name="CallLogged", subject=at.lead_id).order_by("pk")
    assert [entry.data["is_first"] for entry in logged] == [True, False]


def test_a_call_sent_twice_is_kept_once() -> None:
    at = desk()
    sent = call()
    first = log_call(at.lead_id, sent, member=at.holder, now=NOON)
    again = log_call(at.lead_id, sent, member=at.holder, now=NOON + timedelta(minutes=1))
    assert first.at == again.at
    assert Call.objects.count() == Task.objects.count() == 1
    assert Entry.objects.filter(name="CallLogged").count() == 1


def test_a_call_that_closed_its_lead_may_still_be_sent_twice() -> None:
    at = desk()
    sent = call(Result.BAD_NUMBER)
    for _ in range(2):
        log_call(at.lead_id, sent, member=at.holder, now=NOON)
    assert Call.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("result", [Result.NO_ANSWER, Result.BAD_NUMBER])
def test_the_same_call_at_the_same_moment_is_kept_once(result: Result) -> None:
    """Also where it ends the lead: whoever waited for the first one is told the same."""
    at = desk()
    sent = call(result)

    def send(_: int) -> object:
        try:
            return log_call(at.lead_id, sent, member=at.holder, now=NOON).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        with transaction.atomic():
            lock_leads([at.lead_id])
            told = [pool.submit(send, number) for number in range(4)]
            wait(told, MEANWHILE_SECONDS)
        assert {one.result() for one in told} == {sent.call_id}
    assert Call.objects.count() == 1
    assert Task.objects.filter(done_at=None).count() == (result == Result.NO_ANSWER)


def test_a_call_cannot_be_moved_to_another_lead() -> None:
    at = desk()
    other = enquire(at.company.site, phone="13900000000", **HOT)
    sent = call()
    log_call(at.lead_id, sent, member=at.holder, now=NOON)
    with pytest.raises(CallOfAnotherLead):
        log_call(other, sent, member=at.holder, now=NOON)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (call(Result.BAD_NUMBER), "bad_number"),
        (call(Result.ANSWERED, next_at=None, is_last=True), "do_not_contact"),
    ],
)
def test_some_calls_end_the_lead(sent: object, reason: str) -> None:
    at = desk()
    log_call(at.lead_id, sent, member=at.holder, now=NOON)  # type: ignore[arg-type]
    stands = Placement.objects.get(lead=at.lead_id, closed_at=None)
    assert (stands.kind, stands.reason) == ("closed", reason)
    assert Lead.objects.get(pk=at.lead_id).ended_at == NOON
    assert not Task.objects.filter(done_at=None).exists()
    assert not Clock.objects.filter(stopped_at=None).exists()


def test_a_call_needs_a_next_time_that_lies_ahead() -> None:
    at = desk()
    with pytest.raises(NextTimeMissing):
        log_call(at.lead_id, call(next_at=None), member=at.holder, now=NOON)
    with pytest.raises(NextTimePassed):
        log_call(at.lead_id, call(next_at=NOON), member=at.holder, now=NOON)


def test_a_refused_call_leaves_nothing_behind() -> None:
    at = desk()
    with pytest.raises(NextTimePassed):
        log_call(at.lead_id, call(next_at=NOON), member=at.holder, now=NOON)
    assert not Call.objects.exists()
    assert Clock.objects.get(lead=at.lead_id).stopped_at is None


def test_nobody_logs_a_call_for_a_colleague() -> None:
    at = desk()
    colleague = next(p for p in at.company.people if p != at.holder)
    with pytest.raises(LeadMissing):
        log_call(at.lead_id, call(), member=colleague, now=NOON)


def test_a_lead_in_the_pool_is_claimed_before_it_is_called() -> None:
    at = desk()
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=NOON, reason="test")
    with pytest.raises(LeadNotClaimed):
        log_call(at.lead_id, call(), member=at.holder, now=NOON)
    claim(at.lead_id, member=at.holder, now=NOON)
    log_call(at.lead_id, call(), member=at.holder, now=NOON)


def test_a_call_that_is_faster_than_the_worker_leaves_no_clock_behind() -> None:
    at = desk()
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=NOON, reason="test")
    claim(at.lead_id, member=at.holder, now=NOON + timedelta(seconds=1))
    log_call(at.lead_id, call(), member=at.holder, now=NOON + timedelta(seconds=2))
    follow(FACTS, NOON + timedelta(seconds=3))
    assert not Clock.objects.filter(lead=at.lead_id, stopped_at=None).exists()
    to_pool(at.lead_id, team_id=at.company.online.pk, actor=TESTER, now=TOMORROW, reason="test")
    claim(at.lead_id, member=at.holder, now=TOMORROW)
    follow(FACTS, TOMORROW)
    assert Clock.objects.filter(lead=at.lead_id, stopped_at=None).exists()


def test_what_was_said_is_sealed_and_not_in_the_ledger() -> None:
    at = desk()
    kept = log_call(at.lead_id, call(note="老板姓王，周三来"), member=at.holder, now=NOON)
    kept.refresh_from_db()
    assert "老板".encode() not in bytes(kept.note or b"")
    assert note(kept) == "老板姓王，周三来"
    assert "老板" not in str(list(Entry.objects.values_list("data", flat=True)))


def test_a_plan_replaces_the_one_before() -> None:
    at = desk()
    for days in (1, 2):
        plan(at.lead_id, NOON + timedelta(days=days), member=at.holder, now=NOON)
    assert Task.objects.get(lead=at.lead_id, done_at=None).due_at == NOON + timedelta(days=2)


def test_a_lead_is_won_or_lost_for_a_known_reason() -> None:
    at = desk()
    with pytest.raises(EndUnknown):
        close_lead(at.lead_id, reason="bored", member=at.holder, now=NOON)
    close_lead(at.lead_id, reason="won", member=at.holder, now=NOON)
    assert Placement.objects.get(lead=at.lead_id, closed_at=None).reason == "won"


def test_a_draft_is_sealed_for_its_writer_and_ends_with_the_call() -> None:
    at = desk()
    lead = Lead.objects.get(pk=at.lead_id)
    sheet = Sheet(call_id=uuid7(), result="answered", note="要先寄样机")
    for _ in range(2):
        keep_draft(at.lead_id, sheet, member=at.holder, now=MONDAY_NOON)
    assert draft(at.holder, lead) == sheet
    assert "样机".encode() not in bytes(Draft.objects.get().body)
    assert draft(at.company.manager, lead) is None
    log_call(at.lead_id, call(), member=at.holder, now=NOON)
    assert not Draft.objects.exists()


def test_a_draft_that_comes_after_its_call_does_not_swallow_the_next_one() -> None:
    at = desk()
    sent = call()
    log_call(at.lead_id, sent, member=at.holder, now=NOON)
    late = Sheet(call_id=sent.call_id, result="no_answer")
    keep_draft(at.lead_id, late, member=at.holder, now=NOON)
    assert draft(at.holder, Lead.objects.get(pk=at.lead_id)) is None
