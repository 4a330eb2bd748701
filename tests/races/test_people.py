"""People change what they take on, go away and leave, while leads flow on other connections."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from clew.handoff.actions import leads, seats
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement, Round, Seat
from clew.handoff.people import actions
from clew.handoff.queries import inputs, recomputed_equal
from clew.handoff.rules import exclusion
from clew.tally.queries import account, breaches
from clew.web.flow import give_out, tick
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, submit
from tests.races.threads import at_once, wait_for_somebody

pytestmark = pytest.mark.django_db(transaction=True)
REGIONS = ("广东深圳", "江苏苏州", "")


def drain() -> None:
    while run_belt_once(MONDAY_NOON, batch=7):
        pass


def fill(company: Company, count: int) -> None:
    for number in range(count):
        submit(company.site, phone=f"138{number:08d}", region=REGIONS[number % 3], **HOT)


def test_a_person_with_two_seats_leaves_while_a_lead_moves_between_them() -> None:
    """Whoever moves a lead holds it and wants the other seat: all leads are locked before any seat is."""
    company = found(weights=(1,))
    here = company.seats[0]
    who = here.member_id
    there = seats.join(
        company.offline.pk, who, weight=1, capacity=50, actor=TESTER, now=MONDAY_NOON
    )
    enquire(company.site, phone="13800000001", **HOT)
    moving = enquire(company.fair, phone="13800000002", **HOT)
    waiting, moved = threading.Event(), []

    def move() -> None:
        with transaction.atomic():
            lock_leads([moving])
            waiting.set()
            wait_for_somebody()
            leads.assign(moving, seat_id=here.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
            moved.append(moving)

    def part() -> None:
        waiting.wait()
        seats.release(who, now=MONDAY_NOON)

    assert at_once(move, part) == []
    assert moved
    assert set(Seat.objects.filter(pk__in=[here.pk, there.pk]).values_list("open_count")) == {(0,)}
    assert Placement.objects.filter(closed_at=None, kind="pool").count() == 2
    is_in_order(company)


def is_in_order(company: Company) -> None:
    found_ = breaches()
    assert (found_.leads_nowhere, found_.seats_miscounted, found_.teams_with_credit_left) == (
        0,
        0,
        0,
    )
    assert account(company.administrator).is_balanced
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0
    for decided in Round.objects.all():
        assert recomputed_equal(decided)
        sitting, given = inputs(decided)
        by_id = {s.id: s for s in sitting}
        for placed in Placement.objects.filter(round=decided, kind="person"):
            lead = given[placed.turn or 0]
            assert placed.seat_id
            assert not exclusion(by_id[placed.seat_id], -999, (lead.region, lead.category))


def test_territories_change_while_leads_flow() -> None:
    company = found(weights=(1, 1, 1), capacity=1000)
    fill(company, 120)

    def wander() -> None:
        for regions in ((440000,), (320500,), (), (440300, 320000)) * 5:
            actions.set_takes(
                company.seats[0].pk,
                categories=[],
                regions=regions,
                actor=TESTER,
                now=MONDAY_NOON,
            )

    def come_and_go() -> None:
        for _ in range(10):
            (absence,) = actions.plan_absence(
                [company.seats[1].pk],
                from_at=MONDAY_NOON,
                until_at=MONDAY_NOON + timedelta(days=1),
                reason="",
                planner=company.manager,
                now=MONDAY_NOON,
            )
            actions.cancel_absence(absence.pk, actor=TESTER, now=MONDAY_NOON)

    assert at_once(drain, drain, wander, come_and_go, lambda: tick(MONDAY_NOON)) == []
    drain()
    tick(MONDAY_NOON)
    is_in_order(company)


def test_somebody_is_removed_at_noon_with_leads_while_more_arrive() -> None:
    company = found(weights=(2, 1, 1), capacity=1000)
    fill(company, 60)
    drain()
    gone = company.seats[0]
    for number in range(60):
        submit(company.site, phone=f"139{number:08d}", **HOT)

    def part() -> None:
        seats.leave(gone.pk, actor=TESTER, now=MONDAY_NOON)
        give_out(MONDAY_NOON)

    assert at_once(drain, drain, part, lambda: tick(MONDAY_NOON)) == []
    drain()
    tick(MONDAY_NOON)
    is_in_order(company)
    assert Seat.objects.get(pk=gone.pk).open_count == 0
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 120
