"""Whatever statement fails, nothing is half done, and done again it is as if nothing had failed (R15)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from clew.base.ids import uuid7
from clew.capture.actions import leads
from clew.capture.schemas import LeadIn, Outcome
from clew.contacts.models import Lead
from clew.handoff.actions import leads as handoff
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import log_call
from clew.pipeline.clocks.belt.passing import begin
from clew.pipeline.clocks.belt.reclaiming import reclaim
from clew.pipeline.clocks.belt.steps import go_on
from clew.pipeline.models import Call
from clew.web.flow import tick, undo
from clew.web.merging import Order, merge, unmerge
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
    record,
    submit,
)
from tests.faults.plug import Act, fails_wholly
from tests.pipeline.desk import TOMORROW, call, holder

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LATER = MONDAY_NOON + timedelta(days=60)
LI, WANG = "13812345678", "13912345678"


def ingesting(company: Company) -> Act:
    """A page sends three leads, one of which is known by its id."""
    given = [LeadIn(source="site", phone=LI, external_id=n) for n in ("a", "b", "known")]

    def act() -> None:
        leads.receive(given, channel="form", actor=TESTER, evidence={}, now=MONDAY_NOON)

    leads.receive(given[2:], channel="form", actor=TESTER, evidence={}, now=SUNDAY_NIGHT)
    return act


def distributing(company: Company) -> Act:
    """A batch with everything: new, again, lapsed, pooled, two ways of one person, history."""
    enquire(company.site, phone=LI, **HOT)
    enquire(company.site, phone=WANG, email="wang@b.cn", **COLD)
    submit(company.site, LATER, phone=LI, name="李", **HOT)
    submit(company.site, LATER, phone="13712345678", email="wang@b.cn", **HOT)
    submit(company.site, LATER, phone="13712345678", message="再问一次", category="伺服")
    submit(company.fair, LATER, phone="13612345678", **COLD)
    submit(
        company.site, LATER, channel="history", outcome=Outcome("won", ended_at=LATER), phone=WANG
    )
    return lambda: run_belt_once(LATER)


def waiting(company: Company) -> Act:
    """The night's leads find somebody."""
    enquire(company.site, phone=LI, **HOT)
    for n in range(3):
        enquire(company.site, SUNDAY_NIGHT, phone=f"1370000000{n}", **HOT)

    def act() -> None:
        with transaction.atomic():
            tick(MONDAY_NOON + timedelta(hours=2))

    return act


def running_out(company: Company) -> Act:
    """Clocks run out, and the manager is told."""
    for n in range(3):
        enquire(company.site, phone=f"1370000000{n}", **HOT)
    return lambda: go_on(MONDAY_NOON + timedelta(minutes=20))


def handing_on(company: Company) -> Act:
    """Late leads go to the next one by turn."""
    running_out(company)()
    return lambda: reclaim(MONDAY_NOON + timedelta(minutes=30))


def passing(company: Company) -> Act:
    """A next step has come, and the clock of the next response starts."""
    calling(company)()
    return lambda: begin(TOMORROW)


def claiming(company: Company) -> Act:
    """Somebody takes a lead from the pool."""
    lead_id = enquire(company.site, phone=LI, **COLD)
    return lambda: handoff.claim(lead_id, member=company.people[0], now=MONDAY_NOON)


def calling(company: Company) -> Act:
    """Somebody writes down how a call went."""
    lead_id = enquire(company.site, phone=LI, **HOT)
    sheet, own = call(Call.Result.ANSWERED, call_id=uuid7()), holder(lead_id)
    return lambda: log_call(lead_id, sheet, member=own, now=MONDAY_NOON)


def two_people(company: Company) -> Order:
    """Two contacts with an open lead each, and messages of both."""
    ids = [enquire(company.site, phone=phone, name=phone[:3], **HOT) for phone in (LI, WANG)]
    enquire(company.site, phone=WANG, message="还要 5 台")
    gone, kept = (Lead.objects.get(pk=id_).contact_id for id_ in ids)
    return Order(gone, kept)


def merging(company: Company) -> Act:
    """Two people become one; the younger lead closes."""
    order = two_people(company)
    return lambda: merge(order, viewer=company.administrator, now=MONDAY_NOON)


def parting(company: Company) -> Act:
    """A merge under which both wrote again is taken apart."""
    made = merge(two_people(company), viewer=company.administrator, now=MONDAY_NOON)
    for phone in (LI, WANG):
        enquire(company.site, phone=phone, message="合并以后又写了")
    return lambda: unmerge(made.pk, viewer=company.administrator, now=LATER)


def undoing(company: Company) -> Act:
    """A file is undone whose leads others strengthened, and which strengthened others'."""
    enquire(company.site, phone=LI, **HOT)
    file = [
        enquire(company.site, phone=LI, email="li@b.cn", channel="file", **COLD),
        enquire(company.site, phone=WANG, channel="file", **HOT),
        enquire(company.site, phone="13712345678", channel="file", **COLD),
        record(
            company.site,
            Outcome("lost", ended_at=SUNDAY_NIGHT),
            phone=WANG,
            occurred_at=SUNDAY_NIGHT,
        ),
        enquire(company.site, LATER, phone="13712345678", channel="file", **HOT),
    ]
    enquire(company.site, phone=WANG, message="自己又写了")
    return lambda: undo(file, LATER)


STORIES = {
    ingesting: 2,
    distributing: 15,
    waiting: 6,
    running_out: 4,
    handing_on: 15,
    passing: 6,
    claiming: 4,
    calling: 6,
    merging: 10,
    parting: 15,
    undoing: 20,
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_it_is_done_wholly_or_not_at_all(story: Callable[[Company], Act]) -> None:
    act = story(found(weights=(2, 1), capacity=20))
    fails_wholly(act, at_least=STORIES[story])
    assert Placement.objects.count() or story is ingesting
