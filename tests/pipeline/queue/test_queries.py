"""A person's day as it is read: in the order of what waiting costs, and as it was shown before."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.translation import override

from clew.access.models import Member
from clew.pipeline.actions.leads import log_call, plan
from clew.pipeline.models import Call
from clew.pipeline.moves.models import Estimate
from clew.pipeline.queue import queries
from clew.pipeline.queue.actions import keep_order
from clew.pipeline.queue.models import Measurement
from clew.pipeline.rules import Group
from tests.company import COLD, HOT, Company, enquire, found
from tests.pipeline.desk import NOON as MONDAY
from tests.pipeline.desk import call, desk, holder

pytestmark = pytest.mark.django_db
NOON = MONDAY + timedelta(days=1, hours=5)  # a Tuesday, late enough for leads to have waited
MINUTE = timedelta(minutes=1)
MILD = {"message": "请问有没有 400W 伺服电机", "company": "无锡精川数控"}


@pytest.fixture
def company() -> Company:
    return found(weights=(1,))


def person(company: Company) -> Member:
    return company.people[0]


def comes(company: Company, minutes: int, number: int, kind: dict[str, str] | None = None) -> UUID:
    """Let a lead come in so many minutes before noon."""
    phone = f"138{number:08d}"
    return enquire(company.site, NOON - minutes * MINUTE, phone=phone, **(kind or HOT))


def order(who: Member, minutes: int = 0) -> list[UUID]:
    return [row.lead_id for row in queries.my_day(who, NOON + minutes * MINUTE).rows]


def test_a_fresh_lead_comes_before_one_that_has_waited_for_hours(company: Company) -> None:
    old, fresh = comes(company, 200, 1), comes(company, 1, 2)
    assert order(person(company)) == [fresh, old]


def test_a_promised_call_comes_before_a_stale_lead_and_after_a_fresh_one(company: Company) -> None:
    promised = comes(company, 30, 1)
    who = person(company)
    sent = call(Call.Result.ANSWERED, next_at=NOON)
    log_call(promised, sent, member=who, now=NOON - 29 * MINUTE)
    stale, fresh = comes(company, 300, 2), comes(company, 1, 3)
    assert order(who) == [fresh, promised, stale]


def test_what_is_planned_for_later_stands_behind_by_its_time(company: Company) -> None:
    ids = [comes(company, 30, n) for n in range(3)]
    who = person(company)
    for lead_id, hours in zip(ids[:2], (5, 2), strict=True):
        sent = call(next_at=NOON + timedelta(hours=hours))
        log_call(lead_id, sent, member=who, now=NOON - MINUTE)
    rows = queries.my_day(who, NOON).rows
    assert [row.lead_id for row in rows] == [ids[2], ids[1], ids[0]]
    assert [row.is_later for row in rows] == [False, True, True]


def test_rows_stay_where_they_were_shown_while_they_cost_about_the_same(company: Company) -> None:
    one, other = comes(company, 40, 1), comes(company, 41, 2)
    who = person(company)
    assert order(who) == [one, other]
    keep_order([other, one], member=who, now=NOON)
    assert order(who) == [other, one]
    assert queries.next_call(who, NOON) == other
    fresh = comes(company, 0, 3)
    assert order(who) == [fresh, other, one]


def test_what_was_shown_gives_way_to_what_costs_clearly_more(company: Company) -> None:
    old, fresh = comes(company, 300, 1), comes(company, 1, 2)
    who = person(company)
    keep_order([old, fresh], member=who, now=NOON)
    assert order(who) == [fresh, old]


def test_the_order_that_somebody_else_was_shown_means_nothing(company: Company) -> None:
    one, other = comes(company, 40, 1), comes(company, 41, 2)
    keep_order([other, one], member=company.manager, now=NOON)
    assert order(person(company)) == [one, other]


def test_who_writes_again_comes_back_at_once_and_says_so(company: Company) -> None:
    lead_id = comes(company, 60, 1)
    who = person(company)
    planned = call(Call.Result.ANSWERED, next_at=NOON + timedelta(days=3))
    log_call(lead_id, planned, member=who, now=NOON - 50 * MINUTE)
    assert order(who) == []
    assert comes(company, 5, 1) != lead_id
    with override("zh-hans"):
        (row,) = queries.my_day(who, NOON).rows
    assert (row.lead_id, row.group, row.why) == (lead_id, Group.REPLY, "又留言了，30 分内回应")
    log_call(lead_id, call(next_at=NOON + timedelta(days=2)), member=who, now=NOON)
    assert order(who) == []


def test_a_new_lead_that_is_put_off_comes_back_before_its_promise_breaks(company: Company) -> None:
    lead_id = comes(company, 5, 1, MILD)
    who = person(company)
    due_at = queries.my_day(who, NOON).rows[0].dial.due_at
    assert due_at
    plan(lead_id, NOON + timedelta(hours=6), member=who, now=NOON)
    (row,) = queries.my_day(who, NOON).rows
    assert row.is_later
    with override("en"):
        assert queries.my_day(who, NOON).rows[0].why.startswith("Put off: back at ")
    (row,) = queries.my_day(who, due_at.astimezone(NOON.tzinfo) - 9 * MINUTE).rows
    assert row.group is Group.URGENT


def test_a_row_says_what_another_hour_costs_and_by_which_figures(company: Company) -> None:
    comes(company, 1, 1)
    with override("zh-hans"):
        (row,) = queries.my_day(person(company), NOON).rows
    assert row.weighed.costs == "1 小时后少 93%"
    assert row.weighed.how.startswith("成交机会现在约 20%，1 小时后约 1.")
    assert "起步值" in row.weighed.how
    Measurement.objects.create(
        at=NOON,
        told={"online:3:not_yet": [4000, 100]},
        worth={},
        power=0.3,
        error=0.01,
        lead_count=5000,
        won_count=100,
    )
    with override("zh-hans"):
        (row,) = queries.my_day(person(company), NOON).rows
    assert row.weighed.costs == "1 小时后少 51%"
    assert row.weighed.how == "成交机会现在约 2.6%，1 小时后约 1.3%。 按自家 5000 条线索估。"


def test_what_somebody_says_a_lead_is_worth_counts_once_orders_have_values(
    company: Company,
) -> None:
    small, large = comes(company, 3, 1), comes(company, 4, 2)
    who = person(company)
    Estimate.objects.create(lead_id=large, value_minor=90_000_000, member=who, at=NOON)
    assert order(who) == [small, large]
    worth = {"online:3": [100, 1_000_000]}
    Measurement.objects.create(at=NOON, told={}, worth=worth, lead_count=0, won_count=0)
    assert order(who) == [large, small]


def test_grades_alone_do_not_make_the_order(company: Company) -> None:
    high, low = comes(company, 24 * 60, 1), comes(company, 1, 2, MILD)
    rows = queries.my_day(person(company), NOON).rows
    assert [row.lead_id for row in rows] == [low, high]
    assert (rows[0].level or 0) < (rows[1].level or 0)


def test_the_day_of_somebody_without_leads_is_empty() -> None:
    at = desk()
    assert not queries.my_day(at.company.manager, NOON).rows
    assert queries.next_call(at.company.manager, NOON) is None
    assert holder(at.lead_id) == at.holder


def test_a_cold_lead_in_the_pool_is_in_nobodys_day(company: Company) -> None:
    comes(company, 1, 1, COLD)
    assert order(person(company)) == []
