"""Stages and what-if: every number is its list, and the sums are plain arithmetic."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clew.handoff.actions.leads import claim
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.filters import Filter
from clew.pipeline.leads import leads
from clew.pipeline.moves.actions.leads import Leaving, leave, move
from clew.pipeline.moves.models import Pipeline, Stay
from clew.tally.passages import passages
from clew.tally.whatif import Leg, Terms, outcome
from tests.company import HOT, enquire
from tests.pipeline.desk import NOON, Desk, desk
from tests.pipeline.moves.test_moves import reason, settle, stage

HOUR = timedelta(hours=1)


@pytest.fixture
def at() -> Any:
    with time_machine.travel(NOON + 9 * HOUR, tick=False):
        yield desk()


def story(at: Desk) -> list[Any]:
    """Seven leads: one stays, one goes on, one comes back, two leave, one jumps and is won, one is left alone."""
    manager = at.company.manager
    ids = [at.lead_id] + [enquire(at.company.site, phone=f"139{n:08d}", **HOT) for n in range(6)]
    for lead_id in ids:
        if Placement.objects.filter(lead=lead_id, closed_at=None, kind="pool").exists():
            claim(lead_id, member=at.holder, now=NOON)
    for number, keys in enumerate(
        (
            ["icebreaking"],
            ["icebreaking", "offer"],
            ["offer", "icebreaking"],
            ["offer"],
            [],
            ["contract"],
        )
    ):
        for hours, key in enumerate(keys, 1):
            move(ids[number], stage(key).pk, member=manager, now=NOON + hours * HOUR)
    leave(ids[3], Leaving(reason("price", "offer").pk), member=manager, now=NOON + 3 * HOUR)
    leave(ids[4], Leaving(reason("silent", "asked").pk), member=manager, now=NOON + 3 * HOUR)
    close_lead(ids[5], reason="won", member=manager, now=NOON + 3 * HOUR, value_minor=880_000)
    settle(NOON + 3 * HOUR)
    return ids


@pytest.mark.django_db
def test_many_leads_are_counted_as_few_are(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    story(at)
    for side in ("online", "offline"):
        asked = at.company.manager, Filter(), Pipeline.objects.get(side=side)
        few = passages(*asked)
        with monkeypatch.context() as patch:
            patch.setattr("clew.tally.passages.FEW", -1)
            assert passages(*asked) == passages(*asked) == few


@pytest.mark.django_db
def test_each_lead_counts_once_in_each_stage_that_it_came_into(at: Desk) -> None:
    story(at)
    found = passages(at.company.manager, Filter(), Pipeline.objects.get(side="online"))
    told = {one.stage.key: one for one in found.stages}
    assert found.received == 7
    assert [told[k].entered.count for k in ("asked", "icebreaking", "offer", "contract")] == [
        7,
        3,
        3,
        1,
    ]
    assert [told[k].staying.count for k in ("asked", "icebreaking", "offer")] == [1, 2, 1]
    assert [told[k].left.count for k in ("asked", "offer")] == [1, 1]
    assert [told[k].reached for k in ("asked", "icebreaking", "offer", "payment")] == [7, 5, 4, 1]
    assert told["payment"].onward == 0
    assert found.went[stage("offer").pk, stage("icebreaking").pk] == 1
    assert found.went[stage("asked").pk, stage("contract").pk] == 1
    assert sum(found.went.values()) == Stay.objects.filter(number__gt=1).count()
    assert (found.money.won, found.money.ticket_minor) == (1, 880_000)


@pytest.mark.django_db
def test_every_number_opens_the_leads_that_it_counts(at: Desk) -> None:
    story(at)
    manager = at.company.manager
    found = passages(manager, Filter(), Pipeline.objects.get(side="online"))
    for one in found.stages:
        for number in (one.entered, one.staying, one.left):
            assert len(leads(manager, number.wanted).rows) == number.count


@pytest.mark.django_db
def test_others_leads_and_the_other_pipeline_are_not_counted(at: Desk) -> None:
    story(at)
    offline = Pipeline.objects.get(side="offline")
    assert passages(at.company.manager, Filter(), offline).received == 0
    stranger = Filter(team="999999")
    assert passages(at.company.manager, stranger, Pipeline.objects.get(side="online")).received == 0


@pytest.mark.django_db
def test_the_pages_show_what_is_asked_for_and_bear_nonsense(at: Desk) -> None:
    story(at)
    client = Client()
    client.force_login(at.company.manager)
    assert client.get(reverse("office:stages")).status_code == 200
    lifted = client.get(
        reverse("office:what_if"),
        {f"lift-{stage('asked').pk}": "10", "ticket": "1000", "salary": "-1e99", "people": "viele"},
    )
    assert lifted.status_code == 200
    odd = {f"lift-{stage('asked').pk}": "NaN", "ticket": "Infinity", "opened": "", "since": "x"}
    assert client.get(reverse("office:what_if"), odd).status_code == 200
    client.force_login(at.holder)
    assert client.get(reverse("office:what_if")).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "shown"),
    [("10,000", "10000"), ("1,234,567.5", "1234567.50"), ("２,500", "2500"), ("8000", "8000")],
)
def test_grouped_numbers_are_read_as_what_they_are(at: Desk, typed: str, shown: str) -> None:
    story(at)
    client = Client(headers={"accept-language": "en"})
    client.force_login(at.company.manager)
    page = client.get(reverse("office:what_if"), {"salary": typed, "people": "2,5"}).text
    assert f'name="salary" value="{shown}"' in page
    assert 'name="people" value="2.50"' in page
    assert "Not understood" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["10.000", "1,00", "10,0000", "1,2,3", "ten", "0,125", "1e5"])
def test_what_may_be_two_numbers_is_refused_in_words(at: Desk, typed: str) -> None:
    story(at)
    client = Client(headers={"accept-language": "en"})
    client.force_login(at.company.manager)
    page = client.get(reverse("office:what_if"), {"salary": typed}).text
    assert ("Not understood" in page) == (typed != "1,00")
    assert ('value="10000"' in page) == (typed != "1,00")


COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=9).map(lambda ns: sorted(ns)[::-1])


@given(COUNTS, st.integers(0, 10**7))
def test_without_a_lift_it_is_as_it_is(counts: list[int], ticket: int) -> None:
    legs = [Leg(a, b) for a, b in itertools.pairwise(counts)]
    found = outcome(legs, Terms(ticket, 100, 50), is_lifted=True)
    assert found.sales == pytest.approx(counts[-1] if counts[-2] else 0)
    assert found == outcome(legs, Terms(ticket, 100, 50), is_lifted=False)


@given(COUNTS, st.integers(0, 8), st.floats(0, 100))
def test_a_lift_never_costs_sales_and_never_makes_more_of_them_than_leads(
    counts: list[int], where: int, lift: float
) -> None:
    legs = [
        Leg(a, b, lift if i == where else 0.0)
        for i, (a, b) in enumerate(itertools.pairwise(counts))
    ]
    terms = Terms(1, 1, 1)
    then, today = (outcome(legs, terms, is_lifted=lifted).sales for lifted in (True, False))
    assert today <= then + 1e-6
    assert then <= counts[0] + 1e-6


def test_the_lifts_of_the_trade_make_what_the_sum_says() -> None:
    legs = [Leg(1000, 500, 7.0), Leg(500, 100, 2.0), Leg(100, 50, 1.0)]
    found = outcome(legs, Terms(100_00, 5_000_00, 2_000_00), is_lifted=True)
    assert found.sales == pytest.approx(1000 * 0.57 * 0.22 * 0.51)
    assert found.revenue_minor == round(found.sales * 100_00)
    assert found.salaries_per_sale_minor == round(5_000_00 / found.sales)
    assert outcome([], Terms(1, 1, 1), is_lifted=True).salaries_per_sale_minor is None
