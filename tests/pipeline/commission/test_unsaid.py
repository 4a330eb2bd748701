"""Deals that wait for somebody to say what they came to: team by team, by what the team's plan counts."""

from uuid import UUID

import pytest

from clew.access.models import Role
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.seats import join
from clew.handoff.pools.actions import share_credit
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.actions.worth import WorthIn, correct_worth
from clew.pipeline.commission.actions.plans import Edition, publish
from clew.pipeline.commission.queries import team_months
from clew.pipeline.commission.rules import Basis, Terms, Tier
from clew.pipeline.queries import newest_worth
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, member
from tests.pipeline.commission.steps import NOVEMBER, company, followed, win

pytestmark = pytest.mark.django_db
OF_MARGIN = Terms(Basis.MARGIN, (Tier(0, 500),))


def waiting(at: Company) -> dict[str, list[UUID]]:
    months = team_months(at.administrator, NOVEMBER)
    return {one.team.name: [lead_id for lead_id, _ in one.unsaid] for one in months if one.unsaid}


def test_a_deal_waits_until_somebody_says_even_that_it_came_to_nothing() -> None:
    at = company()
    lead_id = win(at, 1, None)
    assert waiting(at) == {"线上组": [lead_id]}
    said = WorthIn(0, None, "样品", newest_worth(lead_id))
    correct_worth(lead_id, said, member=at.administrator, now=MONDAY_NOON)
    followed(MONDAY_NOON)
    assert waiting(at) == {}


def test_each_team_waits_for_what_its_own_plan_counts_as_long_as_it_has_a_part() -> None:
    at = company()
    publish(at.offline.pk, Edition(OF_MARGIN, NOVEMBER, 0), member=at.manager, now=MONDAY_NOON)
    visitor = member(at.organisation, "visitor", Role.SALESPERSON)
    there = join(at.offline.pk, visitor.pk, weight=1, capacity=9, actor=TESTER, now=MONDAY_NOON)
    lead_id = enquire(at.site, phone="13812340001", **HOT)
    for seat in (there, at.seats[0]):
        handoff.assign(lead_id, seat_id=seat.pk, actor=TESTER, now=MONDAY_NOON, reason="by_hand")
    close_lead(lead_id, reason="won", member=at.people[0], now=MONDAY_NOON, value_minor=600_000)
    followed(MONDAY_NOON)
    for part, expected in ((40, {"线下组": [lead_id]}), (0, {})):
        parts = [(at.people[0].pk, 100 - part), (visitor.pk, part)]
        shares = [one for one in parts if one[1]]
        share_credit(lead_id, shares, member=at.administrator, now=MONDAY_NOON)
        followed(MONDAY_NOON)
        assert waiting(at) == expected


def test_a_share_that_was_taken_away_leaves_nothing_unsaid() -> None:
    at = company()
    lead_id = win(at, 1, 600_000)
    for parts in ([(at.people[0].pk, 50), (at.people[1].pk, 50)], [(at.people[0].pk, 100)]):
        share_credit(lead_id, parts, member=at.administrator, now=MONDAY_NOON)
        followed(MONDAY_NOON)
        assert waiting(at) == {}
