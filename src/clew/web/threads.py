"""Django, a WSGI application, under ASGI: a pool of threads and no more than that.

`asgiref.wsgi.WsgiToAsgi` runs all requests in one thread; this runs them in several. Bodies are read
whole (at most `settings.BODY_LIMIT`, for at most a minute) before a thread is taken, so a slow sender
holds none. A body that broke off counts as slow: half a form is not what somebody meant.
"""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from clew.web.middleware import FLAG_TOO_LARGE, FLAG_TOO_SLOW

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
BODILESS = {204, 304}
BODY_SECONDS = 60


@dataclass(slots=True)
class Answer:
    """What a WSGI application gave."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    more: Iterable[bytes] | None = None  # what is too large to be held: it is sent as it is made


class Threads:
    """An ASGI application around a WSGI one."""

    def __init__(self, app: Wsgi, *, threads: int) -> None:
        """Run `app` in at most `threads` threads."""
        self.app = app
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        env = environ(scope, await _read(scope, receive))
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.pool, self._call, env)
        is_bodiless = scope["method"] == "HEAD" or answer.status in BODILESS
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": _with_length(answer),
            }
        )
        if answer.more is not None:
            await self._send_on(answer.more, receive, send, is_wanted=not is_bodiless)
        await send({"type": "http.response.body", "body": b"" if is_bodiless else answer.body})

    async def _send_on(self, parts: Any, receive: Any, send: Any, *, is_wanted: bool) -> None:
        """Send part by part. A thread is held while a part is made, not while a slow reader takes it."""
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_gone(receive))
        left = iter(parts)
        try:
            while is_wanted and not gone.done():
                part = await loop.run_in_executor(self.pool, next, left, None)
                if part is None:
                    break
                await send({"type": "http.response.body", "body": part, "more_body": True})
        finally:
            gone.cancel()
            await loop.run_in_executor(self.pool, parts.close)

    def close(self) -> None:
        """Let running requests end."""
        self.pool.shutdown(wait=True)

    def _call(self, env: dict[str, Any]) -> Answer:
        answer = Answer()

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            answer.status = int(status[:3])
            answer.headers = [(k.lower().encode(), v.strip().encode("latin-1")) for k, v in headers]

        chunks = self.app(env, start)
        if getattr(chunks, "streaming", False):
            answer.more = chunks
            return answer
        try:
            answer.body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return answer


def environ(scope: dict[str, Any], body: bytes | str) -> dict[str, Any]:
    """The WSGI environment of a request; instead of a body the flag that says why there is none."""
    base = urlsplit(settings.BASE_URL)
    content = body if isinstance(body, bytes) else b""
    env: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "replace").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": base.hostname or "localhost",
        "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": base.scheme,
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    _add_headers(env, scope["headers"])
    env["CONTENT_LENGTH"] = str(len(content))
    if isinstance(body, str):
        env[body] = True
    return env


def _add_headers(env: dict[str, Any], headers: Iterable[tuple[bytes, bytes]]) -> None:
    for raw, value in headers:
        if b"_" in raw:  # would be taken for the same header with a hyphen
            continue
        name = raw.decode("latin-1").upper().replace("-", "_")
        key = name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
        text = value.decode("latin-1")
        separator = "; " if name == "COOKIE" else ","
        env[key] = f"{env[key]}{separator}{text}" if key in env else text


async def _read(scope: dict[str, Any], receive: Any) -> bytes | str:
    """The whole body, or the flag of what is wrong with it."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > settings.BODY_LIMIT:
        return FLAG_TOO_LARGE
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_parts(receive)
    except TimeoutError:
        return FLAG_TOO_SLOW


async def _read_parts(receive: Any) -> bytes | str:
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return FLAG_TOO_SLOW
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > settings.BODY_LIMIT:
            return FLAG_TOO_LARGE
        is_more = message.get("more_body", False)
    return b"".join(parts)


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _with_length(answer: Answer) -> list[tuple[bytes, bytes]]:
    if (
        answer.status in BODILESS
        or answer.more is not None
        or any(name == b"content-length" for name, _ in answer.headers)
    ):
        return answer.headers
    return [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
