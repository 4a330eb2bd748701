"""Many reach for the same leads at once: each has one winner, and whoever loses is told by whom."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection

from clew.handoff.actions.leads import claim
from clew.handoff.models import Placement
from clew.handoff.pools.actions import PoolTerms, open_lead, set_policy
from clew.handoff.pools.errors import ClaimsSpent, ViewsSpent
from clew.handoff.pools.models import Opening
from clew.web.bench import company, recycle
from clew.web.bench.claim import FULL, TAKEN, WON, Told, anomalies, measure
from tests.company import COLD, MONDAY_NOON, TESTER, Company, enquire, found
from tests.races.threads import at_once


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_hundred_leads_fifty_claimers_four_processes() -> None:
    company.found(datetime.now(UTC))
    told = measure(leads=100, claimers=50, processes=4)
    assert told["claim_asked"] == 5_000
    assert told["claim_anomalies"] == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_due_at_once_goes_back_once_while_the_belt_runs() -> None:
    sources = company.found(datetime.now(UTC))
    told = recycle.measure(sources, due=300, load=600, contacts=1_000)
    assert told["recycled"] == 300


def pooled(at: Company, count: int, **terms: int) -> list[UUID]:
    """Let leads lie in the pool of a team with such limits."""
    set_policy(at.online.pk, PoolTerms(**terms), actor=TESTER, now=MONDAY_NOON)
    leads = [enquire(at.site, phone=f"1380000{n:04d}", **COLD) for n in range(count)]
    connection.close()
    return leads


@pytest.mark.django_db(transaction=True)
def test_who_claims_several_at_once_gets_no_more_than_the_day_allows() -> None:
    at = found((1,))
    leads = pooled(at, 4, claims_per_day=2)
    raised = at_once(
        *(lambda one=one: claim(one, member=at.people[0], now=MONDAY_NOON) for one in leads)
    )
    assert [type(one) for one in raised] == [ClaimsSpent] * 2
    assert Placement.objects.filter(reason="claimed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_who_looks_closer_at_several_at_once_sees_no_more_than_the_day_allows() -> None:
    at = found((1,))
    leads = pooled(at, 4, views_per_day=2)
    raised = at_once(
        *(lambda one=one: open_lead(one, member=at.people[0], now=MONDAY_NOON) for one in leads)
    )
    assert [type(one) for one in raised] == [ViewsSpent] * 2
    assert Opening.objects.count() == 2


LEAD, OTHER = uuid4(), uuid4()
ROOMS = {1: (1, 5), 2: (0, 5)}


def won(member_id: int, lead_id: UUID = LEAD, began: float = 0) -> Told:
    return Told(lead_id, member_id, began, began + 1, WON)


@pytest.mark.parametrize(
    ("history", "holders", "rooms"),
    [
        ([won(1), won(2)], {LEAD: 1}, {1: (1, 5), 2: (1, 5)}),
        ([won(1)], {LEAD: 2}, ROOMS),
        ([won(1)], {}, ROOMS),
        ([won(1), Told(LEAD, 2, 0, 2, TAKEN, 3)], {LEAD: 1}, ROOMS),
        ([won(1, began=5), Told(LEAD, 2, 0, 2, TAKEN, 1)], {LEAD: 1}, ROOMS),
        ([won(1)], {LEAD: 1}, {1: (2, 5), 2: (0, 5)}),
        ([won(1)], {LEAD: 1}, {1: (1, 0), 2: (0, 5)}),
        ([won(1), Told(LEAD, 2, 0, 2, "lead_missing")], {LEAD: 1}, ROOMS),
        ([won(1), Told(LEAD, 2, 3, 4, FULL)], {LEAD: 1}, ROOMS),
    ],
)
def test_the_checker_sees_what_must_not_be(
    history: list[Told], holders: dict[UUID, int], rooms: dict[int, tuple[int, int]]
) -> None:
    assert anomalies(history, [LEAD], holders, rooms)


def test_the_checker_lets_what_is_right_pass() -> None:
    history = [won(1), Told(LEAD, 2, 0, 2, TAKEN, 1), Told(OTHER, 2, 0, 1, FULL)]
    assert not anomalies(history, [LEAD, OTHER], {LEAD: 1}, ROOMS)
