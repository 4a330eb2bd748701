"""Undoing submissions through every stage, as if they had never come."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils.translation import override

from clew.base.bulk import copy_text
from clew.base.ledger import Actor
from clew.base.models import Entry
from clew.base.outbox import follow
from clew.capture.models import Failure, Import, ImportRow, Source, Submission, Undone, Waiting
from clew.capture.queries import yields
from clew.capture.schemas import Outcome
from clew.contacts.actions import reveal
from clew.contacts.models import Contact, Identifier, Lead, Overlap, Repeat
from clew.contacts.queries import masked
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal as grade_stands
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement, Round, Seat
from clew.handoff.queries import recomputed_equal as round_stands
from clew.pipeline.actions.leads import CallIn, close_lead, keep_draft, log_call, plan
from clew.pipeline.models import Call, Clock, Draft, Result, Task
from clew.pipeline.schemas import Sheet
from clew.pipeline.timeline import timeline
from clew.tally.queries import Breaches, account, breaches
from clew.web import worker
from clew.web.flow import FACTS, Undoing, tick, undo
from clew.web.worker import run_belt_once
from tests.company import (
    COLD,
    HOT,
    MONDAY_NOON,
    SUNDAY_NIGHT,
    TESTER,
    Company,
    enquire,
    found,
    record,
    submit,
)

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON
LATER = MONDAY_NOON + timedelta(hours=1)
FILE = {"channel": Submission.Channel.FILE}
LEAVINGS = (
    Lead,
    Contact,
    Identifier,
    Repeat,
    Grade,
    Placement,
    Clock,
    Task,
    Draft,
    Result,
    Waiting,
)


def imported(origin: Source, **given: Any) -> UUID:
    """Let the belt handle one row of a file."""
    return enquire(origin, **{**FILE, **given})


def holder_of(lead_id: UUID) -> Any:
    """Give the person who has a lead."""
    seat = Placement.objects.get(lead=lead_id, closed_at=None).seat
    assert seat is not None
    return seat.member


def is_sound(company: Company) -> bool:
    """Tell whether both sums come out and no promise about places is broken."""
    return account(company.administrator).is_balanced and breaches() == Breaches(0, 0, 0, 0, 0)


def test_a_new_lead_disappears_with_everything_of_it() -> None:
    company = found(weights=(2, 1, 1))
    ids = [imported(company.site, phone=f"1381234567{n}", **HOT) for n in range(5)]
    sheet = Sheet(note="later")
    keep_draft(ids[0], sheet, member=holder_of(ids[0]), now=NOW)
    reveal(Lead.objects.get(pk=ids[1]), purpose="check", actor=Actor("member", "1"), now=NOW)
    assert undo(ids, LATER) == Undoing(undone=5, leads=5, strengthenings=0, kept_for={})
    assert not [model.__name__ for model in LEAVINGS if model.objects.exists()]
    assert set(Seat.objects.values_list("open_count", "credit")) == {(0, 0)}
    assert account(company.administrator).undone == 5
    assert Undone.objects.count() == 5
    assert set(Entry.objects.filter(name="LeadUndone").values_list("subject", flat=True)) == set(
        ids
    )
    assert is_sound(company)


def test_the_others_of_a_round_keep_their_turns_and_the_credits_sum_to_zero() -> None:
    company = found(weights=(3, 2, 1), capacity=4)
    ids = [submit(company.site, phone=f"1381234{n:04d}", **HOT) for n in range(15)]
    assert run_belt_once(NOW) == 15
    before = dict(Placement.objects.filter(closed_at=None).values_list("lead", "seat"))
    undo(ids[1::2], LATER)
    assert dict(Placement.objects.filter(closed_at=None).values_list("lead", "seat")) == {
        id_: before[id_] for id_ in ids[::2]
    }
    assert round_stands(Round.objects.get())
    assert is_sound(company)
    undo(ids[::2], LATER)
    assert set(Seat.objects.values_list("open_count", "credit")) == {(0, 0)}


def test_a_lead_that_waited_in_the_pool_for_its_turn_gives_the_turn_back() -> None:
    company = found()
    ids = [
        imported(company.site, now=SUNDAY_NIGHT, phone=f"1381234567{n}", **HOT) for n in range(4)
    ]
    tick(NOW)
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 4
    undo(ids, LATER)
    assert set(Seat.objects.values_list("open_count", "credit")) == {(0, 0)}
    assert is_sound(company)


def test_the_next_ones_turn_is_as_if_the_undone_had_never_come() -> None:
    company = found(weights=(1, 1, 1))
    first = imported(company.site, phone="13812345670", **HOT)
    lucky = holder_of(first)
    undo([first], LATER)
    again = [enquire(company.site, phone=f"1371234567{n}", **HOT) for n in range(3)]
    assert lucky in {holder_of(id_) for id_ in again}
    assert {holder_of(id_) for id_ in again} == set(company.people)


def work_by_call(company: Company, lead_id: UUID) -> None:
    call = CallIn(lead_id, Call.Result.NO_ANSWER, next_at=LATER)
    log_call(lead_id, call, member=holder_of(lead_id), now=NOW)


def work_by_plan(company: Company, lead_id: UUID) -> None:
    plan(lead_id, LATER, member=holder_of(lead_id), now=NOW)


def work_by_close(company: Company, lead_id: UUID) -> None:
    close_lead(lead_id, reason="won", member=holder_of(lead_id), now=NOW)


def work_by_move(company: Company, lead_id: UUID) -> None:
    actor = Actor("member", str(company.manager.pk))
    seat = company.seats[0].pk
    handoff.assign(lead_id, seat_id=seat, actor=actor, now=NOW, reason="by_hand")


@pytest.mark.parametrize("work", [work_by_call, work_by_plan, work_by_close, work_by_move])
def test_a_lead_that_somebody_worked_on_stays(work: Any) -> None:
    company = found()
    id_ = imported(company.site, phone="13812345678", external_id="7", **HOT)
    work(company, id_)
    other = imported(company.site, phone="13912345678", **HOT)
    assert undo([id_, other], LATER) == Undoing(1, 1, 0, {"worked_on": 1})
    assert Lead.objects.get().pk == id_
    assert Submission.objects.get(pk=id_).external_id == "7"
    assert is_sound(company)


def test_a_lead_that_others_strengthened_since_stays() -> None:
    company = found()
    id_ = imported(company.site, phone="13812345678", **HOT)
    enquire(company.site, phone="13812345678", message="还在吗")
    assert undo([id_], LATER) == Undoing(0, 0, 0, {"strengthened": 1})
    assert Lead.objects.get().submission_count == 2
    assert is_sound(company)


def test_a_strengthening_is_taken_back() -> None:
    company = found()
    first = enquire(company.site, phone="13812345678", message="要伺服", category="伺服")
    before = content()
    graded = Grade.objects.values("level", "points", "facts", "signals").get()
    where = Placement.objects.get(closed_at=None)
    file = imported(
        company.fair,
        phone="13812345678",
        email="a@b.cn",
        name="周建国",
        category="减速机",
        region="苏州",
        **HOT,
    )
    assert Lead.objects.get().interest != "要伺服"
    raised = Placement.objects.get(closed_at=None)
    assert undo([file], LATER) == Undoing(1, 0, 1, {})
    assert content() == before
    contact = Contact.objects.get()
    assert (contact.name, contact.company, contact.initials, contact.pairs) == ("", "", "", [])
    assert Identifier.objects.get().kind == "phone"
    now_graded = Grade.objects.get(superseded_at=None)
    assert Grade.objects.filter(lead=first).count() == 3
    assert graded == {name: getattr(now_graded, name) for name in graded}
    assert grade_stands(now_graded)
    assert Placement.objects.get(closed_at=None) == raised
    assert where.lead_id == raised.lead_id
    with override("zh-hans"):
        told = timeline(Lead.objects.get(), company.administrator, NOW)
    assert "撤回" in told[0].title + told[1].title
    assert is_sound(company)


def test_a_strengthening_in_the_middle_leaves_what_came_before_and_after() -> None:
    company = found()
    enquire(company.site, phone="13812345678", message="一")
    file = imported(company.fair, phone="13812345678", message="二", company="锐达机械厂")
    enquire(company.site, phone="13812345678", message="三", name="周")
    undo([file], LATER)
    lead = Lead.objects.select_related("contact").get()
    assert (lead.submission_count, lead.interest, lead.cost_minor) == (2, "三", 2 * 3860)
    assert (lead.contact.name, lead.contact.company) == ("周", "")
    assert Grade.objects.get(superseded_at=None).facts["is_maker"] is False
    assert Grade.objects.get(superseded_at=None).facts["submission_count"] == 2
    assert is_sound(company)


def test_a_contact_with_another_lead_stays_with_what_that_one_gave() -> None:
    company = found()
    old = record(company.site, Outcome("won"), phone="13812345678", name="老周")
    id_ = imported(company.site, phone="13812345678", email="a@b.cn", company="锐达")
    undo([id_], LATER)
    assert Lead.objects.get().pk == old
    contact = Contact.objects.get()
    assert (contact.name, contact.company) == ("老周", "")
    assert Identifier.objects.count() == 1
    assert is_sound(company)


def test_whoever_was_recognised_by_the_file_keeps_it() -> None:
    company = found()
    enquire(company.site, phone="13812345678")
    bridge = imported(company.site, phone="13812345678", email="a@b.cn")
    enquire(company.site, email="a@b.cn")
    assert undo([bridge], LATER) == Undoing(0, 0, 0, {"recognised": 1})
    assert Lead.objects.get().submission_count == 3
    assert is_sound(company)


def test_a_way_that_others_gave_as_well_goes_to_them() -> None:
    company = found()
    enquire(company.site, phone="13912345678")
    file = imported(company.site, phone="13812345678", email="a@b.cn")
    enquire(company.site, phone="13912345678", email="a@b.cn")
    assert Overlap.objects.count() == 1
    assert Identifier.objects.get(kind="email").contact.leads.get().pk == file
    undo([file], LATER)
    contact = Contact.objects.get()
    assert sorted(masked(i) for i in Identifier.objects.filter(contact=contact)) == [
        "139****5678",
        "a****@b.cn",
    ]
    enquire(company.site, email="a@b.cn")
    assert Lead.objects.get().submission_count == 3


def test_a_way_comes_back_to_who_gave_it_last_when_file_after_file_is_undone() -> None:
    company = found()
    enquire(company.site, phone="13812345678")
    enquire(company.site, phone="13912345678")
    first = imported(company.site, phone="13812345678", email="a@b.cn")
    second = imported(company.site, phone="13912345678", email="a@b.cn")
    enquire(company.site, phone="13812345678", email="a@b.cn")
    for file, owner in ((first, "139****5678"), (second, "138****5678")):
        undo([file], LATER)
        email = Identifier.objects.get(kind="email")
        phone = Identifier.objects.get(kind="phone", contact=email.contact)
        assert masked(phone) == owner
    assert is_sound(company)


def test_a_way_goes_to_its_heir_also_where_the_file_has_rows_of_both() -> None:
    company = found()
    enquire(company.site, phone="13812345678")
    enquire(company.site, phone="13912345678")
    file = [
        imported(company.site, phone="13912345678", email="a@b.cn"),
        imported(company.site, phone="13812345678"),
    ]
    enquire(company.site, phone="13812345678", email="a@b.cn")
    undo(file, LATER)
    email = Identifier.objects.get(kind="email")
    assert masked(Identifier.objects.get(kind="phone", contact=email.contact)) == "138****5678"


def test_a_closed_lead_is_valid_again_for_as_long_as_without_the_file() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678")
    without = Lead.objects.get().valid_until
    file = imported(company.site, phone="13812345678", **HOT)
    handoff.close(id_, reason="won", actor=TESTER, now=NOW)
    assert Lead.objects.get().valid_until != without
    undo([file], LATER)
    assert Lead.objects.get().valid_until == without


def test_whoever_came_by_a_way_that_would_have_been_anothers_keeps_the_file() -> None:
    company = found()
    enquire(company.site, phone="13912345678")
    old = record(company.site, phone="13812345678", email="a@b.cn")
    enquire(company.site, phone="13912345678", email="a@b.cn")
    led = enquire(company.site, email="a@b.cn")
    assert Lead.objects.get(pk=led).contact_id == Lead.objects.get(pk=old).contact_id
    assert undo([old], LATER).kept_for == {"recognised": 1}
    assert is_sound(company)


def test_history_is_undone_likewise() -> None:
    company = found()
    outcome = Outcome("won", 100)
    ids = [record(company.site, outcome, phone="13812345678", external_id=str(n)) for n in range(3)]
    ids.append(record(company.site, outcome, external_id="no way"))
    assert undo(ids, LATER) == Undoing(4, 4, 0, {})
    assert not [model.__name__ for model in LEAVINGS if model.objects.exists()]
    assert is_sound(company)


def test_history_taken_up_again_stays() -> None:
    company = found()
    id_ = record(company.site, Outcome("won"), phone="13812345678")
    handoff.reopen(id_, actor=Actor("member", "1"), now=NOW)
    assert undo([id_], LATER).kept_for == {"worked_on": 1}


def test_what_waits_or_failed_is_taken_off() -> None:
    company = found()
    failed = imported(company.site, external_id="1")
    waiting = submit(company.site, phone="13812345678", **FILE)
    assert Failure.objects.get().settled_at is None
    assert undo([failed, waiting], LATER) == Undoing(2, 0, 0, {})
    assert Failure.objects.get().settlement == "dismissed"
    assert not Waiting.objects.exists()
    assert run_belt_once(LATER) == 0
    seen = account(company.administrator)
    assert (seen.undone, seen.rejected, seen.failed, seen.waiting) == (2, 0, 0, 0)
    assert is_sound(company)


def test_what_is_undone_while_it_fails_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found()
    id_ = submit(company.site, **FILE)
    monkeypatch.setattr(worker.log, "warning", lambda *_: undo([id_], LATER))
    run_belt_once(NOW)
    assert not Failure.objects.exists()
    assert account(company.administrator).undone == 1
    assert is_sound(company)


def test_undoing_again_changes_nothing_and_the_same_can_come_again() -> None:
    company = found()
    id_ = imported(company.site, phone="13812345678", external_id="7", **HOT)
    undo([id_], LATER)
    assert undo([id_], LATER) == Undoing(0, 0, 0, {})
    assert undo([], LATER) == Undoing(0, 0, 0, {})
    again = imported(company.site, phone="13812345678", external_id="7", **HOT)
    assert Lead.objects.get().pk == again
    assert account(company.administrator).undone == 1
    assert is_sound(company)


def test_one_person_in_many_rows_goes_whatever_the_portions() -> None:
    company = found()
    ids = [imported(company.site, phone="13812345678", message=f"{n}") for n in range(6)]
    batch = Import.objects.create(
        id=ids[0],
        name="leads.csv",
        state="undoing",
        created_at=NOW,
        source=company.site,
        is_history=False,
        plan={},
        actor_kind="system",
        actor_id="test",
    )
    for number, id_ in enumerate(ids):
        ImportRow.objects.create(batch=batch, number=number, verdict="new", submission_id=id_)
    assert undo(ids[:2], LATER) == Undoing(6, 1, 0, {})
    assert undo(ids[2:], LATER) == Undoing(0, 0, 0, {})
    assert is_sound(company)


def test_without_its_file_a_portion_leaves_what_others_built_on_it() -> None:
    company = found()
    ids = [imported(company.site, phone="13812345678", message=f"{n}") for n in range(3)]
    assert undo(ids[:2], LATER) == Undoing(1, 0, 1, {"strengthened": 1})
    assert undo(ids, LATER) == Undoing(2, 1, 0, {})
    assert is_sound(company)


def test_facts_of_what_vanished_do_no_harm() -> None:
    company = found()
    id_ = imported(company.site, phone="13812345678", **HOT)
    handoff.to_pool(id_, team_id=company.online.pk, actor=TESTER, now=NOW, reason="nobody_present")
    undo([id_], LATER)
    assert not Lead.objects.exists()
    while follow(FACTS, LATER):
        pass
    assert is_sound(company)


def test_undone_submissions_are_not_counted_as_brought() -> None:
    company = found()
    undo([imported(company.site, phone="13812345678", **COLD)], LATER)
    recent = {row.source: row.recent_count for row in yields(company.administrator, LATER)}
    assert recent[company.site] == 0


def test_the_page_of_an_undone_lead_is_gone(client: Client) -> None:
    company = found()
    id_ = imported(company.site, phone="13812345678", **HOT)
    client.force_login(company.administrator)
    assert client.get(f"/leads/{id_}").status_code == 200
    undo([id_], LATER)
    assert client.get(f"/leads/{id_}").status_code == 404
    assert client.get("/account").status_code == 200


def test_a_failure_at_any_step_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found()
    first = enquire(company.site, phone="13812345678", email="a@b.cn", **HOT)
    ids = [
        imported(company.site, phone=f"1391234567{n}", external_id=str(n), **HOT) for n in range(3)
    ]
    ids.append(
        imported(company.fair, phone="13812345678", wechat="zhou_jg", message="二", name="周")
    )
    ids.append(submit(company.site, phone="13712345678", **FILE))
    before = everything()
    steps = Steps()
    monkeypatch.setattr("clew.base.ledger.copy_text", steps.counted(copy_text))
    monkeypatch.setattr("clew.grading.belt.copy_text", steps.counted(copy_text))
    while True:
        steps.begin()
        try:
            with transaction.atomic(), connection.execute_wrapper(steps):
                done = undo(ids, LATER)
            break
        except Interrupted:
            assert everything() == before
    assert steps.fails_at > 20
    assert done == Undoing(5, 3, 1, {})
    assert Lead.objects.get().pk == first
    assert is_sound(company)


class Interrupted(Exception):
    """What a step fails with."""


class Steps:
    """Counts statements, and lets one of them fail: the first, then the second, and so on."""

    def __init__(self) -> None:
        self.fails_at = 0
        self.taken = 0

    def begin(self) -> None:
        """Count anew and fail one step later."""
        self.fails_at += 1
        self.taken = 0

    def take(self) -> None:
        """Count a step. Raises Interrupted where it is the one to fail."""
        self.taken += 1
        if self.taken == self.fails_at:
            raise Interrupted

    def counted(self, act: Callable[..., None]) -> Callable[..., None]:
        """Make an act a step."""

        def counting(*args: Any) -> None:
            self.take()
            act(*args)

        return counting

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        """Make every statement a step."""
        self.take()
        return execute(*args)


def everything() -> list[Any]:
    """Give all rows that an undo may touch."""
    tables = (*LEAVINGS, Seat, Submission, Undone, Failure, Entry)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def content() -> dict[str, object]:
    """The one lead, but for when it was written last."""
    row = Lead.objects.values().get()
    return {name: value for name, value in row.items() if not name.startswith("written_")}
