"""Keeps what the API's route refuses, behind the answer, so that only refusals pay for it."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.capture.errors import KeyReused, LeadsRefused, NotStorable
from clew.capture.link import Link
from clew.capture.refusals import Refusals
from clew.capture.rejections import KEEP, NOT_KEPT, Doorway, RejectedRow, parts_of, row_of
from clew.capture.rules import Fault
from clew.errors import ClewError, Unavailable

SOON = 0.2
APART = 1.0  # seconds between two writes
MOST_PENDING = 2_000
PENDING_BYTES = 16_000_000
FULL_SECONDS = 60.0  # how long a sender that has used its share up is not asked again


class Keeper:
    """Gathers refused leads for a moment and writes them together; what does not fit is counted."""

    def __init__(self, link: Link, refusals: Refusals) -> None:
        """Write through `link`; tell `refusals` what was not kept."""
        self._link = link
        self._refusals = refusals
        self._pending: dict[bytes, RejectedRow] = {}
        self._bytes = 0
        self._rows: list[RejectedRow] = []  # on their way
        self._full: dict[int, float] = {}
        self._written = float("-inf")
        self._writing: asyncio.Task[None] | None = None

    def keep(self, error: ClewError, body: bytes, door: Doorway) -> None:
        """Keep the leads in a body that `error` is about. Other errors tell of no lead."""
        if isinstance(error, LeadsRefused):
            by_index: dict[int, list[Fault]] = {}
            for fault in error.faults:
                by_index.setdefault(fault.index, []).append(fault)
        elif isinstance(error, KeyReused | NotStorable):
            by_index = {}
        else:
            return
        parts = list(enumerate(parts_of(body))) if not self._is_full(door) else []
        chosen = [(part, by_index.get(n, [])) for n, part in parts if not by_index or n in by_index]
        rows = (row_of(part, _code(error, own), own, door) for part, own in chosen)
        kept = sum(self._take(row) for row in rows if row)
        self._count_lost((len(by_index) or len(chosen) or 1) - kept, door.token)
        if self._pending and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write_later())

    async def flush(self) -> None:
        """Write what was gathered, once. Keeps it as it is where the database does not answer."""
        if not self._rows:
            pending, self._pending, self._bytes = self._pending, {}, 0
            self._rows = list(pending.values())
            for n, row in enumerate(self._rows):
                row.nth = n
        kept = await self._link.fetch(KEEP, (dumps(self._rows),))
        rows, self._rows = self._rows, []
        self._tell_lost(rows, {n for (n,) in kept})

    async def close(self) -> None:
        """Write at once what is left."""
        if self._writing:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing
        with contextlib.suppress(Unavailable):
            while self._pending or self._rows:
                await self.flush()

    def _take(self, row: RejectedRow) -> bool:
        same = self._pending.get(row.digest)
        size = self._bytes + row.size - (same.size if same else 0)
        if size > PENDING_BYTES or (same is None and len(self._pending) >= MOST_PENDING):
            return False
        if same:
            row.count += same.count
        self._pending[row.digest], self._bytes = row, size
        return True

    def _tell_lost(self, rows: Sequence[RejectedRow], kept: Iterable[int]) -> None:
        written = set(kept)
        until = asyncio.get_running_loop().time() + FULL_SECONDS
        for row in rows:
            if row.nth not in written and row.token is not None:
                self._full[row.token] = until
                self._count_lost(row.count, row.token)

    def _count_lost(self, number: int, token: int | None) -> None:
        if number > 0:
            self._refusals.count(NOT_KEPT, Actor("token", str(token)), number)

    def _is_full(self, door: Doorway) -> bool:
        until = self._full.get(door.token or 0, 0.0)
        return until > asyncio.get_running_loop().time()

    async def _write_later(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending or self._rows:
            await asyncio.sleep(max(SOON, self._written + APART - loop.time()))
            self._written = loop.time()
            with contextlib.suppress(Unavailable):
                await self.flush()


def _code(error: ClewError, faults: Sequence[Fault]) -> str:
    return faults[0].code if faults else error.code
