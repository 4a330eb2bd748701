"""One port: a router before everything.

Intake, the live stream, static files and the health checks are bare ASGI applications; all else is
Django as WSGI in a pool of threads, which is ten times faster than Django's own ASGI handler. Every
response leaves with the strict headers, and a bare route that is missing in `web/permissions.py` is
refused like any other.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
django.setup()

from django.conf import settings  # noqa: E402  the applications below need Django ready
from django.template.loader import get_template  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from clew.capture import asgi as intake  # noqa: E402
from clew.capture.problems import problem  # noqa: E402
from clew.web import assets, headers, health, metrics, stream  # noqa: E402
from clew.web.errors import Broken  # noqa: E402
from clew.web.permissions import TABLE  # noqa: E402
from clew.web.threads import Threads  # noqa: E402
from clew.web.wsgi import application as wsgi  # noqa: E402

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

BARE: dict[str, tuple[str, App]] = {
    "/healthz": ("healthz", health.alive),
    "/readyz": ("readyz", health.ready),
    "/metrics": ("metrics", metrics.metrics),
    "/api/v1/leads": ("api:receive", intake.leads),
    "/stream": ("stream", stream.stream),
}
READ_ELSEWHERE = {"/api/v1/leads"}  # Django lists what the bare route takes in
pages = Threads(wsgi, threads=8)
started = asyncio.Event()  # the server is about to take connections
leaving = asyncio.Event()  # another process has taken over: whoever comes is asked to connect anew


def find(path: str, method: str) -> tuple[str, App]:
    """The name and application for a path; pages have no name here, Django looks it up."""
    if path in BARE and not (method == "GET" and path in READ_ELSEWHERE):
        return BARE[path]
    if path.startswith(settings.STATIC_URL):
        return "static", assets.serve
    return "", pages


async def application(scope: Scope, receive: Any, send: Any) -> None:
    """The ASGI application that granian runs."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] != "http":
        return
    scope["client"] = (_client(scope), 0)
    name, app = find(scope["path"], scope["method"])
    if name and name not in TABLE:
        name, app = "", pages
    answering = Answering(send)
    began = time.perf_counter()
    try:
        await app(scope, receive, answering)
    finally:  # whatever broke: an answer with the strict headers, not the server's own
        if not answering.has_begun and isinstance(sys.exception(), Exception):
            await answering.apologise()
        metrics.requests.note(name, answering.status, time.perf_counter() - began)


async def _live(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            asyncio.get_running_loop().run_in_executor(pages.pool, _warm)
            await send({"type": "lifespan.startup.complete"})
            started.set()
        elif message["type"] == "lifespan.shutdown":
            await stream.close()
            await intake.close()
            pages.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _warm() -> None:
    """Read what the first page needs while nobody waits for it."""
    assets.digest()
    get_template("base.html")
    len(get_resolver().url_patterns)


class Answering:
    """Sends an answer with the strict headers, and knows whether one was begun."""

    def __init__(self, send: Any) -> None:
        """Nothing is sent yet."""
        self._send = send
        self.has_begun = False
        self.status = 0

    async def __call__(self, message: dict[str, Any]) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.status = message["status"]
            last = CLOSE if leaving.is_set() else ()
            given = message["headers"]
            message["headers"] = [*given, *_missing(tuple(name for name, _ in given)), *last]
        await self._send(message)

    async def apologise(self) -> None:
        """Say that it broke; the exception itself goes to the log."""
        body = problem(Broken(), settings.LANGUAGE_CODE)
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await self({"type": "http.response.start", "status": Broken.status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


CLOSE = ((b"connection", b"close"),)
STRICT = [(k.lower().encode(), v.encode()) for k, v in headers.strict().items()]


@lru_cache(maxsize=100)
def _missing(names: tuple[bytes, ...]) -> list[tuple[bytes, bytes]]:
    """Give the strict headers that an answer with these has not."""
    given = {name.lower() for name in names}
    return [pair for pair in STRICT if pair[0] not in given]


def _client(scope: Scope) -> str:
    """The caller's address: behind n trusted proxies, the n-th from the right that they noted."""
    direct = scope["client"][0] if scope.get("client") else ""
    if not settings.PROXY_COUNT:
        return str(direct)
    noted = [v for k, v in scope["headers"] if k == b"x-forwarded-for"]
    hops = [hop.strip() for hop in b",".join(noted).decode("latin-1").split(",") if hop.strip()]
    return hops[-settings.PROXY_COUNT] if len(hops) >= settings.PROXY_COUNT else str(direct)
