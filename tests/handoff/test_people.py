"""Calendars, absences, what seats take on, and leaving, on the database."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from clew.access.actions import deactivate
from clew.base.ledger import Actor
from clew.base.models import Entry
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.leads import close
from clew.handoff.actions.seats import join, leave, set_seat
from clew.handoff.belt import seating
from clew.handoff.calendars import DAY, Hours
from clew.handoff.errors import SeatMissing
from clew.handoff.models import Absence, Calendar, Placement, Round, Seat
from clew.handoff.people import actions
from clew.handoff.people.errors import (
    AbsenceMissing,
    AbsencePast,
    AbsenceReversed,
    AbsencesOverlap,
    AbsenceTooLong,
    CalendarMissing,
    CalendarUsed,
    RegionUnknown,
    TooManyCategories,
    YearUnknown,
)
from clew.handoff.people.queries import handover, ties
from clew.handoff.people.rules import Plan
from clew.handoff.queries import inputs, recomputed_equal, trace
from clew.handoff.rules import exclusion
from clew.pipeline.models import Clock
from clew.tally.queries import breaches
from clew.web.flow import give_out, tick
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
NIGHT = ((19 * 60, DAY),)
LATER = MONDAY_NOON + timedelta(days=2)


def many(
    company: Company, count: int, now: datetime = MONDAY_NOON, *, start: int = 0, **given: str
) -> None:
    for number in range(start, start + count):
        submit(company.site, now, phone=f"138{number:08d}", **(HOT | given))
    while run_belt_once(now):
        pass


def away(
    seat: Seat, *, days: float = 1, start: datetime = MONDAY_NOON, now: datetime = MONDAY_NOON
) -> Absence:
    return actions.plan_absence(
        [seat.pk],
        from_at=start,
        until_at=start + timedelta(days=days),
        reason="年假",
        planner=seat.member,
        now=now,
    )[0]


def night_plan(name: str = "night") -> Plan:
    return Plan(name, "Asia/Shanghai", (NIGHT,) * 7, frozenset(), {})


def held_by(company: Company) -> Counter[str]:
    return Counter(
        Placement.objects.filter(closed_at=None, kind="person").values_list(
            "seat__member__username", flat=True
        )
    )


def test_a_changed_calendar_holds_for_the_next_turn_and_clock() -> None:
    company = found()
    calendar = Calendar.objects.get()
    actions.keep_calendar(night_plan(), actor=TESTER, now=MONDAY_NOON, calendar_id=calendar.pk)
    first = enquire(company.site, phone="13812345678", **HOT)
    assert Placement.objects.get(lead=first).reason == "off_hours"
    evening = MONDAY_NOON + timedelta(hours=7)
    tick(evening)
    assert Placement.objects.get(lead=first, closed_at=None).kind == "person"
    assert Clock.objects.get(lead=first).due_at == evening + timedelta(minutes=10)
    assert Entry.objects.filter(name="CalendarChanged").count() == 1


def test_a_worked_sunday_gives_out_and_a_day_off_does_not() -> None:
    company = found()
    calendar = Calendar.objects.get()
    sunday_noon = SUNDAY_NIGHT - timedelta(hours=10)
    calendar.days_on = {"2026-11-22": 0}
    calendar.days_off = ["2026-11-23"]
    calendar.save()
    worked = enquire(company.site, sunday_noon, phone="13812345678", **HOT)
    assert Placement.objects.get(lead=worked).kind == "person"
    off = enquire(company.site, MONDAY_NOON, phone="13812345679", **HOT)
    assert Placement.objects.get(lead=off).reason == "off_hours"


def test_public_days_come_in_once_and_leave_what_was_written_by_hand() -> None:
    found()
    calendar = Calendar.objects.get()
    calendar.days_on = {"2026-10-07": 2}  # they work on this one
    calendar.save()
    for _ in range(2):
        calendar = actions.add_public_days(calendar.pk, 2026, actor=TESTER, now=MONDAY_NOON)
    assert "2026-10-07" not in calendar.days_off
    assert calendar.days_on["2026-10-07"] == 2
    assert calendar.days_on["2026-10-10"] == 2
    assert len(calendar.days_off) == len(set(calendar.days_off)) == 32
    with pytest.raises(YearUnknown):
        actions.add_public_days(calendar.pk, 1999, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(CalendarMissing):
        actions.add_public_days(999_999, 2026, actor=TESTER, now=MONDAY_NOON)


def test_a_calendar_that_is_used_stays_and_one_that_is_not_goes() -> None:
    company = found()
    calendar = actions.keep_calendar(night_plan(), actor=TESTER, now=MONDAY_NOON)
    actions.set_hours(company.seats[0].pk, calendar.pk, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(CalendarUsed) as refused:
        actions.delete_calendar(calendar.pk, actor=TESTER, now=MONDAY_NOON)
    assert refused.value.details["reasons"] == [company.people[0].name]
    actions.set_hours(company.seats[0].pk, None, actor=TESTER, now=MONDAY_NOON)
    actions.delete_calendar(calendar.pk, actor=TESTER, now=MONDAY_NOON)
    assert not Calendar.objects.filter(pk=calendar.pk).exists()


def test_the_database_holds_no_calendar_without_hours() -> None:
    with pytest.raises(IntegrityError, match="calendar_has_hours"), transaction.atomic():
        Calendar.objects.create(name="never", week=[])


def test_a_seat_with_its_own_hours_is_on_shift_by_them_and_so_is_its_clock() -> None:
    company = found(weights=(1, 1))
    night = actions.keep_calendar(night_plan(), actor=TESTER, now=MONDAY_NOON)
    owl = company.seats[0]
    actions.set_hours(owl.pk, night.pk, actor=TESTER, now=MONDAY_NOON)
    many(company, 4)
    assert held_by(company) == {"sales1": 4}
    evening = MONDAY_NOON + timedelta(hours=11, minutes=55)  # 23:55
    id_ = enquire(company.site, evening, phone="13712345678", **HOT)
    assert Placement.objects.get(lead=id_).seat == owl
    due = Clock.objects.get(lead=id_).due_at
    assert due == evening + timedelta(minutes=5) + timedelta(hours=19, minutes=5)


def test_what_waits_goes_to_a_seat_that_works_while_its_team_does_not() -> None:
    company = found(weights=(1, 1))
    id_ = enquire(company.site, SUNDAY_NIGHT, phone="13812345678", **HOT)
    night = actions.keep_calendar(night_plan(), actor=TESTER, now=SUNDAY_NIGHT)
    actions.set_hours(company.seats[1].pk, night.pk, actor=TESTER, now=SUNDAY_NIGHT)
    tick(SUNDAY_NIGHT)
    assert Placement.objects.get(lead=id_, closed_at=None).seat == company.seats[1]


def test_an_absent_seat_gets_nothing_and_no_burst_on_return() -> None:
    company = found(weights=(1, 1, 1))
    absent = company.seats[0]
    away(absent)
    many(company, 20)
    assert held_by(company) == {"sales1": 10, "sales2": 10}
    why = trace(company.administrator, Placement.objects.filter(kind="person")[0].lead_id)
    assert [c.excluded for c in why.candidates] == ["", "", "absent"]
    many(company, 30, LATER, start=100)
    assert held_by(company) == {"sales0": 10, "sales1": 20, "sales2": 20}
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0
    assert all(recomputed_equal(r) for r in Round.objects.all())


def test_an_absence_begins_and_ends_to_the_minute() -> None:
    company = found(weights=(1,))
    away(company.seats[0], start=MONDAY_NOON + timedelta(minutes=1), days=1 / 24)
    many(company, 1)
    many(company, 1, MONDAY_NOON + timedelta(minutes=1), start=1)
    many(company, 1, MONDAY_NOON + timedelta(minutes=61), start=2)
    reasons = Placement.objects.order_by("id").values_list("reason", flat=True)
    assert list(reasons) == ["turn", "nobody_present", "turn"]
    tick(MONDAY_NOON + timedelta(minutes=61))
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 3


def test_a_cancelled_absence_is_over_and_leaves_room_for_another() -> None:
    company = found(weights=(1,))
    absence = away(company.seats[0])
    with pytest.raises(AbsencesOverlap):
        away(company.seats[0], start=MONDAY_NOON + timedelta(hours=23))
    away(company.seats[0], start=MONDAY_NOON + timedelta(days=1))  # they may touch
    actions.cancel_absence(absence.pk, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(AbsenceMissing):
        actions.cancel_absence(absence.pk, actor=TESTER, now=MONDAY_NOON)
    away(company.seats[0])
    actions.cancel_absence(Absence.objects.latest("id").pk, actor=TESTER, now=MONDAY_NOON)
    many(company, 1)
    assert Placement.objects.get().kind == "person"
    assert Entry.objects.filter(name="AbsencePlanned").count() == 3


def test_the_database_lets_no_two_absences_of_a_seat_overlap() -> None:
    company = found(weights=(1, 1))
    first = away(company.seats[0])
    same = {"from_at": first.from_at, "until_at": first.until_at, "planned_at": MONDAY_NOON}
    person = company.people[0]
    with pytest.raises(IntegrityError, match="absence_apart"), transaction.atomic():
        Absence.objects.create(seat=company.seats[0], planner=person, **same)
    Absence.objects.create(seat=company.seats[1], planner=person, **same)


@pytest.mark.parametrize(
    ("from_hour", "until_hour", "error"),
    [
        (2, 2, AbsenceReversed),
        (2, 1, AbsenceReversed),
        (-5, -1, AbsencePast),
        (0, 24 * 800, AbsenceTooLong),
    ],
)
def test_an_impossible_absence_is_refused(
    from_hour: int, until_hour: int, error: type[Exception]
) -> None:
    company = found(weights=(1,))
    with pytest.raises(error):
        actions.plan_absence(
            [company.seats[0].pk],
            from_at=MONDAY_NOON + timedelta(hours=from_hour),
            until_at=MONDAY_NOON + timedelta(hours=until_hour),
            reason="",
            planner=company.people[0],
            now=MONDAY_NOON,
        )


def test_a_closed_seat_can_plan_nothing() -> None:
    company = found(weights=(1,))
    leave(company.seats[0].pk, actor=TESTER, now=MONDAY_NOON)
    with pytest.raises(SeatMissing):
        away(company.seats[0])
    with pytest.raises(SeatMissing):
        actions.set_takes(
            company.seats[0].pk, categories=[], regions=[], actor=TESTER, now=MONDAY_NOON
        )


def takes(seat: Seat, *regions: int, categories: tuple[str, ...] = ()) -> None:
    actions.set_takes(
        seat.pk, categories=categories, regions=regions, actor=TESTER, now=MONDAY_NOON
    )


def test_leads_of_a_region_go_to_whoever_takes_it_and_the_trace_says_why_others_do_not() -> None:
    company = found(weights=(1, 1))
    takes(company.seats[0], 440000)
    takes(company.seats[1], 320000)
    many(company, 6, region="广东深圳")
    assert held_by(company) == {"sales0": 6}
    why = trace(company.administrator, Placement.objects.all()[0].lead_id)
    assert [c.excluded for c in why.candidates] == ["", "out_of_territory"]
    assert why.sieve[0] == ("out_of_territory", 2, 1)
    seats, leads = inputs(Round.objects.latest("decided_at"))
    assert {lead.region for lead in leads} == {440300}
    assert seats[0].territories == ((440000, 450000),)
    assert all(recomputed_equal(r) for r in Round.objects.all())


def test_a_product_group_is_compared_whatever_its_case() -> None:
    company = found(weights=(1, 1))
    takes(company.seats[0], categories=("Servo", " servo ", "变频器"))
    takes(company.seats[1], categories=("sensor",))
    company.seats[0].refresh_from_db()
    assert len(company.seats[0].categories) == 2
    many(company, 4, category="SERVO")
    assert held_by(company) == {"sales0": 4}


def test_what_nobody_covers_waits_and_does_not_stand_in_the_way_of_what_somebody_does() -> None:
    company = found(weights=(1,), capacity=1)
    takes(company.seats[0], 440000)
    many(company, 5, region="江苏苏州")
    assert set(Placement.objects.values_list("reason", flat=True)) == {"nobody_covers"}
    many(company, 2, MONDAY_NOON + timedelta(minutes=1), region="广东深圳", start=10)
    close(Placement.objects.get(kind="person").lead_id, reason="won", actor=TESTER, now=MONDAY_NOON)
    tick(MONDAY_NOON)
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 1
    takes(company.seats[0])
    set_seat(
        company.seats[0].pk, weight=1, capacity=50, is_present=True, actor=TESTER, now=MONDAY_NOON
    )
    tick(MONDAY_NOON)
    assert Placement.objects.filter(closed_at=None, kind="person").count() == 6


def test_unknown_regions_and_too_many_product_groups_are_refused() -> None:
    company = found(weights=(1,))
    with pytest.raises(RegionUnknown):
        takes(company.seats[0], 999999)
    with pytest.raises(TooManyCategories):
        takes(company.seats[0], categories=tuple(f"c{n}" for n in range(51)))
    with pytest.raises(TooManyCategories):
        takes(company.seats[0], categories=("x" * 61,))


def test_the_preview_of_a_leave_tells_what_then_happens_and_each_lead_says_so() -> None:
    company = found(weights=(1, 1, 1), capacity=8)
    many(company, 21)  # seven each, so that two have room for one more
    cold = enquire(company.site, phone="13700000000", **COLD)
    seat = company.seats[0]
    handoff.assign(cold, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    leads = list(Placement.objects.filter(seat=seat, closed_at=None).values_list("lead", flat=True))
    told = handover([Seat.objects.get(pk=seat.pk)], MONDAY_NOON)
    assert (told.count, told.by_turn, told.pooled) == (8, 2, 6)
    assert sorted(told.receivers) == [("Sales1", 1), ("Sales2", 1)]
    deactivate(seat.member, actor=TESTER, now=MONDAY_NOON)
    leave(seat.pk, actor=TESTER, now=MONDAY_NOON)
    give_out(MONDAY_NOON)
    after = Counter(
        Placement.objects.filter(lead__in=leads, closed_at=None).values_list("kind", flat=True)
    )
    assert after == {"person": 2, "pool": 6}
    said = Entry.objects.filter(name="LeadPooled", data__reason="owner_left")
    assert set(said.values_list("subject", flat=True)) == set(leads)
    assert breaches().seats_miscounted == 0


def test_who_left_and_comes_back_gets_no_burst_and_the_counts_go_on() -> None:
    company = found(weights=(1, 1, 1), capacity=100)
    many(company, 10)
    gone = company.seats[0]
    leave(gone.pk, actor=TESTER, now=MONDAY_NOON)
    give_out(MONDAY_NOON)
    credit = Seat.objects.get(pk=gone.pk).credit
    many(company, 40, start=100)
    back = join(
        company.online.pk, gone.member_id, weight=1, capacity=100, actor=TESTER, now=MONDAY_NOON
    )
    assert (back.pk, back.credit) == (gone.pk, credit)
    many(company, 30, start=200)
    assert abs(Seat.objects.get(pk=gone.pk).open_count - 10) <= 1
    assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0


@pytest.mark.parametrize("weights", [(), (1,), (0, 0)])
def test_no_seat_one_seat_and_no_weight_are_defined(weights: tuple[int, ...]) -> None:
    company = found(weights=weights)
    many(company, 3)
    reasons = set(Placement.objects.values_list("reason", flat=True))
    assert reasons == {{(): "no_seats", (1,): "turn", (0, 0): "nobody_weighted"}[weights]}
    tick(MONDAY_NOON)
    assert breaches().leads_nowhere == 0


def test_fair_ties_are_not_suspected_and_a_planted_bug_is(monkeypatch: pytest.MonkeyPatch) -> None:
    company = found(weights=(1, 1, 1), capacity=1000)
    many(company, 60)
    team = company.online.pk
    assert ties([team])[team].count >= 30
    assert not ties([team])[team].is_suspect
    Placement.objects.filter(round__isnull=False).delete()
    Round.objects.all().delete()
    monkeypatch.setattr("clew.handoff.rules.drawn", lambda _, owed: min(owed))
    many(company, 60, start=100)
    assert ties([team])[team].is_suspect


def test_reading_the_seats_of_many_teams_takes_one_statement(
    django_assert_num_queries: object,
) -> None:
    company = found(weights=(1, 1, 1))
    away(company.seats[0])
    always = Hours("UTC", ((0, 7 * DAY),))
    teams = {company.online.pk: always, company.offline.pk: always}
    worked = seating.Worked(teams, {}, frozenset(teams))
    with django_assert_num_queries(1):  # type: ignore[operator]
        seats = seating.seated([company.online.pk, company.offline.pk], worked, MONDAY_NOON)
    assert [bool(s.absence) for s in seats[company.online.pk]] == [True, False, False]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_do_the_books_stay_in_order(seed: int) -> None:
    company, chance = found(weights=(1, 2, 1, 3), capacity=6), random.Random(seed)
    now, number = MONDAY_NOON, 0
    for _ in range(40):
        now += timedelta(minutes=chance.choice((0, 5, 60)))
        number = _do(chance.randrange(9), company, chance, now, number)
        assert Seat.objects.aggregate(sum=Sum("credit"))["sum"] == 0
        found_ = breaches()
        assert not found_.leads_nowhere
        assert not found_.seats_miscounted
        assert not found_.teams_with_credit_left
    for decided in Round.objects.all():
        assert recomputed_equal(decided)
        seats, leads = inputs(decided)
        by_id = {s.id: s for s in seats}
        for placed in Placement.objects.filter(round=decided, kind="person"):
            lead = leads[placed.turn or 0]
            assert placed.seat_id
            kind = lead.region, lead.category
            assert not exclusion(by_id[placed.seat_id], -(10**6), kind)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def _do(what: int, company: Company, chance: random.Random, now: datetime, number: int) -> int:
    seat = Seat.objects.get(pk=chance.choice(company.seats).pk)
    region = chance.choice(("", "广东深圳", "江苏苏州", "广东"))
    if what < 3:
        many(company, chance.randint(1, 5), now, start=number, region=region)
        return number + 5
    if what == 3 and seat.left_at is None:
        leave(seat.pk, actor=TESTER, now=now)
    elif what == 4 and seat.left_at:
        join(seat.team_id, seat.member_id, weight=2, capacity=6, actor=TESTER, now=now)
    elif what == 5 and seat.left_at is None:
        _away_or_back(seat, now)
    elif what == 6 and seat.left_at is None:
        weight = chance.randint(0, 4)
        set_seat(seat.pk, weight=weight, capacity=6, is_present=True, actor=TESTER, now=now)
    elif what == 7 and seat.left_at is None:
        chosen = chance.choice(((), (440000,), (320500, 440300)))
        actions.set_takes(seat.pk, categories=[], regions=chosen, actor=TESTER, now=now)
    tick(now)
    return number


def _away_or_back(seat: Seat, now: datetime) -> None:
    going_on = Absence.objects.filter(seat=seat, cancelled_at=None, until_at__gt=now).first()
    if going_on:
        actions.cancel_absence(going_on.pk, actor=Actor("member", "1"), now=now)
    else:
        away(seat, days=0.5, start=now, now=now)
