"""Several workers and people at once, on real connections."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Count, Sum

from clew.access.models import Member
from clew.contacts.models import Contact, Lead, Repeat
from clew.handoff.actions import leads as actions
from clew.handoff.errors import LeadTaken
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.leads import CallIn, log_call
from clew.pipeline.models import Call
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import tick
from clew.web.worker import run_belt_once
from tests.company import COLD, HOT, MONDAY_NOON, SUNDAY_NIGHT, enquire, found, submit
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def drain() -> None:
    while run_belt_once(MONDAY_NOON, batch=7):
        pass


def test_three_workers_make_one_lead_per_person_and_share_out_exactly() -> None:
    company = found(weights=(2, 1, 1), capacity=1000)
    for number in range(120):
        submit(company.site, phone=f"138{number % 40:08d}", **HOT)
    assert at_once(drain, drain, drain) == []
    drain()
    assert (Contact.objects.count(), Lead.objects.count(), Repeat.objects.count()) == (40, 40, 80)
    assert Lead.objects.aggregate(sum=Sum("submission_count"))["sum"] == 120
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0
    assert sum(s.open_count for s in Seat.objects.all()) == 40
    per_lead = Placement.objects.filter(closed_at=None).values("lead").annotate(n=Count("id"))
    assert {row["n"] for row in per_lead} == {1}
    assert account(company.administrator).is_balanced


def test_a_pooled_lead_has_exactly_one_winner() -> None:
    company = found(weights=(1,) * 8)
    id_ = enquire(company.site, phone="13812345678", **COLD)
    raised = at_once(
        *(
            lambda person=person: actions.claim(id_, member=person, now=MONDAY_NOON)
            for person in company.people
        )
    )
    assert Counter(type(error) for error in raised) == {LeadTaken: 7}
    assert Placement.objects.filter(lead=id_, closed_at=None).count() == 1
    assert sum(s.open_count for s in Seat.objects.all()) == 1


def test_a_pooled_lead_is_claimed_while_the_shift_begins() -> None:
    company = found(weights=(1,) * 4, capacity=1000)
    ids = [enquire(company.site, SUNDAY_NIGHT, phone=f"138{n:08d}", **HOT) for n in range(40)]

    def claim_all(person: Member) -> None:
        for id_ in ids:
            with suppress(LeadTaken):
                actions.claim(id_, member=person, now=MONDAY_NOON)

    def begin() -> None:
        for _ in range(3):
            with transaction.atomic():
                tick(MONDAY_NOON)

    claimers = [lambda person=person: claim_all(person) for person in company.people[:2]]
    assert at_once(begin, *claimers, begin) == []
    assert breaches() == Breaches(0, 0, 0, 0, 0)
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 40


def test_calls_are_logged_while_the_same_people_write_again() -> None:
    company = found(weights=(1, 1), capacity=1000)
    phones = [f"138{number:08d}" for number in range(12)]
    ids = [enquire(company.site, phone=phone, **HOT) for phone in phones]
    holders = {id_: Placement.objects.get(lead=id_).seat.member for id_ in ids}  # type: ignore[union-attr]

    def close_all() -> None:
        for id_, member in holders.items():
            call = CallIn(id_, Call.Result.BAD_NUMBER)
            log_call(id_, call, member=member, now=MONDAY_NOON)

    def ask_again() -> None:
        for phone in phones:
            submit(company.site, phone=phone, **HOT)
            run_belt_once(MONDAY_NOON)

    assert at_once(close_all, ask_again) == []
    drain()
    assert account(company.administrator).is_balanced
    assert breaches() == Breaches(0, 0, 0, 0, 0)


def test_two_workers_let_a_lead_lapse_once() -> None:
    company = found(weights=(1, 1), capacity=1000)
    for number in range(20):
        enquire(company.site, phone=f"138{number:08d}", **HOT)
    late = MONDAY_NOON + timedelta(days=31)

    def drain_late() -> None:
        while run_belt_once(late, batch=7):
            pass

    for number in range(80):
        submit(company.site, late, phone=f"138{(number * 7) % 20:08d}", **HOT)
    assert at_once(drain_late, drain_late) == []
    drain_late()
    assert Lead.objects.filter(ended_at=late).count() == 20
    assert Lead.objects.filter(ended_at=None).exclude(follows=None).count() == 20
    assert Lead.objects.filter(ended_at=None).aggregate(sum=Sum("submission_count"))["sum"] == 80
    assert breaches() == Breaches(0, 0, 0, 0, 0)
    assert account(company.administrator).is_balanced
