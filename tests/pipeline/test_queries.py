from datetime import timedelta

import pytest
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from clew.pipeline.actions.leads import log_call
from clew.pipeline.filters import Filter
from clew.pipeline.leads import PAGE, leads
from clew.pipeline.queue import queries
from clew.pipeline.rules import Group
from tests.company import HOT, MONDAY_NOON, enquire, found
from tests.pipeline.desk import NOON, call, desk, holder

pytestmark = pytest.mark.django_db


def test_the_day_takes_the_same_statements_for_one_row_and_for_many(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    company = found(weights=(1,))
    for number in range(30):
        enquire(company.site, name=f"客户{number}", phone=f"138{number:08d}", **HOT)
    person = company.people[0]
    with django_assert_num_queries(3):
        day = queries.my_day(person, NOON)
    assert len(day.rows) == 30


def test_a_day_with_too_much_in_it_keeps_what_is_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "ROWS_AT_MOST", 2)
    company = found(weights=(1,))
    ages = [timedelta(days=3), timedelta(minutes=2), timedelta(days=2), timedelta(minutes=1)]
    ids = [
        enquire(company.site, NOON - age, phone=f"138{number:08d}", **HOT)
        for number, age in enumerate(ages)
    ]
    kept = {row.lead_id for row in queries.my_day(company.people[0], NOON).rows}
    assert kept == {ids[1], ids[3]}


def test_one_row_takes_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    at = desk()
    with django_assert_num_queries(2):
        row = queries.row(at.holder, at.lead_id, NOON)
    assert row
    assert (row.title, row.group, row.reach) == ("周建国", Group.URGENT, "138****5678")


def test_somebody_elses_lead_is_not_in_the_day() -> None:
    at = desk()
    for person in (*at.company.people, at.company.manager, at.company.administrator):
        row = queries.row(person, at.lead_id, NOON)
        assert (row is not None) == (person == at.holder)


def test_a_lead_without_a_name_shows_its_masked_number() -> None:
    company = found(weights=(1,))
    lead_id = enquire(company.site, phone="13812345678", wechat="zhou_jianguo", **HOT)
    row = queries.row(company.people[0], lead_id, NOON)
    assert row
    assert (row.title, row.is_named) == ("138****5678", False)


def test_a_lead_leaves_the_day_until_its_next_contact() -> None:
    at = desk()
    log_call(at.lead_id, call(next_at=NOON + timedelta(days=2)), member=at.holder, now=NOON)
    day = queries.my_day(at.holder, NOON)
    assert not day.rows
    assert day.next_due_at == NOON + timedelta(days=2)
    assert queries.my_day(at.holder, NOON + timedelta(days=2)).rows


def test_the_reason_beside_a_task_is_what_was_said() -> None:
    at = desk()
    sent = call(said="thinking", next_at=NOON + timedelta(hours=1))
    log_call(at.lead_id, sent, member=at.holder, now=NOON)
    with override("zh-hans"):
        row = queries.row(at.holder, at.lead_id, NOON + timedelta(hours=1))
    assert row
    assert row.why == "说过“我再考虑考虑”，到日子了"


def test_the_next_call_is_the_first_of_the_day_but_not_the_one_just_made() -> None:
    company = found(weights=(1,))
    first, second = (
        enquire(company.site, MONDAY_NOON + timedelta(minutes=n), phone=f"1380000000{n}", **HOT)
        for n in range(2)
    )
    person = company.people[0]
    assert queries.next_call(person, NOON) == first
    assert queries.next_call(person, NOON, after=first) == second


def test_a_list_of_leads_goes_on_by_key_and_shows_each_once(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    company = found(weights=(1,), capacity=200)
    made = {
        enquire(company.site, MONDAY_NOON + timedelta(seconds=n // 3), phone=f"138{n:08d}", **HOT)
        for n in range(PAGE + 10)
    }
    with django_assert_max_num_queries(5):
        first = leads(company.administrator, Filter())
    second = leads(company.administrator, Filter(after=first.after))
    shown = [row.lead_id for row in first.rows + second.rows]
    assert len(shown) == len(set(shown)) == len(made)
    assert second.after == ""


@pytest.mark.parametrize("words", ["5678", "13812345678", "周建", "昆山锐达"])
def test_a_lead_is_found_by_name_company_or_number(words: str) -> None:
    at = desk()
    enquire(at.company.site, name="别人", phone="13900000001", message="请报价")
    found_leads = leads(at.company.administrator, Filter(q=words))
    assert [row.lead_id for row in found_leads.rows] == [at.lead_id]


@pytest.mark.parametrize(
    ("wanted", "is_in"),
    [
        (Filter(place="person"), True),
        (Filter(place="pool"), False),
        (Filter(grade="3"), True),
        (Filter(grade="1"), False),
        (Filter(source="site"), True),
        (Filter(source="fair"), False),
        (Filter(after="not a key"), True),
        (Filter(after="2026-11-23T12:00:00_nonsense"), True),
    ],
)
def test_filters_leave_out_what_does_not_fit(wanted: Filter, *, is_in: bool) -> None:
    at = desk()
    assert bool(leads(holder(at.lead_id), wanted).rows) is is_in
