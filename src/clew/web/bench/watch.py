"""A running system seen from outside: its books, its queue, its processor time, its memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from clew.capture.link import conninfo
from clew.web.bench import servers
from clew.web.bench.start import weight

DRAIN_SECONDS = 600
WAITS = "select count(*) from capture_waiting"
BOOKS = """
select (select count(*) from capture_submission), (select count(*) from capture_waiting),
  (select count(*) from contacts_lead) + (select count(*) from contacts_repeat),
  (select count(*) from capture_failure)
"""
BACKENDS = "select pid from pg_stat_activity where datname = current_database()"


@dataclass(frozen=True, slots=True)
class Books:
    """How many submissions there are, and where they stand."""

    stored: int
    waiting: int
    belted: int
    failed: int

    @property
    def left(self) -> int:
        """How many have left the belt."""
        return self.belted + self.failed

    @property
    def is_whole(self) -> bool:
        """Whether every submission is somewhere."""
        return self.stored == self.waiting + self.left


class Watch:
    """Looks at the system from outside: its books, its queue, its processor time, its memory."""

    def __init__(self, straight: "psycopg.AsyncConnection[Any]", processes: Sequence[int]) -> None:
        """Look by this connection."""
        self._straight = straight
        self._processes = processes
        own = Path(f"/proc/{straight.info.backend_pid}/stat")
        self._postmaster = (
            int(own.read_text().rpartition(")")[2].split()[1]) if own.exists() else None
        )

    async def books(self) -> Books:
        """Count everything."""
        return Books(*(await self._rows(BOOKS))[0])

    async def waiting(self) -> int:
        """Count what waits."""
        ((count,),) = await self._rows(WAITS)
        return int(count)

    async def cpu_seconds(self) -> float:
        """Add up web process, workers and their server processes."""
        backends = [pid for (pid,) in await self._rows(BACKENDS)]
        return servers.cpu_seconds([*self._processes, *backends])

    async def memory_mb(self) -> float | None:
        """Weigh all of it; None where PostgreSQL is on another machine."""
        if self._postmaster is None:
            return None
        return await asyncio.to_thread(weight, self._processes, self._postmaster)

    async def until_drained(self) -> float:
        """Wait until nothing waits. Returns the seconds it took. Raises RuntimeError after ten minutes."""
        began = time.perf_counter()
        while await self.waiting():
            if time.perf_counter() - began > DRAIN_SECONDS:
                raise RuntimeError("the belt did not catch up")
            await asyncio.sleep(0.1)
        return time.perf_counter() - began

    async def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return await (await self._straight.execute(query.encode())).fetchall()


@asynccontextmanager
async def watching(processes: Sequence[int]) -> AsyncIterator[Watch]:
    """Look at these processes and the database."""
    async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as straight:
        yield Watch(straight, processes)
