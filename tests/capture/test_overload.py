"""More than can be stored soon: sent away at once, unread, and by nobody's mistake taken for stored (R14)."""

import asyncio
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import pytest

from clew.capture import asgi, intake
from clew.capture.decoding import decode
from clew.capture.link import conninfo
from clew.capture.models import Submission
from tests.capture.sender import Sender, lead, site

pytestmark = pytest.mark.django_db(transaction=True)
HELD_UP = 0.6  # seconds


@pytest.fixture
def sender() -> Sender:
    site()
    return Sender()


@contextmanager
def held_up(seconds: float) -> Iterator[None]:
    """Let the database store nothing for so long."""
    with psycopg.connect(conninfo()) as beside:
        beside.execute("lock table capture_submission in access exclusive mode")
        release = threading.Timer(seconds, beside.rollback)
        release.start()
        yield
        release.join()


def test_a_body_that_there_is_no_room_for_is_read_and_not_looked_at(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "HELD_BYTES", 400)
    with mock.patch.object(asgi, "decode", side_effect=decode) as decoded:
        answers = sender.send(lead(), [lead()] * 20)
    assert [answer.status_code for answer in answers] == [202, 503]
    assert (answers[1].headers["retry-after"], answers[1].json()["code"]) == ("1", "busy")
    assert decoded.call_count == 1
    assert Submission.objects.count() == 1


def test_a_body_of_no_announced_length_counts_as_a_large_one(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [b"{}"] * 3
    monkeypatch.setattr(intake, "HELD_BYTES", asgi.UNANNOUNCED_BODY - 1)
    assert asyncio.run(_in_parts(sender, parts)) == 503
    assert parts == []
    monkeypatch.setattr(intake, "HELD_BYTES", asgi.UNANNOUNCED_BODY)
    assert asyncio.run(_in_parts(sender, [b"{"])) == 400


async def _in_parts(sender: Sender, parts: list[bytes]) -> int:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [
        (b"authorization", f"Bearer {sender.secret}".encode()),
        (b"content-type", b"application/json"),
    ]
    await asgi.leads({"method": "POST", "headers": headers}, receive, send)
    await asgi.close()
    return int(sent[0]["status"])


def test_what_is_held_is_let_go_with_the_answer(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "HELD_BYTES", 400)

    async def story() -> tuple[list[int], bool]:
        seen = []
        for body in (
            b'{"source":"site","phone":"13812345678"}',
            b"{",
            b'{"source":"nowhere"}',
        ) * 10:

            async def receive(body: bytes = body) -> dict[str, Any]:
                return {"type": "http.request", "body": body}

            async def send(message: MutableMapping[str, Any]) -> None:
                seen.append(message.get("status", 0))

            headers = [
                (b"authorization", f"Bearer {sender.secret}".encode()),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ]
            await asgi.leads({"method": "POST", "headers": headers}, receive, send)
        is_free = asgi._open_door().intake.has_room(400)
        await asgi.close()
        return seen, is_free

    seen, is_free = asyncio.run(story())
    assert set(seen) == {0, 202, 400, 422}
    assert is_free


def test_who_has_waited_too_long_is_sent_away_and_not_stored(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WAITING_SECONDS", HELD_UP / 3)
    with held_up(HELD_UP):
        answers = sender.send(*[lead()] * 20)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {202, 503}
    assert Submission.objects.count() == statuses.count(202)
    assert sender.one(lead()).status_code == 202


def test_who_has_waited_a_little_is_stored(sender: Sender) -> None:
    began = time.monotonic()
    with held_up(HELD_UP):
        answers = sender.send(*[lead()] * 20)
    assert {answer.status_code for answer in answers} == {202}
    assert time.monotonic() - began >= HELD_UP
