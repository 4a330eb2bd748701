"""Deliveries in any order, each up to three times, end in the same canonical state (R4).

Canonical is: what is stored, who is one person and is reached how, what one lead is made of and has cost, and the
sums of the account. Which submission of a person became the lead and which are repeats is not: it is the first
that came, and whose turn it was, so it is checked against the order that was drawn. Two people who each give a way of
the other are left out: ways belong to whoever gave them first, and the second time is kept as an overlap for people
to look at, so there the order is part of what happened. Everybody here gives their number, and what else is theirs.
"""

import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.access.models import Token
from clew.access.tokens import issue
from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.base.sealing import lookup
from clew.capture.inbox import STORE, Arrival, Origin, ReceiptRow, rows_of
from clew.capture.models import Receipt, Submission, Waiting
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn
from clew.contacts.models import Identifier, Lead
from clew.tally.queries import Breaches, account, breaches
from clew.web.worker import run_belt_once
from tests.company import MONDAY_NOON, Company, found
from tests.web.test_undo_property import undone_afterwards

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("CLEW_EXAMPLES", "200"))
PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """One lead of a delivery; its external id, where it has one, says all that is in it."""

    source: str
    person: int
    ways: int  # 0 the number, 1 with e-mail, 2 with WeChat, 3 with both
    number: int

    def lead(self, *, is_named: bool, place: str) -> LeadIn:
        """What is sent. `place` names it where it has no external id."""
        name = f"{self.source}-{self.person}-{self.ways}-{self.number}" if is_named else place
        return LeadIn(
            source=self.source,
            external_id=name if is_named else None,
            name=name,
            phone=f"1381234{self.person:04}",
            email=f"{self.person}@b.cn" if self.ways & 1 else "",
            wechat=f"wx_person_{self.person}" if self.ways & 2 else "",
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brings: under a key, or else with external ids, or both."""

    sent: tuple[Sent, ...]
    is_keyed: bool
    is_named: bool


SENT = st.builds(
    Sent,
    source=st.sampled_from(["site", "fair"]),
    person=st.integers(1, PEOPLE),
    ways=st.integers(0, 3),
    number=st.integers(1, 2),
)
DELIVERY = st.builds(
    Delivery,
    sent=st.lists(SENT, min_size=1, max_size=3).map(tuple),
    is_keyed=st.booleans(),
    is_named=st.booleans(),
).filter(lambda one: one.is_keyed or one.is_named)


def leads_of(number: int, delivery: Delivery) -> list[LeadIn]:
    return [
        sent.lead(is_named=delivery.is_named, place=f"{number}/{place}")
        for place, sent in enumerate(delivery.sent)
    ]


def deliver(number: int, delivery: Delivery, origins: dict[str, Origin], token: Token) -> None:
    """Store one delivery as the API does, in this transaction."""
    arrival = Arrival("api", Actor("token", str(token.pk)), {}, MONDAY_NOON)
    leads = leads_of(number, delivery)
    pairs = [rows_of(lead, origins[lead.source], arrival) for lead in leads]
    rows = [row for row, _ in pairs]
    receipts = []
    if delivery.is_keyed:
        digest = hashlib.sha256(dumps([lead.name for lead in leads]).encode()).digest()
        ids = [row.id for row in rows]
        receipts.append(ReceiptRow(token.pk, f"k{number}", digest, ids, MONDAY_NOON))
        for row in rows:
            row.request = ids[0]
    consents = [consent for _, given_ in pairs for consent in given_]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [dumps(receipts), dumps(rows), dumps(consents)])


Person = tuple[frozenset[str], frozenset[tuple[str, bytes]], int, int]


def wanted(deliveries: list[Delivery], costs: dict[str, int]) -> set[Person]:
    """Work out who there must be: of each their submissions, ways, count and cost."""
    leads = {
        (lead.source, lead.name): lead
        for n, one in enumerate(deliveries)
        for lead in leads_of(n, one)
    }
    by_person = defaultdict(list)
    for lead in leads.values():
        by_person[lead.phone].append(lead)
    return {
        (
            frozenset(lead.name for lead in theirs),
            frozenset(way for lead in theirs for way in ways_of(lead)),
            len(theirs),
            sum(costs[lead.source] for lead in theirs),
        )
        for theirs in by_person.values()
    }


def ways_of(lead: LeadIn) -> set[tuple[str, bytes]]:
    given_ = (("phone", f"+86{lead.phone}"), ("email", lead.email), ("wechat", lead.wechat))
    return {(kind, lookup(value, kind)) for kind, value in given_ if value not in {"", "+86"}}


def seen() -> set[Person]:
    """Say the same of what there is, and that the first of each became the lead."""
    people = set()
    for lead in Lead.objects.prefetch_related("repeats"):
        ids = [lead.pk, *(repeat.submission_id for repeat in lead.repeats.all())]
        assert lead.pk == min(ids)
        found_by = Identifier.objects.filter(contact=lead.contact_id)
        names = frozenset(name_of(one) for one in ids)
        ways = frozenset((way.kind, bytes(way.digest)) for way in found_by)
        people.add((names, ways, lead.submission_count, lead.cost_minor))
    return people


def name_of(submission_id: UUID) -> str:
    row = Submission.objects.get(pk=submission_id)
    return open_body(row.pk, row.body).lead.name


def origins_of(company: Company) -> dict[str, Origin]:
    both = (company.site, company.fair)
    return {one.key: Origin(one.pk, one.key, one.cost_minor) for one in both}


@given(deliveries=st.lists(DELIVERY, min_size=1, max_size=4), data=st.data())
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_the_order_and_the_number_of_deliveries_change_nothing(
    deliveries: list[Delivery], data: st.DataObject
) -> None:
    times = data.draw(
        st.lists(st.integers(1, 3), min_size=len(deliveries), max_size=len(deliveries))
    )
    again = [n for n, count in enumerate(times) for _ in range(count)]
    order = data.draw(st.permutations(again))
    belts = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    with undone_afterwards():
        company = found(weights=(1, 2), capacity=50)
        origins = origins_of(company)
        token, _ = issue(
            name="shop", scopes=["leads:write"], by=company.administrator, now=MONDAY_NOON
        )
        for number, moves in zip(order, belts, strict=True):
            deliver(number, deliveries[number], origins, token)
            if moves:
                run_belt_once(MONDAY_NOON)
        run_belt_once(MONDAY_NOON)
        people = wanted(deliveries, {key: one.cost_minor for key, one in origins.items()})
        assert seen() == people
        assert Lead.objects.count() == len(people)
        assert Submission.objects.count() == sum(count for _, _, count, _ in people)
        assert Receipt.objects.count() == sum(one.is_keyed for one in deliveries)
        assert not Waiting.objects.exists()
        assert account(company.administrator).is_balanced
        assert breaches() == Breaches(0, 0, 0, 0, 0)
