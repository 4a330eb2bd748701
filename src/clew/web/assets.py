"""Static files: read once, kept in memory, served by the event loop, cached for a year.

All of them live below one folder named after the digest of the whole tree, so style sheets and
modules find each other by relative paths and nothing has to be rewritten or collected.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage

TEXT = ("text/", "application/javascript", "application/json", "image/svg")
FOREVER = b"public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    type: str
    body: bytes
    zipped: bytes | None


class Storage(StaticFilesStorage):
    """Gives `{% static %}` its addresses."""

    def url(self, name: str | None) -> str:
        """Address of a file under the digest of the tree."""
        return f"{settings.STATIC_URL}{digest()}/{name}"


@cache
def files() -> dict[str, bytes]:
    """Every static file by its name."""
    found: dict[str, bytes] = {}
    for finder in get_finders():
        for name, storage in finder.list([]):
            with storage.open(name) as file:
                found.setdefault(name, file.read())
    return found


@cache
def digest() -> str:
    """Digest of all names and contents."""
    whole = hashlib.sha256()
    for name, body in sorted(files().items()):
        whole.update(name.encode() + b"\0" + body + b"\0")
    return whole.hexdigest()[:12]


@cache
def asset(name: str) -> Asset | None:
    """Find a file, zipped where that pays."""
    body = files().get(name)
    if body is None:
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = kind.startswith(TEXT)
    zipped = gzip.compress(body, 9, mtime=0) if is_text and len(body) > 500 else None
    return Asset(f"{kind}; charset=utf-8" if is_text else kind, body, zipped)


async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Bare ASGI application for everything below STATIC_URL."""
    version, _, name = scope["path"].removeprefix(settings.STATIC_URL).partition("/")
    found = asset(name) if name in files() else None
    if found is None or scope["method"] not in {"GET", "HEAD"}:
        await _answer(send, 404 if found is None else 405, [], b"")
        return
    accepts = dict(scope["headers"]).get(b"accept-encoding", b"")
    zipped = found.zipped if b"gzip" in accepts else None
    headers = [
        (b"content-type", found.type.encode()),
        (b"cache-control", FOREVER if version == digest() else b"no-cache"),
        (b"vary", b"accept-encoding"),
    ]
    if zipped:
        headers.append((b"content-encoding", b"gzip"))
    body = zipped or found.body
    await _answer(send, 200, headers, body, is_head=scope["method"] == "HEAD")


async def _answer(
    send: Any,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    is_head: bool = False,
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
