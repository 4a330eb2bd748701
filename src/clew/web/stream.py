"""`GET /stream`: server-sent events that tell open pages which leads to fetch again. Bare ASGI.

Events carry ids, never HTML and never content; the page fetches what it may see.

- `ready`: hints are being listened to from now on; fetch the whole list, whatever was missed before
- `hint`: `{"lead": id, "kind": "own" | "pool"}`
- `notice`: one's notices are others than before
- `beat`: every 15 seconds, so that a dead connection is noticed on both sides
- `elsewhere`: a newer page of the same person took this stream's place
- `bye`: signed out, or the account is closed
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import psycopg
from django.conf import settings
from django.contrib.auth import get_user
from django.db import Error, close_old_connections, connections

from clew.access.models import Member, Role
from clew.access.queries import teams
from clew.base.live import CHANNEL, NOTICES
from clew.handoff.models import Seat
from clew.web.permissions import is_allowed

BEAT = 15.0
CHECK = 30.0
STREAMS_PER_MEMBER = 5
QUEUE = 256  # more than this behind, and the page is told to fetch everything instead
RETRY = timedelta(seconds=2)
NO_LEAD = str(NOTICES)
READY, BEAT_EVENT, BYE, ELSEWHERE, NOTICE = (
    f"event: {name}\ndata: {{}}\n\n".encode()
    for name in ("ready", "beat", "bye", "elsewhere", "notice")
)
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

log = logging.getLogger("clew.stream")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose stream it is, and whose pools concern them."""

    member_id: int
    team_ids: frozenset[int]
    led: frozenset[int] = frozenset()  # the members of the teams that a manager leads


@dataclass(eq=False, slots=True)
class Page:
    """One open page. `None` in its queue ends the stream."""

    session: str
    viewer: Viewer
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def tell(self, event: bytes) -> None:
        """Queue an event; a page that is too far behind starts afresh."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            event = READY
        self.queue.put_nowait(event)

    def end(self, event: bytes) -> None:
        """Say a last word and end the stream."""
        self.tell(event)
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """All open pages of one process, the one connection they listen on, and the thread that checks."""

    def __init__(self) -> None:
        """Start listening and checking within the running event loop."""
        self.loop = asyncio.get_running_loop()
        self.pages: list[Page] = []
        self.is_listening = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stream")
        self._tasks = [self.loop.create_task(work()) for work in (self._listen, self._check)]

    async def who(self, session: str) -> Viewer | None:
        """Who a session belongs to, if they may have a stream."""
        return await self.loop.run_in_executor(self._thread, viewer_of, session)

    def add(self, page: Page) -> None:
        """Register a page; the oldest of a member with too many makes room."""
        own = [p for p in self.pages if p.viewer.member_id == page.viewer.member_id]
        for oldest in own[: max(0, len(own) + 1 - STREAMS_PER_MEMBER)]:
            oldest.end(ELSEWHERE)
            self.pages.remove(oldest)
        self.pages.append(page)
        if self.is_listening:
            page.tell(READY)

    def remove(self, page: Page) -> None:
        """Forget a page that has gone."""
        with contextlib.suppress(ValueError):
            self.pages.remove(page)

    async def close(self) -> None:
        """End all streams and the work behind them."""
        for task in self._tasks:
            task.cancel()
        for page in self.pages:
            page.end(BEAT_EVENT)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.loop.run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)

    async def _listen(self) -> None:
        """Pass on what is announced; after a loss every page is told to fetch everything."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **_parameters(), autocommit=True
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self.is_listening = True
                    self._tell_all(READY)
                    async for note in connection.notifies():
                        self._spread(note.payload)
            except psycopg.Error:
                log.warning("the database is away; listening again shortly")
            self.is_listening = False
            await asyncio.sleep(RETRY.total_seconds())

    def _spread(self, payload: str) -> None:
        for lead, member_id, team_id in json.loads(payload):
            for page in self.pages:
                kind = _concerns(page.viewer, member_id, team_id)
                if lead == NO_LEAD and kind == "own":
                    page.tell(NOTICE)
                elif lead != NO_LEAD and kind:
                    page.tell(_hint(lead, kind))

    def _tell_all(self, event: bytes) -> None:
        for page in self.pages:
            page.tell(event)

    async def _check(self) -> None:
        """End the streams of those who signed out or were deactivated; notice new teams."""
        while True:
            await asyncio.sleep(CHECK)
            sessions = {page.session for page in self.pages}
            seen = await self.loop.run_in_executor(self._thread, _viewers_of, sessions)
            for page in list(self.pages):
                viewer = seen.get(page.session, page.viewer)
                if viewer is None:
                    page.end(BYE)
                    self.remove(page)
                else:
                    page.viewer = viewer


_hub: Hub | None = None


async def stream(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The route."""
    hub = _the_hub()
    session = _session(scope)
    if scope["method"] != "GET":
        await _refuse(send, 405)
        return
    try:
        viewer = await hub.who(session) if session else None
    except Error:
        await _refuse(send, 503)
        return
    if viewer is None:
        await _refuse(send, 401)
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    page = Page(session, viewer)
    hub.add(page)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await _pour(page, gone, send)
    finally:
        hub.remove(page)
        gone.cancel()


async def close() -> None:
    """End all streams of this process."""
    global _hub  # noqa: PLW0603  one hub for each process
    if _hub is not None:
        await _hub.close()
        _hub = None


def viewer_of(session: str) -> Viewer | None:
    """Look up a session; runs in a thread. None for strangers and closed accounts."""
    close_old_connections()
    engine = import_module(settings.SESSION_ENGINE)
    request = SimpleNamespace(session=engine.SessionStore(session))
    user = get_user(cast(Any, request))
    if not isinstance(user, Member) or not user.is_active:
        return None
    if not is_allowed("stream", role=user.role):
        return None
    team_ids = frozenset(user.memberships.values_list("team_id", flat=True))
    return Viewer(user.pk, team_ids, _led(user))


def _led(user: Member) -> frozenset[int]:
    """Give whose leads a manager or administrator looks after."""
    if user.role == Role.SALESPERSON:
        return frozenset()
    seats = Seat.objects.filter(team__in=teams(user), left_at=None)
    return frozenset(seats.values_list("member_id", flat=True))


def _viewers_of(sessions: Iterable[str]) -> dict[str, Viewer | None]:
    """Look up many sessions. While the database is away, all stay as they are."""
    try:
        return {session: viewer_of(session) for session in sessions}
    except Error:
        return {}


def _the_hub() -> Hub:
    global _hub  # noqa: PLW0603  one hub for each process
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = Hub()
    return _hub


async def _pour(page: Page, gone: asyncio.Future[None], send: Any) -> None:
    """Send events as they come, and a beat when none has come for a while."""
    while True:
        event = await _next(page, gone)
        if event is None:
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.body", "body": event, "more_body": True})


async def _next(page: Page, gone: asyncio.Future[None]) -> bytes | None:
    coming = asyncio.ensure_future(page.queue.get())
    both: set[asyncio.Future[Any]] = {coming, gone}
    done, _ = await asyncio.wait(both, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
    if coming in done:
        return coming.result()
    coming.cancel()
    return None if gone in done else BEAT_EVENT


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Any, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _concerns(viewer: Viewer, member_id: int | None, team_id: int | None) -> str:
    if member_id is not None:
        if member_id == viewer.member_id:
            return "own"
        return "team" if member_id in viewer.led else ""
    return "pool" if team_id in viewer.team_ids else ""


def _hint(lead: str, kind: str) -> bytes:
    return f"event: hint\ndata: {json.dumps({'lead': lead, 'kind': kind})}\n\n".encode()


def _session(scope: dict[str, Any]) -> str:
    cookies = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            with contextlib.suppress(CookieError):
                cookies.load(value.decode("latin-1"))
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else ""


def _parameters() -> dict[str, Any]:
    """What Django's own connection is made with, less what is for its cursors."""
    given = connections["default"].get_connection_params()
    return {k: v for k, v in given.items() if k not in {"context", "cursor_factory"}}
