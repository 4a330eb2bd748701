"""Many senders at one door, on the bench's own event loop: at a pace, and with a journal of every answer."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from clew.web.bench import belt
from clew.web.bench.client import answer, post

ARRAY = 100
SINGLE = 0.2  # share of leads that come one by one
ANSWER_SECONDS, AGAIN_SECONDS, NAP_SECONDS = 60, 0.1, 1.0
LEAD = (
    '{"source":"%s","name":"张三%d","phone":"%s","company":"某某自动化有限公司","email":"%s","region":"苏州",'
    '"message":"询价 400W 伺服电机 %d 台 '
    + "带抱闸，配驱动器 " * 11
    + '","utm":{"campaign":"c%d"}}'
)


@dataclass
class Pace:
    """Turns at a steady rate, in leads a second; what nobody could take in time is not made up for."""

    per_s: float
    at: float = 0.0
    is_over: bool = False

    async def turn(self, count: int) -> bool:
        """Wait for the moment at which so many leads may leave. False when all is over."""
        own = self.at = max(self.at, time.perf_counter()) + count / self.per_s
        while not self.is_over and (rest := own - time.perf_counter()) > 0:
            await asyncio.sleep(min(rest, NAP_SECONDS))
        return not self.is_over


@dataclass
class Journal:
    """What the senders know of what they sent."""

    offered: int = 0
    accepted: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    given: list[bytes] = field(default_factory=list)  # the bodies that acknowledge
    dishonest: list[bytes] = field(
        default_factory=list
    )  # heads that are neither that nor a time to come
    unanswered: int = 0  # leads of which nobody knows

    def note(self, count: int, seconds: float, head: bytes, body: bytes) -> None:
        """Write an answer down."""
        status = int(head[9:12])
        self.statuses[status] += 1
        self.waits.append(seconds)
        if status == 202:
            self.accepted += count
            self.given.append(body)
        elif status not in {429, 503} or b"retry-after: " not in head.lower():
            self.dishonest.append(head)

    def ids(self) -> Iterator[str]:
        """Every id that was given out."""
        for body in self.given:
            told = json.loads(body)
            yield from (lead["id"] for lead in told.get("leads", [told]))

    def wait_ms(self, share: float) -> float:
        """How long so large a share of the requests waited at most, in milliseconds."""
        ordered = sorted(self.waits)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)


@dataclass
class Traffic:
    """Leads as the belt's bench makes them, 30 % from known contacts, in arrays and one by one."""

    url: str
    token: str
    contacts: int
    per_s: float
    single: float = SINGLE
    array_senders: int = 8
    single_senders: int = 16
    journal: Journal = field(default_factory=Journal)
    seed: int = 11
    number: int = 0

    def __post_init__(self) -> None:
        """Divide the pace. The same seed gives the same leads: the second time all of them are known."""
        self.chance = Random(self.seed)  # noqa: S311  the same leads in every run
        self.arrays, self.singles = Pace(1), Pace(1)
        self.go_at(self.per_s)

    def go_at(self, per_s: float) -> None:
        """Send so many leads a second from now on."""
        self.per_s = per_s
        self.arrays.per_s, self.singles.per_s = per_s * (1 - self.single), per_s * self.single

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[Journal]:
        """Let everybody send; in the end, answers that are under way are awaited."""
        groups = (self.arrays, ARRAY, self.array_senders), (self.singles, 1, self.single_senders)
        senders = [
            asyncio.create_task(self._send(pace, count))
            for pace, count, number in groups
            for _ in range(number)
        ]
        try:
            yield self.journal
        finally:
            self.arrays.is_over = self.singles.is_over = True
            await asyncio.gather(*senders)

    async def _send(self, pace: Pace, count: int) -> None:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 80
        while not pace.is_over:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                reader, writer = await asyncio.open_connection(host, port)
                with closing(writer):
                    while await pace.turn(count):
                        await self._ask(reader, writer, count, host)
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int, host: str
    ) -> None:
        leads = ",".join(self._lead() for _ in range(count))
        request = post(host, self.token, (f"[{leads}]" if count > 1 else leads).encode())
        began = time.perf_counter()
        self.journal.offered += count
        self.journal.unanswered += count
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(request)
            head, body = await answer(reader)
        self.journal.unanswered -= count
        self.journal.note(count, time.perf_counter() - began, head, body)

    def _lead(self) -> str:
        self.number += 1
        n, chance = self.number, self.chance
        is_known = chance.random() < belt.KNOWN
        phone = belt.phone(int(chance.random() * (self.contacts if is_known else 10**9)))
        email = "" if is_known else f"t{int(chance.random() * 10**9)}@example.com"
        source = "fair" if n % 10 == 0 else "site"
        return LEAD % (source, n, phone, email, n % 50, n % 50)
