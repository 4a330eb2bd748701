"""What is hidden stays hidden on every route: names in veiled pools, and numbers before they are asked for."""

from typing import Any

import pytest
from django.http import HttpResponse

from clew.access.models import Member, Role
from clew.contacts.models import Contact, Lead
from clew.handoff.actions.leads import to_pool
from clew.handoff.actions.seats import join
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.pipeline.aftersale.models import CareStep
from clew.reach.models import Notice
from tests.company import MONDAY_NOON, TESTER, Company, member
from tests.web.test_permissions import CALLERS, Route, World, caller, walk
from tests.web.test_permissions import world as world  # noqa: PLC0414  a fixture

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NAMES = ("柯南道", "锐达自动化")
NUMBERS = ("13812345678", "13912345678", "13712345678")
OWN_FILES = {"office:take_export"}  # asked for while the lead was theirs, and kept as it was
EXAMPLES = {
    "api:openapi-json",
    "office:add",
    "office:source",
}  # they show how a number may be written


def read(answer: HttpResponse) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return body.decode("utf-8", "replace")


def colleague(company: Company) -> Member:
    """Somebody else of the team that the lead was with."""
    made = member(company.organisation, "colleague", Role.SALESPERSON)
    join(company.online.pk, made.pk, weight=1, capacity=50, actor=TESTER, now=MONDAY_NOON)
    return made


def in_veiled_pool(world: World, **terms: Any) -> None:
    company, lead_id = world.company, world.arguments["lead_id"]
    set_policy(company.online.pk, PoolTerms(**terms), actor=TESTER, now=MONDAY_NOON)
    Contact.objects.filter(leads=lead_id).update(name=NAMES[0])
    CareStep.objects.filter(lead=lead_id).delete()  # nothing follows a sale that was none
    to_pool(lead_id, team_id=company.online.pk, actor=TESTER, now=MONDAY_NOON, reason="stuck")


@pytest.mark.parametrize("had_it", [True, False])
def test_no_route_names_a_lead_in_a_veiled_pool(world: World, had_it: bool) -> None:  # noqa: FBT001
    in_veiled_pool(world, is_veiled=True)
    if had_it:
        who = world.people["salesperson"]
        Notice.objects.create(
            member=who, lead_id=world.arguments["lead_id"], kind="given", entry_id=1,
            at=MONDAY_NOON, told_at=MONDAY_NOON,
        )  # fmt: skip
    else:
        world.people["salesperson"] = colleague(world.company)

    client = caller(world, "salesperson")

    def check(route: Route) -> str | None:
        page = "" if route.name in OWN_FILES else read(client.get(world.path(route)))
        return next((f"it says {name}" for name in NAMES if name in page), None)

    walk(check)


@pytest.mark.parametrize("role", CALLERS)
def test_no_route_shows_a_number_that_nobody_asked_for(world: World, role: str) -> None:
    assert Lead.objects.count() == len(NUMBERS)

    client = caller(world, role)

    def check(route: Route) -> str | None:
        page = "" if route.name in EXAMPLES else read(client.get(world.path(route)))
        return next((f"it says {number}" for number in NUMBERS if number in page), None)

    walk(check)
