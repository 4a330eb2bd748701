"""Counts what is turned away at the API's door, so that a flood of it writes little."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime

from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.capture.link import Link
from clew.errors import Unavailable

DOOR = "api"
SOON = 1.0
APART = 10.0  # seconds between two writes
KINDS_AT_ONCE = 500

WRITE = """
insert into base_refusal (at, door, code, details, actor_kind, actor_id)
select at, door, code, json_build_object('count', count), kind, actor
from json_to_recordset(%s::json) as new (
    at timestamptz, door text, code text, count bigint, kind text, actor text)
where not exists (  -- written before, and the answer was lost
    select from base_refusal b where b.at = new.at and b.door = new.door and b.code = new.code
    and b.actor_kind = new.kind and b.actor_id = new.actor)
"""


class Refusals:
    """One row per reason and sender at most every ten seconds, with the number of times."""

    def __init__(self, link: Link) -> None:
        """Write through `link`."""
        self._link = link
        self._counts: Counter[tuple[str, Actor]] = Counter()
        self._rows: list[dict[str, object]] = []  # on their way
        self._written = float("-inf")
        self._writing: asyncio.Task[None] | None = None

    def count(self, code: str, actor: Actor, number: int = 1) -> None:
        """Note one refusal, or some. Beyond 500 kinds at once the sender is left out."""
        key = (code, actor)
        if key not in self._counts and len(self._counts) >= KINDS_AT_ONCE:
            key = (code, Actor(actor.kind))
        self._counts[key] += number
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_later())

    async def flush(self) -> None:
        """Write what was counted, once. Keeps it as it is where the database does not answer."""
        if not self._rows:
            counts, self._counts = self._counts, Counter()
            self._rows = self._listed(counts)
        await self._link.fetch(WRITE, (dumps(self._rows),))
        self._rows = []

    def _listed(self, counts: Counter[tuple[str, Actor]]) -> list[dict[str, object]]:
        return [
            {
                "at": datetime.now(UTC),
                "door": DOOR,
                "code": code,
                "count": number,
                "kind": actor.kind,
                "actor": actor.id,
            }
            for (code, actor), number in counts.items()
        ]

    async def close(self) -> None:
        """Write at once what is left."""
        if self._writing:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing
        with contextlib.suppress(Unavailable):
            while self._counts or self._rows:
                await self.flush()

    async def _write_later(self) -> None:
        loop = asyncio.get_running_loop()
        while self._counts or self._rows:
            await asyncio.sleep(max(SOON, self._written + APART - loop.time()))
            self._written = loop.time()
            with contextlib.suppress(Unavailable):
                await self.flush()
