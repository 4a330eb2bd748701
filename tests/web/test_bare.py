"""The bare routes: who gets in, and the document's examples sent to the real door."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.test import Client

from clew.access.tokens import issue
from clew.capture.models import Submission
from clew.web.asgi import application, intake
from clew.web.permissions import TABLE, WRITE
from tests.company import MONDAY_NOON, Company, found, source

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[[Any], Awaitable[tuple[int, Any]]]


@pytest.fixture
def company() -> Company:
    company = found()
    source("website", is_online=True)
    return company


def token(company: Company, *scopes: str) -> str:
    return issue(name="t", scopes=scopes, by=company.administrator, now=MONDAY_NOON)[1]


async def post(body: Any, authorization: str, cookie: str = "") -> tuple[int, Any]:
    """Send leads to the router as a server would."""
    sent: list[dict[str, Any]] = []
    headers = [
        (b"content-type", b"application/json"),
        (b"accept-language", b"en"),
        (b"authorization", authorization.encode()),
        (b"cookie", cookie.encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/leads",
        "query_string": b"",
        "headers": headers,
        "client": ("10.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def run(*requests: tuple[Any, str] | tuple[Any, str, str]) -> list[tuple[int, Any]]:
    async def all_of_them() -> list[tuple[int, Any]]:
        answers = [await post(*request) for request in requests]
        await intake.close()
        return answers

    return asyncio.run(all_of_them())


LEAD = {"source": "website", "phone": "13812345678"}


def test_only_a_token_that_the_table_names_may_send(company: Company) -> None:
    browser = Client()
    browser.force_login(company.administrator)
    cookie = f"clew_session={browser.cookies['clew_session'].value}"
    reads, writes = token(company, "leads:read"), token(company, "leads:write")
    answers = run(
        (LEAD, ""),
        (LEAD, "Bearer clew_forged"),
        (LEAD, "", cookie),
        (LEAD, f"Bearer {reads}"),
        (LEAD, f"Bearer {writes}"),
    )
    assert [status for status, _ in answers] == [401, 401, 401, 403, 202]
    assert set(TABLE["api:receive"]) == {WRITE}
    assert Submission.objects.count() == 1


def test_the_documents_examples_do_what_it_says(company: Company, client: Client) -> None:
    operation = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/leads"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    refused = operation["responses"]["422"]["content"]["application/problem+json"]["examples"]
    bearer = f"Bearer {token(company, 'leads:write')}"
    one, many, unreachable = run(
        (examples["one"]["value"], bearer),
        (examples["array"]["value"], bearer),
        ({"source": "website", "name": "张三"}, bearer),
    )
    assert one[0] == many[0] == 202
    assert set(one[1]) == set(
        operation["responses"]["202"]["content"]["application/json"]["example"]
    )
    assert [a["status"] for a in many[1]["leads"]] == ["accepted"] * 3
    assert unreachable == (422, refused["unreachable"]["value"])
    assert Submission.objects.count() == 4
