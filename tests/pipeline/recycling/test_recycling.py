"""Leads go back to a pool by rule: when it was announced, with the reason, and never what is under contract."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from clew.access.models import Member
from clew.base.models import Entry
from clew.handoff.actions.leads import assign
from clew.handoff.actions.seats import join, set_seat
from clew.handoff.models import Calendar, Placement, Seat
from clew.handoff.people.actions import set_hours
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.handoff.pools.errors import TurnsElsewhere
from clew.handoff.pools.models import Overload, Recall
from clew.handoff.queries import trace
from clew.pipeline.actions.leads import log_call, plan
from clew.pipeline.models import Clock, Task
from clew.pipeline.moves.actions.leads import move
from clew.pipeline.moves.models import Stage
from clew.pipeline.recycling import belt
from clew.pipeline.recycling.actions import set_patience
from clew.pipeline.recycling.queries import returning
from clew.web.flow import recycle, tick, undo
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.desk import call, holder

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = MONDAY_NOON.astimezone(SHANGHAI)
SECOND = timedelta(seconds=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of that November, of which the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def policy(company: Company, **terms: Any) -> None:
    set_policy(company.online.pk, PoolTerms(**terms), actor=TESTER, now=NOON)


def place(lead_id: UUID) -> Placement:
    return Placement.objects.select_related("seat").get(lead=lead_id, closed_at=None)


def seat_of(company: Company, who: Member) -> Seat:
    return next(seat for seat in company.seats if seat.member_id == who.pk)


def stage(key: str) -> Stage:
    return Stage.objects.get(pipeline__side="online", key=key)


def hot(company: Company, number: int = 1, now: datetime = NOON) -> UUID:
    return enquire(company.site, now, phone=f"1381234{number:04d}", **HOT)


def test_who_calls_at_the_last_moment_keeps_the_lead() -> None:
    company = found()
    policy(company, uncontacted_minutes=60)
    lead_id = hot(company)
    called = []

    def just_before(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        """Call once the lead was found to be due, and before it is locked."""
        if "skip locked" in sql and not called:
            called.append(sql)
            log_call(lead_id, call(), member=holder(lead_id), now=NOON + timedelta(hours=3))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(just_before):
        recycle(at(23, 16))
    assert called
    assert place(lead_id).kind == "person"


def test_what_nobody_calls_goes_back_at_the_working_minute_that_was_announced() -> None:
    company = found()
    policy(company, uncontacted_minutes=8 * 60)  # six hours of Monday, two of Tuesday
    lead_id = hot(company)
    who = holder(lead_id)
    back = returning([lead_id])[lead_id]
    assert (back.at, back.reason) == (at(24, 10, 30), "uncontacted")
    recycle(at(24, 10, 29))
    assert place(lead_id).kind == "person"
    recycle(at(24, 10, 30))
    stands = place(lead_id)
    assert (stands.kind, stands.reason, stands.team_id) == (
        "pool",
        "uncontacted",
        company.online.pk,
    )
    seat = seat_of(company, who)
    seat.refresh_from_db()
    assert seat.open_count == 0
    assert not Clock.objects.filter(lead=lead_id, stopped_at=None).exists()
    told = Entry.objects.get(name="LeadRecalled", subject=lead_id)
    assert told.data == {"team_id": stands.team_id, "seat_id": seat.pk, "reason": "uncontacted"}


def test_a_call_is_contact_and_the_next_holder_has_the_whole_time_again() -> None:
    company = found()
    policy(company, uncontacted_minutes=60)
    called, handed = hot(company, 1), hot(company, 2)
    log_call(called, call(), member=holder(called), now=at(23, 12, 30))
    other = next(s for s in company.seats if s.member_id != holder(handed).pk)
    assign(handed, seat_id=other.pk, actor=TESTER, now=at(23, 12, 50), reason="by_hand")
    recycle(at(23, 13, 49))
    assert {place(called).kind, place(handed).kind} == {"person"}
    recycle(at(23, 13, 50))
    assert (place(called).kind, place(handed).kind) == ("person", "pool")


def test_days_are_working_days_by_grade_and_end_with_the_work() -> None:
    company = found()
    policy(company, idle_days_high=2, idle_days_low=1)
    lead_id = hot(company, now=at(27, 17))  # a Friday; Saturday is worked, Sunday is not
    assert returning([lead_id])[lead_id].at == at(30, 18)
    recycle(at(30, 17, 59))
    assert place(lead_id).kind == "person"
    recycle(at(30, 18))
    assert place(lead_id).reason == "stalled"


def test_calls_steps_and_planned_contacts_hold_a_lead() -> None:
    company = found()
    policy(company, idle_days_high=1)
    called, moved, planned = (hot(company, n) for n in (1, 2, 3))
    log_call(called, call(next_at=at(24, 9)), member=holder(called), now=at(24, 8))
    move(moved, stage("offer").pk, member=holder(moved), now=at(24, 10))
    plan(planned, at(27, 10), member=holder(planned), now=NOON)
    ends = {lead_id: back.at for lead_id, back in returning([called, moved, planned]).items()}
    assert ends == {called: at(25, 18), moved: at(25, 18), planned: at(28, 18)}
    recycle(at(25, 18))
    assert [place(one).kind for one in (called, moved, planned)] == ["pool", "pool", "person"]


def test_a_contact_planned_for_years_ahead_does_not_hold_it_for_years() -> None:
    company = found()
    policy(company, idle_days_high=1)
    lead_id = hot(company)
    plan(lead_id, NOON + timedelta(days=2000), member=holder(lead_id), now=NOON)
    assert returning([lead_id])[lead_id].at < NOON + timedelta(days=63)


def test_a_stage_has_its_own_patience() -> None:
    company = found()
    policy(company, idle_days_high=1)
    set_patience(
        company.online.pk, {stage("asked").pk: 3, stage("offer").pk: 2}, actor=TESTER, now=NOON
    )
    asked, offered, talked = (hot(company, n) for n in (1, 2, 3))
    move(offered, stage("offer").pk, member=holder(offered), now=NOON)
    move(talked, stage("consultation").pk, member=holder(talked), now=NOON)
    for day, kinds in (
        (24, ["person", "person", "pool"]),
        (25, ["person", "pool", "pool"]),
        (26, ["pool", "pool", "pool"]),
    ):
        recycle(at(day, 18))
        assert [place(one).kind for one in (asked, offered, talked)] == kinds


def test_what_is_under_contract_never_goes_back() -> None:
    company = found(capacity=1)
    policy(company, uncontacted_minutes=1, idle_days_high=1, takes_excess=True)
    lead_id = hot(company)
    move(lead_id, stage("contract").pk, member=holder(lead_id), now=NOON)
    seat = seat_of(company, holder(lead_id))
    set_seat(seat.pk, weight=1, capacity=0, is_present=True, actor=TESTER, now=NOON)
    assert returning([lead_id]) == {}
    for day in (24, 25, 26, 30):
        recycle(at(day, 19))
    assert place(lead_id).kind == "person"


def test_what_is_too_much_goes_back_a_working_day_later_the_least_of_it() -> None:
    company = found(weights=(1,))
    policy(company, takes_excess=True)
    cold, warm = (
        enquire(company.site, phone="13812340001", message="", company=""),
        hot(company, 2),
    )
    seat = company.seats[0]
    if place(cold).kind == "pool":
        assign(cold, seat_id=seat.pk, actor=TESTER, now=NOON, reason="by_hand")
    recycle(NOON)
    assert not Overload.objects.exists()
    set_seat(seat.pk, weight=1, capacity=1, is_present=True, actor=TESTER, now=NOON)
    recycle(at(23, 13))
    back = returning([cold, warm])
    assert {lead_id: (b.at, b.reason) for lead_id, b in back.items()} == {
        cold: (at(24, 18), "over_capacity")
    }
    recycle(at(24, 17, 59))
    assert place(cold).kind == "person"
    recycle(at(24, 18))
    assert (place(cold).reason, place(warm).kind) == ("over_capacity", "person")
    recycle(at(24, 18, 1))
    assert not Overload.objects.filter(until_at=None).exists()


def test_it_is_given_out_again_to_somebody_else_as_often_as_the_team_says() -> None:
    company = found(weights=(1, 1))
    policy(company, uncontacted_minutes=60, turns=1)
    lead_id = hot(company)
    first = holder(lead_id)
    recycle(at(23, 13))
    tick(at(23, 13))
    second = holder(lead_id)
    assert second != first
    decided = trace(company.manager, lead_id)
    assert decided.is_recomputed_equal
    assert {c.excluded for c in decided.candidates} == {"", "had_it"}
    recycle(at(23, 14))
    tick(at(23, 14))
    assert (place(lead_id).kind, place(lead_id).reason) == ("pool", "uncontacted")
    assert list(Recall.objects.order_by("at").values_list("is_given_out", flat=True)) == [
        True,
        False,
    ]


def test_who_had_it_does_not_get_it_back_although_alone_and_no_round_is_written_for_it() -> None:
    company = found(weights=(1,))
    policy(company, uncontacted_minutes=60, turns=5)
    lead_id, rounds = hot(company), company.online.rounds.count
    recycle(at(23, 13))
    before = rounds()
    tick(at(23, 13))
    tick(at(23, 13, 1))
    assert (place(lead_id).kind, rounds()) == ("pool", before)


def test_it_waits_for_a_colleague_though_its_team_overflows_into_another_one() -> None:
    company = found(weights=(1,))
    policy(company, uncontacted_minutes=60, turns=5, overflow_id=company.offline.pk)
    join(company.offline.pk, company.manager.pk, weight=1, capacity=5, actor=TESTER, now=NOON)
    lead_id = hot(company)
    recycle(at(23, 13))
    tick(at(23, 13))
    assert (place(lead_id).kind, place(lead_id).team_id) == ("pool", company.online.pk)
    join(company.online.pk, company.manager.pk, weight=1, capacity=5, actor=TESTER, now=NOON)
    tick(at(23, 14))
    assert (place(lead_id).kind, place(lead_id).team_id) == ("person", company.online.pk)


def test_it_goes_to_the_companys_pool_where_the_team_says_so() -> None:
    company = found()
    policy(company, uncontacted_minutes=60, is_public=True)
    lead_id = hot(company)
    recycle(at(23, 13))
    tick(at(23, 13))
    assert (place(lead_id).kind, place(lead_id).team_id) == ("pool", None)
    with pytest.raises(TurnsElsewhere):
        policy(company, is_public=True, turns=1)


def test_nothing_goes_back_without_a_policy() -> None:
    company = found()
    lead_id = hot(company)
    assert returning([lead_id]) == {}
    recycle(NOON + timedelta(days=300))
    assert place(lead_id).kind == "person"


def test_undoing_a_lead_that_was_taken_back_leaves_nothing_of_it() -> None:
    company = found()
    policy(company, uncontacted_minutes=60)
    lead_id = hot(company)
    recycle(at(23, 13))
    assert undo([lead_id], at(23, 14)).leads == 1
    assert not Recall.objects.exists()


def test_what_goes_back_is_exactly_what_was_announced() -> None:
    company = found(capacity=500)
    chance = random.Random(5)
    Calendar.objects.create(name="nights", week=[[d * 1440, d * 1440 + 360] for d in range(7)])
    set_hours(company.seats[0].pk, Calendar.objects.get(name="nights").pk, actor=TESTER, now=NOON)
    policy(company, uncontacted_minutes=700, idle_days_high=2, idle_days_medium=3)
    set_patience(company.online.pk, {stage("offer").pk: 1}, actor=TESTER, now=NOON)
    leads = [
        hot(company, n, at(23, 9) + timedelta(minutes=chance.randrange(500))) for n in range(24)
    ]
    for lead_id in leads[::4]:  # to the one who works at night
        night = company.seats[0].pk
        assign(lead_id, seat_id=night, actor=TESTER, now=at(23, 18), reason="by_hand")
    for lead_id in leads:
        _live(lead_id, chance)
    told = returning(leads)
    assert len(told) == len(leads)
    moments = sorted(back.at for back in told.values())
    for moment in [m + step for m in moments for step in (-SECOND, timedelta(0))]:
        due = dict(_due(moment))
        assert due.keys() == {lead_id for lead_id, back in told.items() if back.at <= moment}
        assert all(due[one] == told[one].reason for one in due if told[one].at == moment)


def _live(lead_id: UUID, chance: random.Random) -> None:
    who, now = holder(lead_id), at(24, 9) + timedelta(minutes=chance.randrange(1440))
    deed = chance.randrange(5)
    if deed == 0:
        log_call(lead_id, call(next_at=now + timedelta(hours=5)), member=who, now=now)
    elif deed == 1:
        plan(lead_id, now + timedelta(days=chance.randrange(1, 5)), member=who, now=now)
    elif deed == 2:
        move(lead_id, stage("offer").pk, member=who, now=now)
    elif deed == 3:
        log_call(lead_id, call(next_at=now + timedelta(hours=5)), member=who, now=now)
        Task.objects.filter(lead=lead_id).update(done_at=now)


def _due(now: datetime) -> list[tuple[UUID, str]]:
    with transaction.atomic():
        found_ = belt.due(now)
        transaction.set_rollback(True)
    return found_
