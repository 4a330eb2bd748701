"""Everybody else's open pages and the sender, on one event loop: python -m clew.web.bench.crowd SECONDS.

Reads {url, token, sessions, rate} from standard input. Each session holds an event stream and fetches,
as `live.js` does, the whole list when the stream is ready and each row that it is told of, four at a
time. Prints when each lead was submitted, in milliseconds since 1970.
"""

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from clew.web.bench.client import LEAD

FEW = 4
SETTLE_SECONDS = 3


@dataclass
class Crowd:
    """What all share."""

    host: str
    port: int
    token: str
    number: int = 4 * 10**9
    fetches: int = 0
    leads: dict[str, float] = field(default_factory=dict)
    kept: set["asyncio.Task[None]"] = field(default_factory=set)

    async def ask(self, request: bytes) -> bytes:
        """Send one request on a connection of its own and read all of the answer."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer.partition(b"\r\n\r\n")[2]

    async def submit(self) -> None:
        """Send one lead and remember when."""
        self.number += 1
        body = LEAD % self.number
        head = (
            f"POST /api/v1/leads HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        at = time.time() * 1000
        answer = await self.ask(head.encode() + body)
        self.leads[json.loads(answer)["id"]] = at

    async def look(self, session: str) -> None:
        """Hold one page open: its stream, and what it fetches."""
        few = asyncio.Semaphore(FEW)
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self._get("/stream", session, "keep-alive"))
        event = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: ") and event == b"ready":
                self.keep(self._fetch("/my-day", session, few))
            elif line.startswith(b"data: ") and event == b"hint":
                hint = json.loads(line[6:])
                if hint["kind"] == "own":
                    self.keep(self._fetch(f"/my-day/rows/{hint['lead']}", session, few))

    def keep(self, work: Any) -> None:
        """Let something run beside, and hold on to it until it is done."""
        task = asyncio.ensure_future(work)
        self.kept.add(task)
        task.add_done_callback(self.kept.discard)

    async def _fetch(self, path: str, session: str, few: asyncio.Semaphore) -> None:
        async with few:
            await self.ask(self._get(path, session, "close"))
            self.fetches += 1

    def _get(self, path: str, session: str, connection: str) -> bytes:
        return (
            f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: {connection}\r\n"
            f"X-Fragment: 1\r\nCookie: clew_session={session}\r\n\r\n"
        ).encode()


async def main(seconds: float) -> None:
    """Open all pages, send at the rate that is asked for, and print what was sent."""
    asked = json.load(sys.stdin)
    parts = urlsplit(asked["url"])
    crowd = Crowd(parts.hostname or "", parts.port or 80, asked["token"])
    pages = [asyncio.ensure_future(crowd.look(session)) for session in asked["sessions"]]
    await asyncio.sleep(SETTLE_SECONDS)
    began = time.perf_counter()
    crowd.fetches = 0
    for number in range(int(seconds * asked["rate"])):
        await asyncio.sleep(max(0.0, began + number / asked["rate"] - time.perf_counter()))
        crowd.keep(crowd.submit())
    took = time.perf_counter() - began
    await asyncio.sleep(SETTLE_SECONDS)
    told = {"leads": crowd.leads, "seconds": took, "fetches": crowd.fetches}
    sys.stdout.write(json.dumps(told) + "\n")
    for page in pages:
        page.cancel()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
