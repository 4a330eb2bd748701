"""The stream of hints: to whom, how many, and when it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connections, transaction
from django.test import Client

from clew.access.actions import deactivate
from clew.access.models import Member
from clew.base.ids import uuid7
from clew.base.live import NOTICES, Hint, announce
from clew.web import stream
from tests.company import MONDAY_NOON, TESTER, Company, found

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company() -> Iterator[Company]:
    yield found()
    connections.close_all()


class Page:
    """One open page: what it was sent, and whether its stream has ended."""

    def __init__(self, session: str) -> None:
        self.status = 0
        self.sent: asyncio.Queue[str] = asyncio.Queue()
        self.ended = asyncio.Event()
        self._gone = asyncio.Event()
        cookie = f"clew_session={session}".encode() if session else b""
        scope = {"method": "GET", "headers": [(b"cookie", cookie)]}
        self.task = asyncio.ensure_future(stream.stream(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, str]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("body"):
            await self.sent.put(message["body"].decode())
        if not message.get("more_body") and message["type"] != "http.response.start":
            self.ended.set()

    async def event(self, name: str) -> dict[str, str]:
        """Wait for the next event of a name."""
        async with asyncio.timeout(5):
            while True:
                first, data = (await self.sent.get()).strip().split("\n")
                if first == f"event: {name}":
                    found: dict[str, str] = json.loads(data.removeprefix("data: "))
                    return found

    def leave(self) -> None:
        self._gone.set()


@asynccontextmanager
async def opened(*sessions: str) -> AsyncIterator[list[Page]]:
    pages = []
    for session in sessions:
        pages.append(Page(session))
        await pages[-1].event("ready")
    yield pages
    await stream.close()


def session_of(member: Member) -> str:
    client = Client()
    client.force_login(member)
    return client.cookies["clew_session"].value


def tell(*hints: Hint) -> Callable[[], Awaitable[None]]:
    def work() -> None:
        with transaction.atomic():
            announce(hints)
        connections.close_all()

    return lambda: asyncio.to_thread(work)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_a_hint_reaches_its_member_and_nobody_else(company: Company) -> None:
    one, other = company.people[:2]
    sessions = session_of(one), session_of(other)
    mine, theirs = uuid7(), uuid7()

    async def work() -> None:
        async with opened(*sessions) as pages:
            await tell(Hint(theirs, member_id=other.pk), Hint(mine, member_id=one.pk))()
            assert await pages[0].event("hint") == {"lead": str(mine), "kind": "own"}
            assert await pages[1].event("hint") == {"lead": str(theirs), "kind": "own"}
            assert pages[0].sent.empty()

    run(work())


def test_a_pool_hint_reaches_the_team_only(company: Company) -> None:
    inside, outside = session_of(company.people[0]), session_of(company.administrator)
    lead: UUID = uuid7()

    async def work() -> None:
        async with opened(inside, outside) as pages:
            await tell(Hint(lead, team_id=company.online.pk))()
            assert await pages[0].event("hint") == {"lead": str(lead), "kind": "pool"}
            assert pages[1].sent.empty()

    run(work())


def test_a_hint_of_a_person_reaches_their_manager_and_a_notice_does_not(company: Company) -> None:
    person, lead, again = company.people[0], uuid7(), uuid7()
    session = session_of(company.manager)

    async def work() -> None:
        async with opened(session) as pages:
            first = Hint(NOTICES, member_id=person.pk), Hint(lead, member_id=person.pk)
            await tell(*first, Hint(again, member_id=company.administrator.pk))()
            assert await pages[0].event("hint") == {"lead": str(lead), "kind": "team"}
            assert pages[0].sent.empty()

    run(work())


def test_strangers_get_no_stream(company: Company) -> None:
    async def work() -> None:
        for session in ("", "forged"):
            page = Page(session)
            await page.task
            assert page.status == 401
        await stream.close()

    run(work())


def test_while_the_database_is_away_no_stream_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(session: str) -> None:
        raise OperationalError

    monkeypatch.setattr(stream, "viewer_of", away)

    async def work() -> None:
        page = Page("session")
        await page.task
        assert page.status == 503
        await stream.close()

    run(work())


def test_the_oldest_of_too_many_streams_makes_room(company: Company) -> None:
    session = session_of(company.people[0])

    async def work() -> None:
        async with opened(*[session] * (stream.STREAMS_PER_MEMBER + 1)) as pages:
            await pages[0].event("elsewhere")
            await asyncio.wait_for(pages[0].ended.wait(), 5)
            assert not any(page.ended.is_set() for page in pages[1:])

    run(work())


def test_a_closed_account_and_a_sign_out_end_the_stream(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CHECK", 0.1)
    leaver, other, stays = company.people
    client = Client()
    client.force_login(other)
    sessions = session_of(leaver), client.cookies["clew_session"].value, session_of(stays)

    def end() -> None:
        deactivate(leaver, actor=TESTER, now=MONDAY_NOON)
        client.post("/sign-out")
        connections.close_all()

    async def work() -> None:
        async with opened(*sessions) as pages:
            await asyncio.to_thread(end)
            await pages[0].event("bye")
            await pages[1].event("bye")
            assert not pages[2].ended.is_set()

    run(work())


def test_a_page_that_is_far_behind_starts_afresh() -> None:
    async def work() -> None:
        page = stream.Page("session", stream.Viewer(1, frozenset()))
        for _ in range(stream.QUEUE + 1):
            page.tell(b"event: hint\ndata: {}\n\n")
        assert page.queue.qsize() == 1
        assert page.queue.get_nowait() == stream.READY

    run(work())


def test_a_quiet_stream_beats(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BEAT", 0.05)
    session = session_of(company.people[0])

    async def work() -> None:
        async with opened(session) as pages:
            await pages[0].event("beat")
            pages[0].leave()
            await asyncio.wait_for(pages[0].task, 5)

    run(work())


def test_a_notice_is_hinted_at_without_a_word_of_what_it_says(company: Company) -> None:
    one, other = company.people[:2]
    sessions = session_of(one), session_of(other)

    async def work() -> None:
        async with opened(*sessions) as pages:
            await tell(Hint(NOTICES, member_id=one.pk))()
            assert await pages[0].event("notice") == {}
            assert pages[1].sent.empty()

    run(work())
