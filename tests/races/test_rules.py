"""Managers who publish at once, and leads that come while they do."""

from collections import Counter

import pytest

from clew.handoff.actions import routing as actions
from clew.handoff.errors import DraftMoved
from clew.handoff.models import Placement, Route, Routing
from clew.handoff.queries import known, route_stands
from clew.handoff.routing import Rule
from clew.tally.queries import Breaches, breaches
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, Company, found, submit
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY_NOON


def publish(company: Company, edition: int) -> None:
    actions.publish_draft(edition=edition, known=known(), member=company.manager, now=NOW)


def test_of_those_who_publish_one_draft_at_once_one_does() -> None:
    company = found()
    rules = [Rule("all", company.online.pk)]
    actions.write_draft(rules, edition=1, member=company.manager, now=NOW)
    raised = at_once(*[lambda: publish(company, 2)] * 5)
    assert Counter(type(error) for error in raised) == {DraftMoved: 4}
    assert Routing.objects.count() == 1


def test_each_lead_is_sent_by_one_version_while_rules_change() -> None:
    company = found(weights=(1,) * 4, capacity=1000)
    for number in range(60):
        submit(company.site, phone=f"138{number:08d}", **HOT)

    def change() -> None:
        for number in range(6):
            team = (company.online, company.offline)[number % 2]
            rules = [Rule("all", team.pk, otherwise=[company.online.pk] * (number % 2))]
            actions.write_draft(rules, edition=2 * number + 1, member=company.manager, now=NOW)
            publish(company, 2 * number + 2)

    def drain() -> None:
        while run_belt_once(NOW, batch=7):
            pass

    assert at_once(change, drain, drain) == []
    drain()
    assert Placement.objects.filter(closed_at=None).count() == 60
    assert all(route_stands(route) for route in Route.objects.select_related("routing"))
    assert breaches() == Breaches(0, 0, 0, 0, 0)
