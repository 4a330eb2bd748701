from datetime import timedelta

import pytest
from django.db.models import Sum

from clew.access.actions import deactivate
from clew.base.outbox import follow
from clew.handoff.actions.leads import assign, close
from clew.handoff.actions.seats import leave, set_seat
from clew.handoff.models import Placement, Round, Seat
from clew.handoff.queries import recomputed_equal, trace
from clew.pipeline.models import Clock
from clew.web.flow import FACTS, tick
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
    submit,
)

pytestmark = pytest.mark.django_db


def many(company: Company, count: int, **given: str) -> None:
    for number in range(count):
        submit(company.site, phone=f"138{number:08d}", **(HOT | given))
    while run_belt_once(MONDAY_NOON):
        pass


def test_a_hot_lead_goes_to_a_person_with_a_clock_and_a_reason() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    placement = Placement.objects.get(lead=id_)
    assert (placement.kind, placement.reason, placement.turn) == ("person", "turn", 0)
    clock = Clock.objects.get(lead=id_)
    assert clock.due_at == MONDAY_NOON + timedelta(minutes=10)


def test_a_cold_lead_goes_to_the_pool_without_a_clock() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **COLD)
    placement = Placement.objects.get(lead=id_)
    assert (placement.kind, placement.reason, placement.team) == ("pool", "grade", company.online)
    assert not Clock.objects.exists()


def test_an_introduced_person_goes_to_the_offline_team() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", introduced_by="老王", **HOT)
    assert Placement.objects.get(lead=id_).team == company.offline


def test_leads_are_shared_out_by_weight_and_credits_sum_to_zero() -> None:
    company = found(weights=(3, 2, 1))
    many(company, 60)
    assert [s.open_count for s in Seat.objects.order_by("pk")] == [30, 20, 10]
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0


def test_the_open_count_of_each_seat_equals_its_open_placements() -> None:
    company = found(weights=(1, 1), capacity=3)
    many(company, 10)
    for seat in company.seats:
        seat.refresh_from_db()
        assert seat.open_count == seat.placements.filter(closed_at=None).count() == 3
    assert Placement.objects.filter(kind="pool", reason="all_full").count() == 4


def test_out_of_hours_the_lead_waits_in_the_pool_and_is_given_out_in_the_morning() -> None:
    company = found()
    id_ = enquire(company.site, SUNDAY_NIGHT, phone="13812345678", **HOT)
    assert Placement.objects.get(lead=id_, closed_at=None).reason == "off_hours"
    tick(SUNDAY_NIGHT + timedelta(hours=1))
    assert Placement.objects.get(lead=id_, closed_at=None).kind == "pool"
    tick(MONDAY_NOON)
    assert Placement.objects.get(lead=id_, closed_at=None).kind == "person"
    assert Clock.objects.get(lead=id_).started_at == MONDAY_NOON


def test_what_belongs_in_the_pool_does_not_stand_in_the_way_of_what_waits() -> None:
    company = found(weights=(1, 1), capacity=1)
    cold = enquire(company.site, phone="13700000000", **COLD)
    assign(cold, seat_id=company.seats[0].pk, actor=TESTER, now=MONDAY_NOON, reason="manager")
    hot = [enquire(company.site, phone=f"1381234567{n}", **HOT) for n in range(2)]
    leave(company.seats[0].pk, actor=TESTER, now=MONDAY_NOON)
    close(hot[0], reason="won", actor=TESTER, now=MONDAY_NOON)
    tick(MONDAY_NOON)
    assert Placement.objects.get(lead=hot[1], closed_at=None).kind == "person"
    assert Placement.objects.get(lead=cold, closed_at=None).kind == "pool"


def test_a_clock_that_runs_for_the_next_person_is_not_stopped_late() -> None:
    company = found(weights=(1, 1))
    id_ = enquire(company.site, phone="13812345678", **HOT)
    seat = Placement.objects.get(lead=id_).seat
    assert seat
    leave(seat.pk, actor=TESTER, now=MONDAY_NOON)
    tick(MONDAY_NOON)
    follow(FACTS, MONDAY_NOON)
    assert Placement.objects.get(lead=id_, closed_at=None).kind == "person"
    assert Clock.objects.filter(lead=id_, stopped_at=None).exists()


def test_a_repeat_that_raises_a_pooled_lead_brings_it_to_a_person() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **COLD)
    enquire(company.site, phone="13812345678", **HOT)
    assert Placement.objects.get(lead=id_, closed_at=None).kind == "person"


def test_a_repeat_stays_with_its_person_and_must_be_answered_again() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", **HOT)
    seat = Placement.objects.get(lead=id_).seat
    Clock.objects.update(stopped_at=MONDAY_NOON)
    later = MONDAY_NOON + timedelta(hours=1)
    enquire(company.site, later, phone="13812345678", **HOT)
    assert Placement.objects.get(lead=id_).seat == seat
    assert Clock.objects.get(lead=id_, stopped_at=None).started_at == later


def test_every_decision_is_recomputed_from_its_stored_inputs() -> None:
    company = found(weights=(5, 3, 1), capacity=20)
    many(company, 40)
    rounds = list(Round.objects.all())
    assert rounds
    assert all(recomputed_equal(r) for r in rounds)


@pytest.mark.parametrize("field", ["weight", "credit", "open_count"])
def test_altering_one_stored_input_changes_the_recomputed_result(field: str) -> None:
    company = found(weights=(3, 2, 2), capacity=20)
    many(company, 14)
    decided = Round.objects.get()
    position = ["id", "member_id", "weight", "capacity", "open_count", "credit"].index(field)
    decided.seats[0][position] += 20_000_000 if field == "credit" else 20
    assert not recomputed_equal(decided)


def test_the_trace_shows_candidates_and_why_the_others_were_left_out() -> None:
    company = found(weights=(1, 1, 1))
    absent = company.seats[0]
    set_seat(absent.pk, weight=1, capacity=9, is_present=False, actor=TESTER, now=MONDAY_NOON)
    id_ = enquire(company.site, phone="13812345678", **HOT)
    why = trace(company.administrator, id_)
    assert why.is_recomputed_equal
    assert [c.excluded for c in why.candidates] == ["", "", "absent"]
    assert [c.due for c in why.candidates[:2]] == [0.5, 0.5]
    assert sum(c.is_chosen for c in why.candidates) == 1
    assert why.sieve[0] == ("absent", 3, 2)


def test_leads_of_somebody_who_left_go_on_to_the_others() -> None:
    company = found(weights=(1, 1))
    many(company, 6)
    gone = company.people[0]
    deactivate(gone, actor=TESTER, now=MONDAY_NOON)
    follow(FACTS, MONDAY_NOON)
    tick(MONDAY_NOON)
    holders = Placement.objects.filter(closed_at=None).values_list("seat__member", flat=True)
    assert set(holders) == {company.people[1].pk}
    assert follow(FACTS, MONDAY_NOON) >= 0
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0
