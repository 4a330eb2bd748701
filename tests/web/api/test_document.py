"""The API's document: complete, and every example of it is sent to the server."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import jsonschema_rs
import msgspec
import pytest
from django.db import transaction
from django.test import Client

from clew.capture.actions.fields import FieldData, add_field
from clew.capture.schemas import LeadIn
from clew.contacts.belt.suspecting import search
from clew.contacts.models import Lead
from clew.web.api.examples import (
    ANSWERS,
    ARRAY,
    ASKED,
    CONTACT_ID,
    LEAD,
    LEAD_ID,
    MERGE_ID,
    ONE,
    OTHER_ID,
)
from clew.web.flow import undo
from tests import company as making
from tests.company import MONDAY_NOON, TESTER, enquire, found, source
from tests.web.api.programs import LISTS, program

DOCUMENT = "/api/v1/openapi.json"
Document = dict[str, Any]


@pytest.fixture
def document(client: Client) -> Document:
    told: Document = client.get(DOCUMENT).json()
    return told


def operations(document: Document) -> dict[str, tuple[str, str, Document]]:
    """Path, method and operation by the operation's id."""
    return {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def shape(document: Document, operation: Document, status: str = "200") -> Any:
    """A validator of what an operation answers."""
    content = operation["responses"][status]["content"]
    schema = next(iter(content.values()))["schema"]
    return jsonschema_rs.validator_for(
        {**schema, "components": document["components"]}, validate_formats=True
    )


def test_the_document_tells_about_every_route_and_what_it_needs(document: Document) -> None:
    needs = {
        name: [one["token"] for one in operation["security"]]
        for name, (*_, operation) in operations(document).items()
    }
    assert needs == {
        "receive": [["leads:write"]],
        "lead": [["leads:read"]],
        "trace": [["leads:read"]],
        "leads": [["leads:read"]],
        "placements": [["leads:read"]],
        "fields": [["leads:read"], ["leads:write"]],
        "deletions": [["leads:read"]],
        "contacts": [["leads:read"], ["contacts:read"]],
        "events": [["events:read"]],
        "duplicates": [["duplicates:read"]],
        "lookup": [["duplicates:read"]],
        "preview": [["duplicates:read"]],
        "merge": [["duplicates:write"]],
        "unmerge": [["duplicates:write"]],
    }


def test_every_operation_has_a_summary_a_description_and_examples(document: Document) -> None:
    for name, (_, method, operation) in operations(document).items():
        assert operation["summary"]
        assert operation["description"]
        if method == "get":
            assert operation["responses"]["200"]["content"]["application/json"]["example"]
            assert {p["name"] for p in operation["parameters"] if "example" in p} == set(
                ASKED[name]
            )


def test_no_parameter_is_ever_null(document: Document) -> None:
    for _, _, operation in operations(document).values():
        for parameter in operation["parameters"]:
            assert "anyOf" not in parameter["schema"]
            assert parameter["schema"].get("default", "") is not None


def test_the_limits_of_a_parameter_are_in_the_document(document: Document) -> None:
    for name in LISTS:
        given = {p["name"]: p["schema"] for p in operations(document)[name][2]["parameters"]}
        assert (given["limit"]["minimum"], given["limit"]["maximum"]) == (1, 200)
        assert given["limit"]["default"] == 50
        assert given["updated_since"]["format"] == "date-time"


def test_every_reference_in_the_document_leads_somewhere(document: Document) -> None:
    for reference in _references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(_references, node.values()))


def test_what_is_sent_in_the_examples_has_the_shape_that_the_document_asks_for() -> None:
    assert msgspec.convert(ONE["value"], LeadIn).phone
    assert len(msgspec.convert(ARRAY["value"], list[LeadIn])) == 3


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_of_the_examples_has_the_shape_of_its_operation(
    document: Document, name: str
) -> None:
    operation = operations(document)[name][2]
    shape(document, operation).validate(ANSWERS[name])


@pytest.mark.django_db(transaction=True)
def test_every_example_is_answered_as_the_document_says(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = found()
    site = source("website", is_online=True)
    add_field(FieldData("budget", "预算", "money"), actor=TESTER, now=MONDAY_NOON)
    gone = enquire(site, phone="13912345678")
    undo([gone], MONDAY_NOON)
    monkeypatch.setattr(making, "uuid7", lambda _: UUID(LEAD_ID))
    given = {key: value for key, value in LEAD.items() if key not in {"source", "consents"}}
    given["occurred_at"] = MONDAY_NOON
    enquire(site, **given)
    monkeypatch.undo()
    twin = {"phone": "13812345687", "name": given["name"], "company": "昆山锐达自动化"}
    enquire(site, **twin)
    with transaction.atomic():
        search(MONDAY_NOON + timedelta(minutes=5))
    crm = program(company.administrator)
    for name, asked in ASKED.items():
        path, _, operation = operations(document)[name]
        answer = crm.get(path.format(**asked), _query(operation, asked))
        assert answer.status_code == 200, (name, answer.content)
        told = answer.json()
        shape(document, operation).validate(told)
        assert told.get("items", True), f"{name}: the example finds nothing"
        assert told.keys() == ANSWERS[name].keys()
        cursor = {"cursor": ANSWERS["leads"]["next_cursor"]}
        if "next_cursor" in told:
            refused = crm.get(path, cursor)
            shape(document, operation, "422").validate(refused.json())


@pytest.mark.django_db
def test_what_the_examples_send_is_answered_as_the_document_says(document: Document) -> None:
    company = found()
    pair = {OTHER_ID: "13812345687", CONTACT_ID: LEAD["phone"]}
    real = {
        example: str(Lead.objects.get(pk=enquire(company.site, phone=phone)).contact_id)
        for example, phone in pair.items()
    }
    crm = program(company.administrator)
    for name in ("lookup", "preview", "merge", "unmerge"):
        path, _, operation = operations(document)[name]
        sent = json.dumps(operation["requestBody"]["content"]["application/json"]["example"])
        for example, id_ in real.items():
            sent = sent.replace(example, id_)
        answer = crm.post(path, sent, content_type="application/json")
        assert answer.status_code == 200, (name, answer.content)
        told = answer.json()
        shape(document, operation).validate(told)
        assert told.keys() == ANSWERS[name].keys()
        if name == "merge":
            real[MERGE_ID] = told["merges"][0]["merge_id"]
    assert told["merges"][0]["status"] == "apart"


def _query(operation: Document, asked: dict[str, Any]) -> dict[str, Any]:
    names = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
    return {name: value for name, value in asked.items() if name in names}


def test_no_page_of_documents_loads_anything_from_elsewhere(client: Client) -> None:
    assert client.get("/api/v1/docs").status_code == 404
