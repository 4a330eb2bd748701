"""The tokens, sources and custom fields that the API knows, remembered in the process for at most five seconds."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from clew.access.tokens import ACTIVE, CACHE_SECONDS, Grant
from clew.capture.custom import Definition, Definitions
from clew.capture.inbox import Origin
from clew.capture.link import Link
from clew.capture.rules import Fault, typed
from clew.capture.schemas import LeadIn
from clew.errors import Unavailable

SOURCES = "select key, id, cost_minor from capture_source where is_active"
FIELDS = """
select key, json_build_object('key', key, 'label', label, 'kind', kind, 'choices', choices,
  'unit', unit, 'currency', currency, 'is_retired', retired_at is not null)::text
from capture_customfield
"""
_definition = msgspec.json.Decoder(Definition).decode
AHEAD = CACHE_SECONDS / 2
PAUSE = 0.1  # between two loads for strangers, so that a flood of them costs little


class Known:
    """A picture of their tables. Strangers make it load anew, so that a new token works at once."""

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        """Load on first use; `clock` counts seconds."""
        self._link = link
        self._clock = clock
        self._at = float("-inf")
        self._failed_at = float("-inf")
        self._turn = asyncio.Lock()
        self._grants: dict[bytes, Grant] = {}
        self._origins: dict[str, Origin] = {}
        self._fields: Definitions = {}
        self._ahead: asyncio.Task[None] | None = None

    async def grant(self, digest: bytes) -> Grant | None:
        """What the token with this digest may do. Raises Unavailable."""
        await self._keep_fresh()
        found = self._grants.get(digest)
        if found is None:
            await self._load(since=self._clock())
            found = self._grants.get(digest)
        return found

    async def origins(self, keys: set[str]) -> dict[str, Origin]:
        """The active sources by key; some of `keys` may be missing. Raises Unavailable."""
        if not self._origins.keys() >= keys:
            await self._load(since=self._clock())
        return self._origins

    async def typed(self, leads: list[LeadIn]) -> tuple[list[LeadIn], list[Fault]]:
        """Turn custom fields into what is kept. A value that is not known makes it look anew. Raises Unavailable."""
        if not any(lead.custom for lead in leads):
            return leads, []
        done, faults = typed(leads, self._fields)
        if faults:
            await self._load(since=self._clock())
            done, faults = typed(leads, self._fields)
        return done, faults

    async def _keep_fresh(self) -> None:
        age = self._clock() - self._at
        if age > CACHE_SECONDS:
            await self._load(since=self._clock() - AHEAD)
        elif age > AHEAD and (self._ahead is None or self._ahead.done()):
            self._ahead = asyncio.create_task(self._load_ahead())

    async def _load_ahead(self) -> None:
        with contextlib.suppress(Unavailable):  # whoever needs it next meets the error
            await self._load(since=self._clock() - AHEAD)

    async def _load(self, *, since: float) -> None:
        asked_at = self._clock()
        async with self._turn:
            if self._at >= since:
                return
            if self._failed_at >= asked_at:  # else each of many would wait as long, one by one
                raise Unavailable
            await asyncio.sleep(max(0.0, min(PAUSE, self._at + PAUSE - self._clock())))
            at = self._clock()
            try:
                tokens, sources, fields = [
                    await self._link.fetch(query) for query in (ACTIVE, SOURCES, FIELDS)
                ]
            except Unavailable:
                self._failed_at = at
                raise
            self._grants = {
                digest: Grant(token, name, frozenset(scopes))
                for digest, token, name, scopes in tokens
            }
            self._origins = {key: Origin(pk, key, cost) for key, pk, cost in sources}
            self._fields = {key: _definition(text) for key, text in fields}
            self._at = at
