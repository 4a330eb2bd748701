"""Two people touch the same resting lead at once, or its person writes at that very moment: one way or the other."""

from datetime import timedelta

import pytest

from clew.base.hearing import hear
from clew.base.ids import uuid7
from clew.base.outbox import follow
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead
from clew.pipeline.resting.actions.leads import TouchIn, touch
from clew.pipeline.resting.errors import RestOver, TouchedAlready
from clew.pipeline.resting.models import Rest, Touch
from clew.web.flow import FACTS, HEARD
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, Company, enquire, found, submit
from tests.pipeline.desk import holder
from tests.pipeline.resting.make import facts, policy, rest_of
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(days=50)
PAIRS = 6


def listen() -> None:
    while hear("test", HEARD, LATER):
        pass


def resting(company: Company, number: int) -> Lead:
    lead_id = enquire(company.site, phone=f"1381234{number:04d}", **HOT)
    close_lead(lead_id, reason="lost_need", member=holder(lead_id), now=MONDAY_NOON)
    facts(MONDAY_NOON)
    return Lead.objects.get(pk=lead_id)


def test_of_two_who_touch_it_at_once_one_wins_and_the_other_is_told() -> None:
    company = found(capacity=500)
    one, other = company.people[:2]
    policy(company, keepers=(one, other))
    for number in range(PAIRS):
        lead = resting(company, number)
        raised = at_once(
            *(
                lambda who=who, lead=lead: touch(
                    lead.pk, TouchIn(uuid7(), "no_answer", 0), member=who, now=LATER
                )
                for who in (one, other)
            )
        )
        assert [type(error) for error in raised] == [TouchedAlready]
        assert Touch.objects.get(rest__lead=lead).number == rest_of(lead.pk).touch_count == 1


def test_interest_shown_while_they_write_opens_one_lead_and_nobody_rests_on() -> None:
    company = found(capacity=500)
    policy(company)
    listen()
    for number in range(PAIRS):
        lead = resting(company, number)
        submit(company.site, LATER, phone=f"1381234{number:04d}", **HOT)
        said = TouchIn(uuid7(), "interest", 0)
        raised = at_once(
            lambda lead=lead, said=said: touch(lead.pk, said, member=company.people[0], now=LATER),
            lambda: run_belt_once(LATER),
        )
        assert all(isinstance(error, RestOver) for error in raised)
        run_belt_once(LATER)
        listen()
        assert Lead.objects.filter(contact=lead.contact_id, ended_at=None).count() == 1
        assert not Rest.objects.filter(person=lead.contact_id, ended_at=None).exists()


def test_they_write_while_the_lead_comes_to_rest() -> None:
    company = found(capacity=500)
    policy(company)
    listen()
    for number in range(PAIRS):
        lead_id = enquire(company.site, phone=f"1381234{number:04d}", **HOT)
        close_lead(lead_id, reason="lost_need", member=holder(lead_id), now=MONDAY_NOON)
        submit(company.site, LATER, phone=f"1381234{number:04d}", **HOT)
        assert not at_once(lambda: follow(FACTS, LATER), lambda: run_belt_once(LATER))
        while follow(FACTS, LATER) + run_belt_once(LATER):
            pass
        listen()
        lead = Lead.objects.get(pk=lead_id)
        assert Lead.objects.filter(contact=lead.contact_id, ended_at=None).count() == 1
        assert not Rest.objects.filter(person=lead.contact_id, ended_at=None).exists()
    assert Placement.objects.filter(closed_at=None, kind="person").count() == PAIRS
