"""`POST /api/v1/leads` on bare ASGI: takes one lead or up to 1,000, answers 202 after the commit.

An array is accepted as a whole or not at all. With an `Idempotency-Key` the same body gets the same
bytes again; a lead whose `external_id` its source already has gets the stored id as a `duplicate`.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from clew.access.tokens import Grant
from clew.base.ledger import Actor
from clew.capture import errors
from clew.capture.decoding import decode
from clew.capture.inbox import Arrival, ConsentRow, Origin, ReceiptRow, SubmissionRow, rows_of
from clew.capture.intake import Answer, Intake, Request
from clew.capture.keeper import Keeper
from clew.capture.known import Known
from clew.capture.link import Link, conninfo
from clew.capture.problems import language_of, problem
from clew.capture.refusals import Refusals
from clew.capture.rejections import Doorway
from clew.capture.rules import Fault
from clew.capture.schemas import LeadIn
from clew.errors import ClewError, Unavailable

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

SCOPE = "leads:write"
LARGEST_BODY = 10_000_000
UNANNOUNCED_BODY = 1_000_000  # taken for as large as a thousand leads
BODY_SECONDS = 30
SKEW = timedelta(hours=24)  # how far ahead a sender's clock may be
LONGEST_KEY = 200
WRITERS = 2
LONGEST_AGENT = 300
STRANGER = Actor("visitor")
SECURITY = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
ACCEPTED = [(b"content-type", b"application/json"), *SECURITY]
PROBLEM = [(b"content-type", b"application/problem+json"), (b"vary", b"accept-language"), *SECURITY]
MORE: dict[int, list[tuple[bytes, bytes]]] = {
    401: [(b"www-authenticate", b"Bearer")],
    405: [(b"allow", b"GET, POST")],
    503: [(b"retry-after", b"1")],
}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it was sent."""

    body: bytes
    key: str | None
    grant: Grant
    evidence: dict[str, str]

    def doorway(self, now: datetime) -> Doorway:
        """Where it was turned away, if it was."""
        return Doorway(self.evidence, now, token=self.grant.token_id)


class Door:
    """What the route holds on to within one event loop."""

    def __init__(self) -> None:
        """Open no connection yet."""
        self.loop = asyncio.get_running_loop()
        self._reader = Link(conninfo())
        self._writers = [Link(conninfo()) for _ in range(WRITERS)]
        self.intake = Intake(self._writers, self._reader)
        self.known = Known(self._reader)
        self.refusals = Refusals(self._reader)
        self.keeper = Keeper(self._reader, self.refusals)

    async def close(self) -> None:
        """Store what waits, write what was refused, close the connections."""
        await self.intake.close()
        await self.keeper.close()
        await self.refusals.close()
        for link in (*self._writers, self._reader):
            await link.close()

    async def admit(self, headers: Headers) -> Grant:
        """Who is at the door. Raises TokenNeeded, ScopeMissing, Unavailable."""
        scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not secret:
            raise errors.TokenNeeded
        grant = await self.known.grant(hashlib.sha256(secret.strip()).digest())
        if grant is None:
            raise errors.TokenNeeded
        return grant

    async def accept(self, sent: Sent, now: datetime) -> bytes:
        """Store the leads in a body and say what became of each. Raises ClewError."""
        leads, is_array = decode(sent.body, latest=now + SKEW)
        digest = hashlib.sha256(sent.body).digest() if sent.key else b""
        origins = await self.known.origins({lead.source for lead in leads})
        leads, faults = await self.known.typed(leads)
        faults += _unknown_sources(leads, origins)
        answers: list[Answer] | None
        if not faults:
            answers = await self.intake.store(_request(sent, leads, origins, digest, now))
        elif sent.key is None:
            raise errors.LeadsRefused(faults)
        else:  # the source may have been active the first time
            answers = await self.intake.recall(sent.grant.token_id, sent.key, digest, leads)
            if answers is None:
                raise errors.LeadsRefused(faults)
        return _encode({"leads": answers} if is_array else answers[0])


_door: Door | None = None


async def leads(scope: Message, receive: Receive, send: Send) -> None:
    """The route."""
    headers: Headers = dict(scope["headers"])
    actor = STRANGER
    sent: Sent | None = None
    door = _open_door()
    try:
        if scope["method"] != "POST":
            raise errors.MethodNotAllowed
        grant = await door.admit(headers)
        actor = Actor("token", str(grant.token_id))
        if SCOPE not in grant.scopes:
            raise errors.ScopeMissing
        key = _check(headers)
        announced = _announced(headers)
        size = UNANNOUNCED_BODY if announced is None else announced
        if not door.intake.has_room(size):
            await _skip(receive)
            raise errors.Busy
        with door.intake.holding(size):
            body = await _read(announced, receive)
            sent = Sent(body, key, grant, _evidence(scope, headers))
            answer = await door.accept(sent, datetime.now(UTC))
    except ClewError as error:
        if not isinstance(error, Unavailable):
            door.refusals.count(error.code, actor)
        if sent:
            door.keeper.keep(error, sent.body, sent.doorway(datetime.now(UTC)))
        await _refuse(error, headers, send)
    else:
        await _reply(202, answer, ACCEPTED, send)


async def close() -> None:
    """Finish what was begun in this event loop; the server calls it at the end of its life."""
    global _door
    if _door is not None and _door.loop is asyncio.get_running_loop():
        door, _door = _door, None
        await door.close()


def _open_door() -> Door:
    global _door  # noqa: PLW0603  one door for each process
    if _door is None or _door.loop is not asyncio.get_running_loop():
        _door = Door()
    return _door


def _check(headers: Headers) -> str | None:
    """Look at the headers that describe the body. Returns the Idempotency-Key."""
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise errors.ContentTypeWrong
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise errors.ContentEncodingWrong
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    text = key.decode("latin-1")
    if not 1 <= len(text) <= LONGEST_KEY or not (text.isascii() and text.isprintable()):
        raise errors.KeyMalformed
    return text


def _announced(headers: Headers) -> int | None:
    """How long the body will be, if the sender tells. Raises BodyTooLarge."""
    length = headers.get(b"content-length", b"")
    if not length.isdigit():
        return None
    if int(length) > LARGEST_BODY:
        raise errors.BodyTooLarge
    return int(length)


async def _skip(receive: Receive) -> None:
    """Read a body and keep none of it: who is still sending would not see the answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):
            while (await receive()).get("more_body"):
                pass


async def _read(announced: int | None, receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if len(body) != announced and message.get("more_body"):
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_on(body, receive)
        except TimeoutError as slow:
            raise errors.BodyTooSlow from slow
    if len(body) > LARGEST_BODY:
        raise errors.BodyTooLarge
    return body


async def _read_on(first: bytes, receive: Receive) -> bytes:
    parts, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise errors.BodyTooSlow
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise errors.BodyTooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


def _evidence(scope: Message, headers: Headers) -> dict[str, str]:
    client = scope.get("client")
    agent = headers.get(b"user-agent", b"")[:LONGEST_AGENT].decode("latin-1")
    return {"ip": client[0] if client else "", "user_agent": agent}


def _unknown_sources(leads: Iterable[LeadIn], origins: dict[str, Origin]) -> Iterable[Fault]:
    for n, lead in enumerate(leads):
        if lead.source not in origins:
            yield Fault(n, "source", "unknown_source")


def _request(
    sent: Sent, leads: list[LeadIn], origins: dict[str, Origin], digest: bytes, now: datetime
) -> Request:
    arrival = Arrival("api", Actor("token", str(sent.grant.token_id)), sent.evidence, now)
    submissions: list[SubmissionRow] = []
    consents: list[ConsentRow] = []
    for lead in leads:
        submission, given = rows_of(lead, origins[lead.source], arrival)
        submissions.append(submission)
        consents += given
    receipt = None
    if sent.key is not None:
        ids = [row.id for row in submissions]
        receipt = ReceiptRow(sent.grant.token_id, sent.key, digest, ids, now)
        for row in submissions:
            row.request = ids[0]
    return Request(leads, submissions, consents, receipt, len(sent.body))


async def _refuse(error: ClewError, headers: Headers, send: Send) -> None:
    accepted = headers.get(b"accept-language", b"").decode("latin-1")
    more = MORE.get(error.status, [])
    await _reply(error.status, problem(error, language_of(accepted)), [*PROBLEM, *more], send)


async def _reply(status: int, body: bytes, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
