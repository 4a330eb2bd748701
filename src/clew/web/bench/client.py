"""A cheap load client for machines without wrk: python -m clew.web.bench.client URL TOKEN SECONDS CONNECTIONS ARRAY.

Raw sockets on one event loop, in a process of its own. Prints one JSON object.
"""

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LEAD = (
    b'{"source":"site","name":"\xe5\xbc\xa0\xe4\xb8\x89","phone":"1%010d","company":"'
    + "某某自动化有限公司".encode()
    + b'","region":"'
    + "苏州".encode()
    + b'","message":"'
    + ("询价 400W 伺服电机 20 台 " * 10).encode()
    + b'","utm":{"campaign":"c1"}}'
)


@dataclass
class Target:
    """Where to send, as whom, how many leads at a time."""

    host: str
    port: int
    token: str
    array: int
    until: float
    number: int = 3 * 10**9
    failed: int = 0
    seconds: list[float] = field(default_factory=list)

    def request(self) -> bytes:
        """Make the next request; no two carry the same lead or key."""
        self.number += max(1, self.array)
        if self.array:
            leads = b",".join(LEAD % (self.number + i) for i in range(self.array))
            return post(self.host, self.token, b"[" + leads + b"]")
        return post(self.host, self.token, LEAD % self.number)


def post(host: str, token: str, body: bytes) -> bytes:
    """Make a request with a key of its own."""
    return (
        f"POST /api/v1/leads HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4().hex}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read an answer: its head, its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head, await reader.readexactly(int(length))


async def _send(target: Target) -> None:
    reader, writer = await asyncio.open_connection(target.host, target.port)
    while (began := time.perf_counter()) < target.until:
        writer.write(target.request())
        head, _ = await answer(reader)
        target.seconds.append(time.perf_counter() - began)
        target.failed += not head.startswith(b"HTTP/1.1 202")
    writer.close()


async def main(url: str, token: str, seconds: float, connections: int, array: int) -> None:
    """Send until the time is over, and say how it went."""
    parts = urlsplit(url)
    until = time.perf_counter() + seconds
    target = Target(parts.hostname or "", parts.port or 80, token, array, until)
    began = time.perf_counter()
    await asyncio.gather(*(_send(target) for _ in range(connections)))
    took = time.perf_counter() - began
    ordered = sorted(target.seconds)
    told = {
        "requests": len(ordered),
        "seconds": took,
        "failed": target.failed,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    _, url, token, seconds, connections, array = sys.argv
    asyncio.run(main(url, token, float(seconds), int(connections), int(array)))
