"""Lines follow what happens to deals: once each, into the month in which it happens."""

from datetime import datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from clew.base.models import Entry
from clew.handoff.actions import leads as handoff
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.actions.worth import WorthIn, correct_worth
from clew.pipeline.commission.actions.booking import settle
from clew.pipeline.commission.actions.months import close_month
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.commission.errors import MonthRunning, PlanMoved, PlanTooEarly, PlanUnsound
from clew.pipeline.commission.models import Closing, Deal, Line
from clew.pipeline.commission.queries import months_of, try_out
from clew.pipeline.commission.rules import ONLINE, Basis, Terms, Tier
from clew.pipeline.queries import newest_worth
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found
from tests.pipeline.commission.steps import (
    DECEMBER,
    IN_DECEMBER,
    IN_JANUARY,
    JANUARY,
    NOVEMBER,
    TWO_TIERS,
    company,
    followed,
    reopen,
    win,
)

pytestmark = pytest.mark.django_db


def corrected(at: Company, lead_id: UUID, value: int, now: datetime) -> None:
    said = WorthIn(value, None, "合同改了", newest_worth(lead_id))
    correct_worth(lead_id, said, member=at.administrator, now=now)
    followed(now)


def amounts(**wanted: object) -> list[int]:
    return list(Line.objects.filter(**wanted).order_by("pk").values_list("amount_minor", flat=True))


def test_a_won_lead_is_booked_once_with_what_explains_it() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    settle([lead_id], MONDAY_NOON)
    line = Line.objects.get()
    assert (line.member, line.amount_minor) == (at.people[0], 6_000 + 2_000)
    assert (line.cause, line.percent, line.worth_minor) == ("won", 100, 600_000)
    assert (line.base_before, line.base_minor, line.earned_in) == (0, 600_000, NOVEMBER)
    told = Entry.objects.get(name="CommissionBooked")
    assert (told.subject, told.data["amount_minor"]) == (lead_id, 8_000)


def test_a_fact_that_is_followed_twice_books_once() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    for _ in range(3):
        assert settle([lead_id], MONDAY_NOON) == 0
    assert Line.objects.count() == Deal.objects.count() == 1


def test_the_month_goes_through_the_tiers_person_by_person() -> None:
    at = company()
    for number, value in enumerate((600_000, 600_000)):
        win(at, number, value)
    win(at, 9, 600_000, by=1)
    assert amounts(member=at.people[0]) == [8_000, 4_000 + 4_000 + 2_000]
    assert amounts(member=at.people[1]) == [8_000]


def test_what_is_taken_up_again_is_taken_back_to_nothing_in_the_month_in_which_it_happens() -> None:
    at = company()
    leads = [win(at, number, 700_000) for number in range(3)]
    reopen(leads[0], IN_DECEMBER)
    back = Line.objects.get(cause="reopened")
    assert (back.booked_in, back.earned_in, back.amount_minor) == (DECEMBER, NOVEMBER, -16_000)
    assert back.percent == 0
    for lead_id in leads[1:]:
        reopen(lead_id, IN_DECEMBER)
    assert sum(amounts()) == 0
    assert not Deal.objects.filter(undone_at=None).exists()


def test_won_again_it_is_another_deal() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    reopen(lead_id, IN_DECEMBER)
    close_lead(lead_id, reason="won", member=at.people[0], now=IN_DECEMBER, value_minor=100_000)
    followed(IN_DECEMBER)
    assert amounts(booked_in=NOVEMBER) == [8_000]
    assert amounts(booked_in=DECEMBER) == [-8_000, 1_000 + 2_000]
    assert Deal.objects.filter(undone_at=None).count() == 1


def test_reopened_and_won_before_anything_was_followed_it_ends_the_same() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    handoff.reopen(lead_id, actor=TESTER, now=MONDAY_NOON)
    close_lead(lead_id, reason="won", member=at.people[0], now=MONDAY_NOON, value_minor=100_000)
    followed(MONDAY_NOON)
    assert sum(amounts()) == 3_000
    assert amounts() == [8_000, -8_000, 3_000]


def test_a_correction_is_a_line_and_the_value_a_row() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    corrected(at, lead_id, 400_000, IN_DECEMBER)
    line = Line.objects.get(cause="worth")
    assert (line.amount_minor, line.base_minor, line.booked_in) == (-2_000, -200_000, DECEMBER)
    assert [w.value_minor for w in line.deal.lead.worths.order_by("pk")] == [600_000, 400_000]
    assert line.deal.lead.result.value_minor == 400_000


def test_what_nobody_has_said_is_booked_as_nothing_until_somebody_says_it() -> None:
    at = company()
    lead_id = win(at, 1, None)
    assert amounts() == [2_000]
    assert Line.objects.get().worth_minor is None
    corrected(at, lead_id, 100_000, MONDAY_NOON)
    assert amounts() == [2_000, 1_000]


def test_what_comes_after_a_month_was_closed_goes_into_the_next() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    for month in (NOVEMBER, DECEMBER):
        close_month(at.online.pk, month, member=at.manager, now=IN_JANUARY)
    reopen(lead_id, IN_DECEMBER)
    assert Line.objects.get(cause="reopened").booked_in == JANUARY
    late = win(at, 2, 100_000)
    assert Line.objects.get(deal__lead=late).booked_in == JANUARY
    assert Line.objects.get(deal__lead=late).earned_in == NOVEMBER


def test_a_month_is_closed_once_and_not_while_it_runs() -> None:
    at = company()
    with pytest.raises(MonthRunning):
        close_month(at.online.pk, NOVEMBER, member=at.manager, now=MONDAY_NOON)
    first = close_month(at.online.pk, NOVEMBER, member=at.manager, now=IN_DECEMBER)
    again = close_month(at.online.pk, NOVEMBER, member=at.administrator, now=IN_JANUARY)
    assert again == first
    assert again.closer == at.manager
    assert Entry.objects.filter(name="MonthClosed").count() == Closing.objects.count() == 1


def test_a_plan_that_is_edited_in_a_running_month_holds_from_the_next_and_changes_nothing_before() -> (
    None
):
    at = company()
    win(at, 1, 100_000)
    double = Terms(Basis.VALUE, (Tier(0, 200),))
    with pytest.raises(PlanTooEarly):
        publish(at.online.pk, Edition(double, NOVEMBER, 1), member=at.manager, now=MONDAY_NOON)
    publish(at.online.pk, Edition(double, DECEMBER, 1), member=at.manager, now=MONDAY_NOON)
    win(at, 2, 100_000)
    win(at, 3, 100_000, IN_DECEMBER)
    assert amounts() == [3_000, 3_000, 2_000]
    assert list(Line.objects.order_by("pk").values_list("plan__version", flat=True)) == [1, 1, 2]


def test_who_did_not_see_the_newest_version_does_not_publish_over_it() -> None:
    at = company()
    with pytest.raises(PlanMoved):
        publish(at.online.pk, Edition(ONLINE, DECEMBER, 0), member=at.manager, now=MONDAY_NOON)
    unsound = Terms(Basis.VALUE, (Tier(5, 1),))
    with pytest.raises(PlanUnsound) as refused:
        publish(at.online.pk, Edition(unsound, DECEMBER, 1), member=at.manager, now=MONDAY_NOON)
    assert refused.value.details["faults"] == ["tiers_missing"]


def test_the_first_plan_books_what_was_won_since_its_month_began() -> None:
    at = found()
    win(at, 1, 600_000)
    assert not Line.objects.exists()
    publish(at.online.pk, Edition(TWO_TIERS, NOVEMBER, 0), member=at.manager, now=MONDAY_NOON)
    assert amounts() == [8_000]


def test_old_records_earn_nothing() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    lead = Deal.objects.get().lead
    reopen(lead_id, MONDAY_NOON)
    close_lead(lead_id, reason="won", member=at.people[0], now=MONDAY_NOON, value_minor=1)
    type(lead).objects.filter(pk=lead_id).update(is_history=True)
    followed(MONDAY_NOON)
    assert sum(amounts()) == 0


def test_the_database_keeps_lines_as_they_are() -> None:
    at = company()
    win(at, 1, 600_000)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Line.objects.update(amount_minor=1)


def test_a_lead_that_was_given_on_belongs_to_who_won_it() -> None:
    at = company()
    lead_id = enquire(at.site, phone="13812349999", **HOT)
    for seat in at.seats:
        handoff.assign(lead_id, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    close_lead(lead_id, reason="won", member=at.manager, now=MONDAY_NOON, value_minor=100_000)
    followed(MONDAY_NOON)
    assert Line.objects.get().member == at.people[2]


def test_every_line_is_recomputed_from_what_is_stored_beside_it() -> None:
    at = company()
    leads = [win(at, number, 700_000) for number in range(3)]
    corrected(at, leads[1], 900_000, MONDAY_NOON)
    reopen(leads[0], MONDAY_NOON)
    (month,) = months_of(at.people[0], at.people[0], NOVEMBER)
    assert len(month.lines) == 5
    assert all(told.is_equal for told in month.lines)
    assert all(sum(p.amount for p in t.parts) == t.line.amount_minor for t in month.lines)
    running = 0
    for told in reversed(month.lines):
        assert told.line.base_before == running
        running += told.line.base_minor
    assert running == month.base == 1_600_000
    assert month.deals == 2
    assert month.total == sum(amounts())


def test_trying_a_plan_out_pays_the_month_as_it_stands_and_writes_nothing() -> None:
    at = company()
    leads = [win(at, number, 700_000) for number in range(3)]
    win(at, 7, 100_000, by=1)
    reopen(leads[0], MONDAY_NOON)
    before = Line.objects.count()
    flat = Terms(Basis.VALUE, (Tier(0, 1_000),))
    trials = try_out(at.online.pk, flat, NOVEMBER)
    assert [(t.name, t.deals, t.would) for t in trials] == [
        (at.people[0].name, 2, 140_000),
        (at.people[1].name, 1, 10_000),
    ]
    assert sum(t.was for t in try_out(at.online.pk, TWO_TIERS, NOVEMBER)) == sum(
        t.would for t in try_out(at.online.pk, TWO_TIERS, NOVEMBER)
    )
    assert Line.objects.count() == before
