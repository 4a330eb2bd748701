"""A way to PostgreSQL that fails when told to. It reads the protocol, so it knows when a COMMIT was answered."""

import asyncio
import ctypes
import random
import socket
import struct
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

LOCAL = "127.0.0.1"
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
NOTHING = (ctypes.c_ubyte * 8)(
    6, 0, 0, 0, 0, 0, 0, 0
)  # the whole of a packet filter: let 0 bytes in
IDLE = b"Z\x00\x00\x00\x05I"  # the server waits for the next statement, and no transaction is open
STATEMENTS = {b"Q", b"P"}

Which = Callable[[bytes], bool]


def commits(statement: bytes) -> bool:
    """Tell whether a statement is a COMMIT."""
    return statement.startswith(b"COMMIT")


@dataclass(eq=False)
class Line:
    """One connection through the proxy: the client's side and the server's."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_losing: bool = False
    left: int | None = None  # bytes that the client still gets

    def cut(self, *, is_reset: bool) -> None:
        """End both sides, politely or not."""
        for side in (self.client, self.server):
            if is_reset:
                _socket(side).setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                side.transport.abort()
            else:
                side.close()


@dataclass
class Proxy:
    """Listens on a port of this machine and passes on to the database of `dsn`. Use it with `with`."""

    dsn: str
    seed: int = 1
    latency: float = 0.0  # seconds before each statement goes on
    jitter: float = 0.0
    share: float = 1.0  # of the statements chosen by `lose`
    lost: int = 0
    lines: set[Line] = field(default_factory=set)
    accepted: int = 0

    def __enter__(self) -> Self:
        """Start listening."""
        self._chance = random.Random(self.seed)
        self._which: Which | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._listening: asyncio.Server = self._run(asyncio.start_server(self._serve, LOCAL, 0))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut what is open and stop."""
        self.reset()
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """The database by this way."""
        port = self._listening.sockets[0].getsockname()[1]
        way = {"host": LOCAL, "port": port, "sslmode": "disable", "gssencmode": "disable"}
        return make_conninfo(self.dsn, **way)

    def lose(self, which: Which | None, share: float = 1.0) -> None:
        """Pass these statements on, and cut the connection when the server has done and committed them."""
        self._which, self.share = which, share

    def reset(self) -> None:
        """Cut every connection by RST."""
        self._run(self._each(lambda line: line.cut(is_reset=True)))

    def half_close(self) -> None:
        """Say good-bye to the clients, and go on listening to them."""
        self._run(self._each(lambda line: line.client.write_eof()))

    def truncate(self, after: int) -> None:
        """Give each connection that is open so many bytes more of what the server says, then cut it."""

        def limit(line: Line) -> None:
            line.left = after

        self._run(self._each(limit))

    def swallow(self, *, is_on: bool = True) -> None:
        """Let whatever clients send vanish in the kernel: nothing is acknowledged, nobody can connect."""
        self._run(self._each(lambda line: _filter(_socket(line.client), is_on=is_on)))
        for listening in self._listening.sockets:
            _filter(listening, is_on=is_on)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result()

    async def _each(self, act: Callable[[Line], None]) -> None:
        for line in list(self.lines):
            act(line)

    async def _close(self) -> None:
        self._listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        answers, server = await self._connect()
        line = Line(writer, server)
        self.lines.add(line)
        ways = [
            asyncio.ensure_future(way)
            for way in (self._forth(reader, line), self._back(answers, line))
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.lines.discard(line)
            line.cut(is_reset=False)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        to = conninfo_to_dict(self.dsn)
        host, port = str(to.get("host") or LOCAL), int(to.get("port") or 5432)
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _forth(self, reader: asyncio.StreamReader, line: Line) -> None:
        """From the client to the server. Only the first message has no type before its length."""
        size = await reader.readexactly(4)
        line.server.write(size + await reader.readexactly(int.from_bytes(size, "big") - 4))
        while True:
            kind, message = await _message(reader)
            if kind in STATEMENTS:
                await asyncio.sleep(self.latency + self._chance.random() * self.jitter)
                text = message[5:] if kind == b"Q" else message[5:].partition(b"\0")[2]
                line.is_losing = self._is_lost(text)
            line.server.write(message)
            await line.server.drain()

    async def _back(self, reader: asyncio.StreamReader, line: Line) -> None:
        """From the server to the client, as far as it may come."""
        while True:
            _kind, message = await _message(reader)
            if line.is_losing:
                if message == IDLE:
                    self.lost += 1
                    line.cut(is_reset=True)
                    return
                continue
            if line.left is not None:
                message = message[: line.left]
                line.left -= len(message)
            line.client.write(message)
            await line.client.drain()
            if line.left == 0:
                return

    def _is_lost(self, statement: bytes) -> bool:
        wanted = self._which is not None and self._which(statement)
        return wanted and self._chance.random() < self.share


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)


def _socket(writer: asyncio.StreamWriter) -> socket.socket:
    found: socket.socket = writer.get_extra_info("socket")
    return found


def _filter(taps: socket.socket, *, is_on: bool) -> None:
    """Put a filter of the kernel before a socket, or take it away. Linux alone has it."""
    if sys.platform != "linux":
        raise NotImplementedError
    program = struct.pack("HL", 1, ctypes.addressof(NOTHING))
    taps.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER if is_on else SO_DETACH_FILTER, program)
