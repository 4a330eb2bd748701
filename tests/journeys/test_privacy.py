"""P5 and P10: what reaches a person is sealed at rest, and stands in no page, log or hint."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.capture.actions.leads import receive
from clew.capture.schemas import LeadIn
from clew.handoff.models import Placement
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, Company, found

pytestmark = pytest.mark.django_db

PHONE, EMAIL, WECHAT = "13812345678", "canary-mail@ruida.example", "canarywx01"
CANARIES = (PHONE, EMAIL, WECHAT, "138 1234 5678")
LEAD_PAGES = ("pipeline:lead", "pipeline:why", "pipeline:preview", "pipeline:row", "pipeline:call")
PAGES = (
    "pipeline:my_day",
    "pipeline:leads",
    "pipeline:pool",
    "office:account",
    "office:never_contacted",
)


def arrive(company: Company) -> UUID:
    lead = LeadIn(
        source=company.site.key,
        name="周建国",
        phone=PHONE,
        email=EMAIL,
        wechat=WECHAT,
        company=HOT["company"],
        message=f"{HOT['message']}，打 138 1234 5678 或 {EMAIL}",
    )
    evidence = {"ip": "203.0.113.9", "user_agent": "canary"}
    (id_,) = receive(
        [lead], channel="form", actor=Actor("visitor"), evidence=evidence, now=MONDAY_NOON
    )
    while run_belt_once(MONDAY_NOON):
        pass
    return id_


def rows() -> Iterator[tuple[str, str]]:
    """Every row of every table as text, binary columns also decoded."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select * from "{table}"')  # noqa: S608  names come from the catalogue
            for row in cursor.fetchall():
                yield table, " ".join(_text(value) for value in row)


def _text(value: Any) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("latin-1")
    return str(value)


def browse(member: Member, id_: UUID) -> Iterator[tuple[str, str]]:
    client = Client()
    client.force_login(member)
    addresses = [reverse(name) for name in PAGES]
    addresses += [reverse(name, args=[id_]) for name in LEAD_PAGES]
    for address in addresses:
        yield address, client.get(address).content.decode()


def log_call(member: Member, id_: UUID) -> int:
    client = Client()
    client.force_login(member)
    sent = {
        "call_id": uuid4(),
        "result": "answered",
        "note": f"他的手机 {PHONE}",
        "when": "tomorrow",
    }
    return client.post(reverse("pipeline:call", args=[id_]), sent).status_code


def test_no_table_holds_a_way_of_reaching_somebody_in_the_clear() -> None:
    company = found()
    id_ = arrive(company)
    holder = Placement.objects.get(lead=id_).seat
    assert holder
    assert log_call(holder.member, id_) == 302
    leaks = [(table, c) for table, text in rows() for c in CANARIES if c in text]
    assert leaks == []


def test_no_page_shows_a_number_before_it_is_asked_for() -> None:
    company = found()
    id_ = arrive(company)
    holder = Placement.objects.get(lead=id_).seat
    assert holder
    seen = 0
    for member in (holder.member, company.manager, company.administrator):
        for address, page in browse(member, id_):
            assert not [c for c in CANARIES if c in page], address
            seen += "138****5678" in page
    assert seen


def test_no_log_line_names_anybody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    company = found()
    id_ = arrive(company)
    receive(
        [LeadIn(source="site", phone=f"nonsense {PHONE} nonsense 1234567")],
        channel="typed",
        actor=Actor("visitor"),
        evidence={},
        now=MONDAY_NOON,
    )
    while run_belt_once(MONDAY_NOON):
        pass
    list(browse(company.administrator, id_))
    assert not [c for c in CANARIES if c in caplog.text]
