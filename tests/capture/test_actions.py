"""Leads from pages, and what becomes of failures."""

import io
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from clew.base.ledger import Actor
from clew.base.models import Entry, Refusal
from clew.capture.actions import failures, leads, visits
from clew.capture.errors import FailureSettled, LeadsRefused, TooManyVisits
from clew.capture.models import Consent, Failure, Source, Submission, Visit, Waiting
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn
from clew.errors import Missing, Unavailable
from tests.capture.sender import NOW, PHONE, Sender, lead, site

pytestmark = pytest.mark.django_db
ANNA = Actor("member", "1")


def receive(*arrived: LeadIn, **given: Any) -> list[UUID]:
    named = {"channel": "typed", "actor": ANNA, "evidence": {"ip": "203.0.113.9"}, "now": NOW}
    return leads.receive(arrived, **{**named, **given})


def typed(**given: Any) -> LeadIn:
    return LeadIn(**{"source": "site", "phone": PHONE, **given})


def test_a_typed_lead_is_stored_with_its_evidence_and_basis() -> None:
    site(cost_minor=100)
    (one,) = receive(typed(name="张三"))
    kept = Submission.objects.get()
    assert (kept.pk, kept.channel, kept.actor_kind, kept.cost_minor) == (
        one,
        "typed",
        "member",
        100,
    )
    assert open_body(kept.pk, kept.body).evidence == {"ip": "203.0.113.9"}
    assert Consent.objects.get().text_version == "source:site"
    assert Waiting.objects.get().pk == one


def test_leads_of_a_page_are_stored_all_or_none_with_every_fault_told() -> None:
    site()
    site("asleep", is_active=False)
    with pytest.raises(LeadsRefused) as refused:
        receive(
            typed(),
            typed(phone=""),
            typed(source="asleep"),
            typed(name="\0"),
            typed(company="x" * 201),
        )
    assert [(f.index, f.code) for f in refused.value.faults] == [
        (1, "unreachable"),
        (2, "unknown_source"),
        (3, "nul"),
        (4, "too_long"),
    ]
    assert not Submission.objects.exists()


def test_a_lead_with_a_known_external_id_gives_the_stored_id() -> None:
    site()
    first, again, other = receive(
        typed(external_id="a"), typed(external_id="a"), typed(external_id="b")
    )
    assert first == again != other
    assert receive(typed(external_id="a")) == [first]
    assert Submission.objects.count() == Consent.objects.count() == 2


def test_a_database_that_is_away_is_told_as_such() -> None:
    site()
    with (
        mock.patch.object(leads, "_store", side_effect=OperationalError),
        pytest.raises(Unavailable),
    ):
        receive(typed())


def test_an_answer_strengthens_the_first_submission_and_costs_nothing() -> None:
    site(cost_minor=100)
    (first,) = receive(typed(message="询价", wechat="servo_1"), channel="form")
    asked = leads.Followup("什么时候用", "这周")
    later = NOW + timedelta(minutes=1)
    second = leads.follow_up(first, asked, evidence={}, now=later)
    again = leads.follow_up(first, leads.Followup("什么时候用", "今年"), evidence={}, now=later)
    assert second == again != first
    kept = Submission.objects.get(pk=second)
    body = open_body(kept.pk, kept.body).lead
    assert (body.phone, body.wechat, body.message) == (PHONE, "servo_1", "")
    assert body.answers == {"什么时候用": "这周"}
    assert (kept.cost_minor, kept.channel, kept.occurred_at) == (0, "form", later)
    assert Consent.objects.filter(submission_id=second).count() == 1
    with pytest.raises(Missing):
        leads.follow_up(UUID(int=1), asked, evidence={}, now=later)


def failure() -> Failure:
    """A failure as the worker leaves it: out of the queue, with its error."""
    site()
    (one,) = receive(typed())
    Waiting.objects.all().delete()
    return Failure.objects.create(submission_id=one, code="broken", error="it broke", failed_at=NOW)


def test_a_replayed_failure_waits_again_and_is_settled_once() -> None:
    failed = failure()
    failures.replay(failed.pk, actor=ANNA, now=NOW)
    assert Waiting.objects.get().pk == failed.submission_id
    failed.refresh_from_db()
    assert (failed.settlement, failed.settled_at) == ("replayed", NOW)
    entry = Entry.objects.get()
    assert (entry.name, entry.subject, entry.actor_id) == (
        "FailureReplayed",
        failed.submission_id,
        "1",
    )
    for settle in (failures.replay, failures.dismiss):
        with pytest.raises(FailureSettled):
            settle(failed.pk, actor=ANNA, now=NOW)
    assert Entry.objects.count() == 1


def test_a_dismissed_failure_does_not_wait_again() -> None:
    failed = failure()
    failures.dismiss(failed.pk, actor=ANNA, now=NOW)
    assert not Waiting.objects.exists()
    assert Entry.objects.get().name == "FailureDismissed"
    with pytest.raises(Missing):
        failures.dismiss(failed.pk + 1, actor=ANNA, now=NOW)


def test_a_flood_of_refusals_is_one_row_in_ten_seconds() -> None:
    visitor = Actor("visitor")
    for seconds in (0, 1, 9, 10):
        failures.refuse("form", "trap", {"form": "ask"}, visitor, NOW + timedelta(seconds=seconds))
    rows = list(Refusal.objects.order_by("at").values_list("details", flat=True))
    assert rows == [{"form": "ask", "count": 3}, {"form": "ask", "count": 1}]


def test_visits_from_one_address_are_limited_and_forgotten() -> None:
    for _ in range(3):
        visits.visit(b"a" * 16, most=3, now=NOW)
    with pytest.raises(TooManyVisits):
        visits.visit(b"a" * 16, most=3, now=NOW)
    visits.visit(b"b" * 16, most=3, now=NOW)
    visits.visit(b"a" * 16, most=3, now=NOW + timedelta(minutes=10))
    visits.visit(b"c" * 16, most=3, now=NOW + timedelta(minutes=40))
    assert Visit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_table_holds_a_number_an_address_or_a_wechat_id_in_the_clear() -> None:
    """P5, P10: whatever way it came, the dump of all tables does not hold it."""
    site()
    planted = {"phone": "13987654321", "email": "canary@example.com", "wechat": "canary_wx"}
    sender = Sender()
    sender.one(lead(**planted, message="13987654321"), idempotency_key="k")
    sender.one({"source": "site", "canary_wx": "canary@example.com", **planted})
    (first,) = receive(typed(**planted), channel="form")
    leads.follow_up(first, leads.Followup("q", "a"), evidence={"ip": "canary"}, now=NOW)
    dump = io.BytesIO()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            with cursor.copy(f'copy "{table}" to stdout') as rows:
                for chunk in rows:
                    dump.write(bytes(chunk))
    text = dump.getvalue()
    assert b"source:site" in text
    for value in (b"13987654321", b"canary"):
        assert value not in text
        assert value.hex().encode() not in text


def test_a_source_that_was_switched_off_takes_no_more_leads() -> None:
    site()
    Source.objects.update(is_active=False)
    with pytest.raises(LeadsRefused):
        receive(typed())
