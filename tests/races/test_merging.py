"""Merging people while the belt, other mergers and people go on."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from clew.base.outbox import follow
from clew.contacts.errors import AlreadyMerged, MergeWithItself
from clew.contacts.models import Contact, Lead, Merge, Repeat
from clew.errors import ClewError
from clew.handoff.actions import leads as handoff
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import FACTS, undo
from clew.web.merging import Order, merge, unmerge
from clew.web.worker import run_belt_once
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found, submit
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)
PHONES = ("13812345670", "13812345671", "13812345672")


def is_sound(company: Company) -> bool:
    """Tell whether both sums come out, no promise about places is broken, and each person has one open lead."""
    while run_belt_once(LATER) + follow(FACTS, LATER):
        pass
    loops = Contact.objects.filter(survivor__survivor__isnull=False)
    books = account(company.administrator).is_balanced and breaches() == Breaches(0, 0, 0, 0, 0)
    return books and not loops.exists()


def contacts() -> list[UUID]:
    return list(Contact.objects.order_by("pk").values_list("pk", flat=True))


def test_three_are_merged_while_a_fourth_submission_arrives() -> None:
    company = found(weights=(1, 1), capacity=1000)
    for _ in range(5):
        leads = [enquire(company.site, phone=phone, **HOT) for phone in PHONES]
        first, second, third = contacts()[-3:]
        fourth = submit(company.site, phone=PHONES[2], email="d@b.cn", **HOT)
        acts = [
            lambda a=a, b=b: merge(Order(a, b), viewer=company.administrator, now=LATER)
            for a, b in ((third, first), (second, first))
        ]
        assert at_once(*acts, lambda: run_belt_once(LATER)) == []
        assert is_sound(company)
        assert Lead.objects.get(contact__in=[first, second, third], ended_at=None).pk == leads[0]
        assert Repeat.objects.filter(pk=fourth).exists()
        for made in Merge.objects.filter(undone_at=None):
            unmerge(made.pk, viewer=company.administrator, now=LATER)
        assert is_sound(company)
        assert Lead.objects.get(repeats=fourth).contact_id == third
        for lead in Lead.objects.filter(ended_at=None):
            handoff.close(lead.pk, reason="won", actor=TESTER, now=LATER)


def test_the_belt_waits_for_a_merge_and_then_knows_the_survivor() -> None:
    company = found()
    li = enquire(company.site, phone=PHONES[0], **HOT)
    enquire(company.site, phone=PHONES[1], **HOT)
    kept, gone = contacts()
    new = submit(company.site, phone=PHONES[1], **HOT)
    is_merged = threading.Event()

    def join() -> None:
        with transaction.atomic():
            merge(Order(gone, kept), viewer=company.administrator, now=LATER)
            is_merged.set()
            time.sleep(0.5)

    def work() -> None:
        is_merged.wait()
        run_belt_once(LATER)

    assert at_once(join, work) == []
    assert Repeat.objects.get(pk=new).lead_id == li
    assert is_sound(company)


def test_two_who_merge_the_same_pair_in_both_directions_merge_it_once() -> None:
    company = found()
    for phone in PHONES[:2]:
        enquire(company.site, phone=phone, **HOT)
    one, other = contacts()
    boss = company.administrator
    refused = at_once(
        lambda: merge(Order(one, other), viewer=boss, now=LATER),
        lambda: merge(Order(other, one), viewer=boss, now=LATER),
    )
    assert [type(error) for error in refused] == [MergeWithItself]
    assert Merge.objects.count() == 1
    assert is_sound(company)


def test_a_circle_of_merges_at_once_never_closes() -> None:
    company = found(weights=(1, 1), capacity=100)
    for phone in PHONES:
        enquire(company.site, phone=phone, **HOT)
    a, b, c = contacts()
    boss = company.administrator
    refused = at_once(
        *(
            lambda x=x, y=y: merge(Order(x, y), viewer=boss, now=LATER)
            for x, y in ((a, b), (b, c), (c, a))
        )
    )
    assert {type(error) for error in refused} <= {AlreadyMerged, MergeWithItself}
    assert refused
    assert is_sound(company)


def test_merging_races_with_claims_closings_undo_and_taking_apart() -> None:
    company = found(weights=(1, 1), capacity=1000)
    ids = [enquire(company.site, phone=f"138{n:08d}", channel="file", **COLD) for n in range(24)]
    known, boss, hers = contacts(), company.administrator, company.people[0]
    pairs = list(zip(known[1::2], known[::2], strict=True))
    acts = (
        lambda: each(pairs, lambda pair: merge(Order(*pair), viewer=boss, now=LATER)),
        lambda: each(range(40), lambda _: part_some(company)),
        lambda: each(ids[::-1], lambda id_: handoff.claim(id_, member=hers, now=LATER)),
        lambda: each(
            ids[::3], lambda id_: handoff.close(id_, reason="won", actor=TESTER, now=LATER)
        ),
        lambda: each(range(24), lambda n: send(company, f"138{n:08d}")),
        lambda: undo(ids[:6], LATER),
    )
    assert at_once(*acts) == []
    assert is_sound(company)
    for made in Merge.objects.filter(undone_at=None):
        unmerge(made.pk, viewer=boss, now=LATER)
    assert is_sound(company)
    assert not Contact.objects.filter(leads=None).exists()


def each(things: Iterable[Any], act: Callable[[Any], object]) -> None:
    """Do something to each; that others were faster is no fault."""
    for thing in things:
        with suppress(ClewError):
            act(thing)


def part_some(company: Company) -> None:
    for made in Merge.objects.filter(undone_at=None)[:2]:
        with suppress(ClewError):
            unmerge(made.pk, viewer=company.administrator, now=LATER)


def send(company: Company, phone: str) -> None:
    submit(company.site, LATER, phone=phone)
    run_belt_once(LATER)
