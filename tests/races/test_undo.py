"""Undoing a file while the belt, the clock and people go on."""

import threading
import time
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from clew.base.sealing import lookup
from clew.capture.actions.failures import replay
from clew.capture.errors import FailureSettled
from clew.capture.models import Failure, Undone, Waiting
from clew.contacts.models import Contact, Identifier, Lead, Repeat
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import leave
from clew.handoff.errors import LeadMissing, LeadTaken
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.leads import CallIn, keep_draft, log_call
from clew.pipeline.models import Call
from clew.pipeline.schemas import Sheet
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import tick, undo
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
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)


def is_sound(company: Company) -> bool:
    """Tell whether both sums come out and no promise about places is broken."""
    return account(company.administrator).is_balanced and breaches() == Breaches(0, 0, 0, 0, 0)


def undo_in_portions(ids: list[UUID], portion: int = 5) -> None:
    for start in range(0, len(ids), portion):
        undo(ids[start : start + portion], LATER)


def test_a_file_is_undone_while_workers_take_it_in() -> None:
    company = found(weights=(2, 1, 1), capacity=1000)
    file, others = [], []
    for number in range(60):
        phone = f"138{number % 30:08d}"
        file.append(
            submit(company.site, phone=phone, email=f"{number}@f.cn", channel="file", **HOT)
        )
        if number % 3 == 0:
            others.append((submit(company.site, phone=phone, wechat=f"other{number}"), number))

    def drain() -> None:
        while run_belt_once(MONDAY_NOON, batch=7):
            pass

    def undo_all() -> None:
        for _ in range(3):
            undo_in_portions(file)

    assert at_once(drain, undo_all, drain) == []
    drain()
    undo_in_portions(file)
    assert is_sound(company)
    assert Undone.objects.count() + Lead.objects.count() + Repeat.objects.count() == 80
    for id_, number in others:
        lead = Lead.objects.filter(pk=id_).first() or Lead.objects.get(repeats=id_)
        digest = lookup(f"other{number}", "wechat")
        assert Identifier.objects.get(digest=digest).contact_id == lead.contact_id
    assert not Contact.objects.filter(leads=None).exists()


def test_undo_waits_for_what_the_belt_is_just_recognising() -> None:
    company = found()
    old = record(company.site, phone="13812345678", occurred_at=SUNDAY_NIGHT)
    new = submit(company.site, phone="13812345678", **HOT)
    is_recognised = threading.Event()

    def work() -> None:
        with transaction.atomic():
            run_belt_once(MONDAY_NOON)
            is_recognised.set()
            time.sleep(0.5)

    def take_back() -> None:
        is_recognised.wait()
        assert undo([old], LATER).leads == 1

    assert at_once(work, take_back) == []
    assert Lead.objects.get().pk == new
    assert Identifier.objects.get().contact.leads.get().pk == new
    assert is_sound(company)


def test_a_lead_is_either_claimed_or_undone() -> None:
    company = found(weights=(1,) * 4, capacity=1000)
    ids = [enquire(company.site, phone=f"138{n:08d}", channel="file", **COLD) for n in range(30)]
    assert Placement.objects.filter(kind="pool", closed_at=None).count() == 30
    claimed: list[UUID] = []

    def claim_all() -> None:
        for id_ in reversed(ids):
            with suppress(LeadTaken, LeadMissing):
                handoff.claim(id_, member=company.people[0], now=MONDAY_NOON)
                claimed.append(id_)

    assert at_once(lambda: undo_in_portions(ids, 3), claim_all) == []
    assert set(Lead.objects.values_list("pk", flat=True)) == set(claimed)
    assert is_sound(company)


def test_a_lead_is_either_called_or_undone_and_drafts_do_no_harm() -> None:
    company = found(weights=(1, 1), capacity=1000)
    ids = [enquire(company.site, phone=f"138{n:08d}", channel="file", **HOT) for n in range(20)]
    holders = {id_: Placement.objects.get(lead=id_).seat.member for id_ in ids}  # type: ignore[union-attr]
    called: list[UUID] = []

    def call_all() -> None:
        for id_ in reversed(ids):
            call = CallIn(uuid4(), Call.Result.BAD_NUMBER)
            with suppress(LeadMissing):
                log_call(id_, call, member=holders[id_], now=MONDAY_NOON)
                called.append(id_)

    def draft_all() -> None:
        for id_ in reversed(ids):
            with suppress(LeadMissing):
                keep_draft(id_, Sheet(note="一"), member=holders[id_], now=MONDAY_NOON)

    assert at_once(lambda: undo_in_portions(ids, 2), call_all, draft_all) == []
    assert set(Lead.objects.values_list("pk", flat=True)) == set(called)
    assert is_sound(company)


def test_a_file_is_undone_while_the_shift_begins_and_a_person_leaves() -> None:
    company = found(weights=(1, 2, 3), capacity=1000)
    ids = [
        enquire(company.site, SUNDAY_NIGHT, phone=f"138{n:08d}", channel="file", **HOT)
        for n in range(40)
    ]

    def begin() -> None:
        for _ in range(4):
            with transaction.atomic():
                tick(MONDAY_NOON)

    def part() -> None:
        leave(company.seats[2].pk, actor=TESTER, now=MONDAY_NOON)

    assert at_once(begin, part, lambda: undo_in_portions(ids, 4)) == []
    undo_in_portions(ids)
    assert not Lead.objects.exists()
    assert set(Seat.objects.values_list("open_count", "credit")) == {(0, 0)}
    assert is_sound(company)


def test_a_failure_is_either_replayed_or_undone() -> None:
    company = found()
    ids = [enquire(company.site, channel="file") for _ in range(12)]
    failures = list(Failure.objects.values_list("pk", flat=True))
    assert len(failures) == 12

    def replay_all() -> None:
        for failure in reversed(failures):
            with suppress(FailureSettled):
                replay(failure, actor=TESTER, now=MONDAY_NOON)

    def work() -> None:
        for _ in range(30):
            run_belt_once(MONDAY_NOON)

    assert at_once(lambda: undo_in_portions(ids, 1), replay_all, work) == []
    while run_belt_once(MONDAY_NOON):
        pass
    undo_in_portions(ids)
    assert not Waiting.objects.exists()
    assert not Failure.objects.filter(settled_at=None).exists()
    assert account(company.administrator).undone == 12
    assert is_sound(company)
