"""The team now: who is on, what each has, which clocks run; and a lead handed on with its reason."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clew.access.models import Member, Role
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import join, set_seat
from clew.handoff.models import Placement
from clew.handoff.people.actions import plan_absence
from clew.tally.shift import SHOWN, State, shifts
from tests.company import HOT, MONDAY_NOON, SUNDAY_NIGHT, TESTER, Company, enquire, found, member

pytestmark = pytest.mark.django_db
LATE = MONDAY_NOON + timedelta(hours=2)


@pytest.fixture(autouse=True)
def noon() -> Iterator[object]:
    with time_machine.travel(MONDAY_NOON, tick=False) as traveller:
        yield traveller


def given(at: Company, count: int) -> list[object]:
    """Let the first person have so many leads whose clocks run."""
    leads = [enquire(at.site, phone=f"1381234{n:04d}", **HOT) for n in range(count)]
    for lead_id in leads:
        seat = at.seats[0].pk
        handoff.assign(lead_id, seat_id=seat, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    return list(leads)


def browser(who: Member) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(who)
    return client


def test_it_says_who_is_on_and_why_somebody_is_not() -> None:
    at = found((1, 1, 1))
    plan_absence(
        [at.seats[1].pk], from_at=MONDAY_NOON, until_at=LATE, reason="", planner=at.manager,
        now=MONDAY_NOON,
    )  # fmt: skip
    set_seat(at.seats[2].pk, weight=1, capacity=50, is_present=False, actor=TESTER, now=MONDAY_NOON)
    (shift,) = shifts(at.manager, MONDAY_NOON)
    states = {worker.seat.pk: worker.state for worker in shift.workers}
    assert [states[seat.pk] for seat in at.seats] == [State.ON, State.AWAY, State.ABSENT]
    (sunday,) = shifts(at.manager, SUNDAY_NIGHT)
    assert sunday.workers[0].state == State.OFF_HOURS


def test_it_counts_what_runs_what_ran_out_and_what_is_new() -> None:
    at = found((1, 1))
    given(at, SHOWN + 2)
    worker = shifts(at.manager, MONDAY_NOON)[0].workers[0]
    assert (worker.seat.pk, worker.running, worker.late) == (at.seats[0].pk, SHOWN + 2, 0)
    assert len(worker.clocks) == SHOWN
    assert worker.new_today == SHOWN + 2
    assert worker.seat.open_count == SHOWN + 2
    later = shifts(at.manager, LATE)[0]
    assert (later.workers[0].running, later.workers[0].late, later.late) == (
        0,
        SHOWN + 2,
        SHOWN + 2,
    )
    tomorrow = shifts(at.manager, MONDAY_NOON + timedelta(days=1))[0].workers[0]
    assert tomorrow.new_today == 0


def test_its_statements_do_not_grow_with_people_and_leads() -> None:
    at = found((1, 1))
    with CaptureQueriesContext(connection) as few:
        shifts(at.administrator, MONDAY_NOON)
    given(at, 6)
    with CaptureQueriesContext(connection) as many:
        shifts(at.administrator, MONDAY_NOON)
    assert len(many) == len(few)


def test_a_lead_is_handed_on_with_a_reason_that_stays_with_it() -> None:
    at = found((1, 1))
    (lead_id,) = given(at, 1)
    client, to = browser(at.manager), at.seats[1]
    address = reverse("office:hand_on", args=[lead_id])
    assert client.post(address, {"seat": to.pk, "reason": "whim"}).status_code == 422
    assert client.post(address, {"seat": "0", "reason": "hand_full"}).status_code == 404
    before = Placement.objects.get(lead=lead_id, closed_at=None).pk
    assert f'name="stands" value="{before}"' in client.get(reverse("office:shift")).text
    sent = {"seat": to.pk, "reason": "hand_full", "stands": before}
    page = client.post(address, sent, follow=True).text
    assert "Given to Sales1" in page
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    assert (stands.seat_id, stands.reason) == (to.pk, "hand_full")
    late = client.post(address, {**sent, "seat": at.seats[0].pk}, follow=True).text
    assert "Somebody has changed this lead meanwhile." in late
    assert Placement.objects.get(lead=lead_id, closed_at=None).pk == stands.pk
    assert (
        "Whoever had it has too much" in client.get(reverse("pipeline:lead", args=[lead_id])).text
    )


def test_managers_see_their_own_teams_and_hand_on_their_own_leads() -> None:
    at = found((1, 1))
    (lead_id,) = given(at, 1)
    boss = member(at.organisation, "boss", Role.MANAGER, at.offline)
    page = browser(boss).get(reverse("office:shift")).text
    assert at.offline.name in page
    assert at.online.name not in page
    address = reverse("office:hand_on", args=[lead_id])
    sent = {"seat": at.seats[1].pk, "reason": "hand_full"}
    assert browser(boss).post(address, sent).status_code == 404
    assert str(lead_id) not in page
    fragment = browser(at.manager).get(reverse("office:shift"), headers={"X-Fragment": "1"}).text
    assert "<html" not in fragment
    assert "running 1" in fragment


def test_a_lead_is_handed_on_within_the_teams_of_the_manager_alone() -> None:
    at = found((1, 1))
    (lead_id,) = given(at, 1)
    far = member(at.organisation, "far", Role.SALESPERSON)
    there = join(at.offline.pk, far.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    sent = {"seat": there.pk, "reason": "hand_full", "stands": stands.pk}
    address = reverse("office:hand_on", args=[lead_id])
    assert browser(at.manager).post(address, sent).status_code == 404
    boss = member(at.organisation, "boss", Role.MANAGER, at.offline)
    assert browser(boss).post(address, sent).status_code == 404
    assert Placement.objects.get(lead=lead_id, closed_at=None) == stands
