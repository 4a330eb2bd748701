"""S9: the strict headers on every answer of every route, whoever made it and whatever it says."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.test import Client, override_settings

from clew.access.models import Role
from clew.web import asgi, assets, headers, health, middleware, stream
from clew.web.asgi import BARE, READ_ELSEWHERE, application
from clew.web.permissions import TABLE
from tests.company import found
from tests.strict import ALWAYS
from tests.web.test_permissions import World, caller, routes, world
from tests.web.test_stream import session_of
from tests.web.test_threads import scope

__all__ = ["world"]

PAGE = {
    **ALWAYS,
    "content-security-policy": "default-src 'none'; script-src 'self' 'nonce-N'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
}
FILE = {
    **PAGE,
    "content-security-policy": PAGE["content-security-policy"].replace(" 'nonce-N'", ""),
}
DOOR = {
    **ALWAYS,
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
CALLERS = ("", *Role.values)
METHODS = ("get", "head", "post", "put", "delete", "options")
NONCE = re.compile(r"'nonce-[\w-]{22}'")
CONDITIONS = {"if-none-match": "*", "if-modified-since": "Tue, 24 Nov 2026 08:00:00 GMT"}


def strict(given: Any) -> dict[str, str]:
    """What an answer says of security, with the nonce left out."""
    low = {str(name).lower(): str(value) for name, value in given.items()}
    return {name: NONCE.sub("'nonce-N'", low.get(name, "")) for name in PAGE}


@pytest.mark.django_db
@pytest.mark.parametrize("role", CALLERS)
def test_every_page_carries_them_whatever_it_answers(world: World, role: str) -> None:
    seen, faults = set(), []
    client = caller(world, role, raise_request_exception=False)
    for route in routes():
        for path in (world.path(route), f"{world.path(route)}/nothing"):
            for method in METHODS:
                answer = getattr(client, method)(path, headers=CONDITIONS)
                seen.add(answer.status_code)
                if strict(answer.headers) != PAGE or "Cache-Control" not in answer.headers:
                    faults.append(f"{method} {route.name} {answer.status_code}")
                client.cookies.pop("clew_language", None)
        if role:
            client.force_login(world.people[role])
    assert not faults
    assert seen >= {200, 302, 401, 404, 405}
    assert 304 not in seen


@pytest.mark.django_db
def test_an_answer_that_broke_carries_them_too(world: World) -> None:
    client = caller(world, "administrator", raise_request_exception=False)
    with mock.patch.object(middleware.Permission, "process_view", side_effect=RuntimeError):
        for route in routes():
            answer = client.get(world.path(route))
            assert (answer.status_code, strict(answer.headers)) == (500, PAGE), route.name


@pytest.mark.django_db
def test_no_two_answers_share_a_nonce(client: Client) -> None:
    policies = {client.get("/sign-in")["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def bare(method: str, path: str, *given: tuple[bytes, bytes]) -> tuple[int, dict[str, str]]:
    """Ask the router as a server would; the caller hangs up after the first message."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def one() -> None:
        await application(scope(method, path, headers=list(given)), receive, send)
        await asgi.intake.close()
        await stream.close()

    asyncio.run(one())
    return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}


@pytest.fixture
def session() -> Iterator[str]:
    """The session of somebody who may have a stream."""
    yield session_of(found().administrator)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["", "no database"])
def test_every_bare_route_carries_them_whatever_it_answers(
    session: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        health, "standing", lambda: {"status": fault or "ready"}
    )  # it would keep its thread's connection
    sheet = assets.Storage().url("clew/clew.css")
    paths = [*BARE, sheet, "/static/", "/static/0/clew/clew.css"]
    assert {name for name, _ in BARE.values()} | {"static"} <= TABLE.keys()
    cookie = (b"cookie", f"clew_session={session}".encode())
    seen = set()
    for path in paths:
        for method in (m.upper() for m in METHODS):
            if method == "GET" and path in READ_ELSEWHERE:
                continue  # Django's, and so among the pages above
            for given in ([], [cookie], [(b"accept-encoding", b"gzip"), (b"if-none-match", b"*")]):
                status, answer = bare(method, path, *given)
                seen.add(status)
                wanted = DOOR if path.startswith("/api") else FILE
                assert strict(answer) == wanted, f"{method} {path} {status}"
    assert seen == {200, 401, 404, 405, *({503} if fault else ())}


@pytest.mark.parametrize("path", ["/healthz", "/stream", "/api/v1/leads", "/static/x", "/sign-in"])
def test_what_breaks_outside_of_every_page_is_answered_with_them(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(asgi, "find", lambda *_: ("static", broken))
    with pytest.raises(ZeroDivisionError):
        bare("GET", path)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(application(scope("GET", path), None, send))
    given = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    assert (sent[0]["status"], strict(given)) == (500, FILE)
    assert b"ZeroDivision" not in sent[1]["body"]


@override_settings(IS_HTTPS=True)
def test_over_https_they_ask_for_https() -> None:
    assert "max-age=31536000" in headers.strict()["Strict-Transport-Security"]
