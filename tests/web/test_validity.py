"""How long a lead stays the same one: inside its validity it is strengthened, later a new one follows it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.access.models import Member
from clew.base.ids import uuid7
from clew.base.models import Entry
from clew.capture.models import Submission
from clew.contacts.models import Lead, Repeat
from clew.grading.actions import Days, set_validity
from clew.grading.models import Grade, Level
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.leads import CallIn, close_lead, log_call, plan
from clew.pipeline.models import Call, Clock, Task
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import undo
from clew.web.worker import run_belt_once
from tests.company import COLD, HOT, MONDAY_NOON, TESTER, Company, enquire, found, submit

pytestmark = pytest.mark.django_db
NOW = MONDAY_NOON
ZHOU = {"phone": "13812345678"}
A_MOMENT = timedelta(microseconds=1)
SHORT = Days(high_days=3, medium_days=6, low_days=9)


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


def holder(lead_id: UUID) -> Member:
    seat = Placement.objects.get(lead=lead_id, closed_at=None).seat
    assert seat is not None
    return seat.member


def is_sound(company: Company) -> bool:
    return account(company.administrator).is_balanced and breaches() == Breaches(0, 0, 0, 0, 0)


@pytest.mark.parametrize(("given", "level", "days"), [(HOT, Level.HIGH, 30), (COLD, Level.LOW, 90)])
def test_a_lead_is_valid_by_its_grade_from_its_last_submission_on(
    given: dict[str, Any], level: Level, days: int
) -> None:
    company = found()
    lead = Lead.objects.get(pk=enquire(company.site, **ZHOU, **given))
    assert Grade.objects.get(lead=lead).level == level
    assert lead.valid_until == after(days)


def test_a_category_has_its_own_validity() -> None:
    company = found()
    set_validity("伺服", SHORT, actor=TESTER, now=NOW)
    servo = enquire(company.site, **ZHOU, **HOT, category="伺服")
    other = enquire(company.site, phone="13912345678", **HOT, category="轴承")
    assert Lead.objects.get(pk=servo).valid_until == after(3)
    assert Lead.objects.get(pk=other).valid_until == after(30)


def test_a_regrade_changes_the_validity_too() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **COLD)
    enquire(company.site, after(1), **ZHOU, **HOT)
    assert Grade.objects.get(lead=lead_id, superseded_at=None).level == Level.HIGH
    assert Lead.objects.get().valid_until == after(1 + 30)


def test_inside_the_validity_a_submission_strengthens_to_the_last_moment() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **HOT)
    enquire(company.site, after(30), **ZHOU)
    lead = Lead.objects.get()
    assert (lead.pk, lead.submission_count, lead.ended_at) == (lead_id, 2, None)


def test_after_the_validity_a_submission_is_a_new_lead_and_is_given_out_again() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **HOT)
    late = after(30) + A_MOMENT
    new = enquire(company.site, late, **ZHOU, **HOT)
    before, lead = Lead.objects.get(pk=old), Lead.objects.get(pk=new)
    assert (before.ended_at, before.submission_count) == (late, 1)
    assert (lead.contact_id, lead.follows_id, lead.submission_count) == (before.contact_id, old, 1)
    gone = Placement.objects.get(lead=old, closed_at=None)
    assert (gone.kind, gone.reason, gone.seat_id) == ("closed", "lapsed", None)
    assert Placement.objects.get(lead=new).kind == "person"
    assert Clock.objects.get(lead=old).stopped_at == late
    assert Clock.objects.get(lead=new).stopped_at is None
    assert sum(Seat.objects.values_list("open_count", flat=True)) == 1
    assert Entry.objects.get(name="LeadLapsed").data["next_lead_id"] == str(new)
    assert account(company.administrator).closed == {"lapsed": 1}
    assert is_sound(company)


def test_nothing_lapses_by_itself() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **HOT)
    enquire(company.site, after(400), phone="13912345678", **HOT)
    assert Lead.objects.get(pk=lead_id).ended_at is None


def test_a_lapsed_lead_frees_its_seat_before_the_turns() -> None:
    company = found(weights=(1,), capacity=1)
    enquire(company.site, **ZHOU, **HOT)
    new = enquire(company.site, after(31), **ZHOU, **HOT)
    assert Placement.objects.get(lead=new).kind == "person"
    assert is_sound(company)


def test_a_lapsed_lead_of_a_pool_leaves_it() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **COLD)
    new = enquire(company.site, after(91), **ZHOU, **COLD)
    places = Placement.objects.filter(closed_at=None).values_list("lead", "kind")
    assert dict(places) == {old: "closed", new: "pool"}
    assert is_sound(company)


def test_two_late_arrivals_in_one_batch_are_one_new_lead() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **HOT)
    ids = [submit(company.site, after(40), **ZHOU, **HOT) for _ in range(2)]
    assert run_belt_once(after(40)) == 2
    lead = Lead.objects.get(ended_at=None)
    assert (lead.pk, lead.follows_id, lead.submission_count) == (ids[0], old, 2)
    assert Repeat.objects.get().submission_id == ids[1]
    assert is_sound(company)


def test_many_leads_lapse_in_one_batch_in_a_fixed_number_of_statements(
    django_assert_max_num_queries: Any,
) -> None:
    company = found(capacity=200)
    for number in range(60):
        enquire(company.site, phone=f"138123400{number:02d}", **(HOT if number % 3 else COLD))
    counts = []
    for size, late in ((5, 95), (55, 96)):
        first = 0 if size == 5 else 5
        for number in range(first, first + size):
            submit(company.site, after(late), phone=f"138123400{number:02d}", **HOT)
        with django_assert_max_num_queries(80) as statements:
            assert run_belt_once(after(late)) == size
        sent = [query["sql"] for query in statements.captured_queries]
        counts.append(len([sql for sql in sent if "pg_notify" not in sql]))  # hints go in portions
    assert counts[0] == counts[1]
    assert Lead.objects.filter(ended_at=None).count() == 60
    assert Lead.objects.exclude(follows=None).count() == 60
    assert is_sound(company)


def test_a_call_and_the_day_of_the_next_one_keep_a_lead_valid() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **HOT)
    call = CallIn(uuid7(), Call.Result.NO_ANSWER, next_at=after(25))
    log_call(lead_id, call, member=holder(lead_id), now=after(20))
    assert Lead.objects.get().valid_until == after(25 + 30)
    plan(lead_id, after(100), member=holder(lead_id), now=after(50))
    enquire(company.site, after(129), **ZHOU)
    assert Lead.objects.get().submission_count == 2
    assert Lead.objects.get().valid_until == after(129 + 30)


def test_whoever_takes_a_lead_has_it_for_its_validity() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **COLD)
    handoff.claim(lead_id, member=company.people[0], now=after(200))
    enquire(company.site, after(250), **ZHOU)
    assert Lead.objects.get().submission_count == 2


def test_the_next_step_of_a_lapsed_lead_is_dropped() -> None:
    company = found()
    lead_id = enquire(company.site, **ZHOU, **HOT)
    plan(lead_id, after(1), member=holder(lead_id), now=NOW)
    enquire(company.site, after(32), **ZHOU, **HOT)
    assert Task.objects.get(lead=lead_id).done_at == after(32)


def test_a_closed_lead_does_not_lapse() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **HOT)
    close_lead(old, reason="won", member=holder(old), now=after(1))
    new = enquire(company.site, after(40), **ZHOU, **HOT)
    assert Lead.objects.get(pk=new).follows_id is None
    assert account(company.administrator).closed == {"won": 1}


def test_the_history_shows_both() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **HOT)
    with time_machine.travel(after(31), tick=False):
        new = enquire(company.site, after(31), **ZHOU, message="再要 5 台变频器")
        browser = Client(headers={"accept-language": "zh-hans"})
        browser.force_login(company.administrator)
        before = browser.get(reverse("pipeline:lead", args=[old])).text
        page = browser.get(reverse("pipeline:lead", args=[new])).text
        english = browser.get(
            reverse("pipeline:lead", args=[new]), headers={"accept-language": "en"}
        ).text
    assert "已过有效期，由新线索接续" in before
    assert reverse("pipeline:lead", args=[new]) in before
    assert "之前的咨询：site" in page
    assert "20 台 400W 伺服电机" in page
    assert reverse("pipeline:lead", args=[old]) in page
    assert "Earlier enquiry: site" in english


def test_whoever_may_not_see_the_earlier_lead_gets_no_link_to_it() -> None:
    company = found(weights=(1,))
    old = enquire(company.site, **ZHOU, **HOT)
    new = enquire(company.site, after(31), **ZHOU, **HOT)
    with time_machine.travel(after(31), tick=False):
        browser = Client(headers={"accept-language": "zh-hans"})
        browser.force_login(company.people[0])
        page = browser.get(reverse("pipeline:lead", args=[new])).text
    assert "之前的咨询：site" in page
    assert reverse("pipeline:lead", args=[old]) not in page


def leads_as_told() -> list[dict[str, Any]]:
    """All leads, but for which transaction wrote them."""
    told = list(Lead.objects.order_by("pk").values())
    return [{k: v for k, v in one.items() if not k.startswith("written_")} for one in told]


def test_undoing_what_made_a_lead_lapse_opens_it_again() -> None:
    company = found()
    old = enquire(company.site, **ZHOU, **HOT)
    plan(old, after(1), member=holder(old), now=NOW)
    seat = Placement.objects.get(lead=old, closed_at=None).seat_id
    pooled = enquire(company.site, phone="13912345678", **COLD)
    before = leads_as_told()
    late = [
        enquire(company.site, after(100), channel=Submission.Channel.FILE, **who, **HOT)
        for who in (ZHOU, {"phone": "13912345678"})
    ]
    assert Lead.objects.filter(ended_at=None, pk__in=late).count() == 2
    undo(late, after(101))
    assert leads_as_told() == before
    stands = Placement.objects.get(lead=old, closed_at=None)
    assert (stands.kind, stands.seat_id) == ("person", seat)
    assert Placement.objects.get(lead=pooled, closed_at=None).kind == "pool"
    assert Task.objects.get(lead=old).done_at is None
    assert Clock.objects.get(lead=old).stopped_at is None
    assert Entry.objects.filter(name="LapseUndone").count() == 2
    assert is_sound(company)


def test_undoing_the_middle_one_of_three_lets_the_last_follow_the_first() -> None:
    company = found()
    first = enquire(company.site, **ZHOU, **HOT)
    middle = enquire(company.site, after(31), **ZHOU, **HOT)
    last = enquire(company.site, after(62), **ZHOU, **HOT)
    undo([middle], after(63))
    assert Lead.objects.get(pk=last).follows_id == first
    assert Lead.objects.get(pk=first).ended_at is not None
    assert is_sound(company)


def test_undoing_the_first_of_two_leaves_the_second_alone() -> None:
    company = found()
    first = enquire(company.site, **ZHOU, **HOT)
    last = enquire(company.site, after(31), **ZHOU, **HOT)
    undo([first], after(32))
    lead = Lead.objects.get()
    assert (lead.pk, lead.follows_id, lead.ended_at) == (last, None, None)
    assert is_sound(company)


def recount(moments: list[int], days: int) -> int:
    """The rule in five lines: a lead lives `days` from its newest submission."""
    leads, alive_until = 0, -1
    for moment in moments:
        leads += moment > alive_until
        alive_until = moment + days
    return leads


@pytest.fixture
def company() -> Company:
    return found()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(gaps=st.lists(st.integers(0, 20), min_size=1, max_size=12), days=st.integers(1, 10))
def test_a_person_has_as_many_leads_as_the_rule_counted_by_itself(
    company: Company, gaps: list[int], days: int
) -> None:
    set_validity("", Days(days, days, days), actor=TESTER, now=NOW)
    person = {"email": f"{uuid7()}@example.cn"}
    moments = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    ids = [enquire(company.site, after(moment), **person, **HOT) for moment in moments]
    leads = Lead.objects.filter(pk__in=ids)
    assert leads.count() == recount(moments, days)
    assert leads.filter(ended_at=None).count() == 1
    assert sum(leads.values_list("submission_count", flat=True)) == len(ids)
    assert is_sound(company)
