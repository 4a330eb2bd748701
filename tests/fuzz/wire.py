"""HTTP as bytes on a socket, so that what no library would send can be sent."""

import shlex
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import quote_from_bytes

LOCAL = "127.0.0.1"
PATIENCE = 15.0
SHOWN = 4_000
Fields = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Request:
    """One request. `raw` is sent as it stands instead of what the rest would make."""

    method: str
    path: str
    headers: Fields = ()
    body: bytes = b""
    raw: bytes = b""
    hangs_up: bool = False

    @property
    def wire(self) -> bytes:
        """The bytes that are sent."""
        if self.raw:
            return self.raw
        lines = [f"{self.method} {self.path} HTTP/1.1".encode()]
        names = {name.lower() for name, _ in self.headers}
        given = list(self.headers)
        if b"host" not in names:
            given.insert(0, (b"Host", LOCAL.encode()))
        if b"content-length" not in names and (self.body or self.method == "POST"):
            given.append((b"Content-Length", str(len(self.body)).encode()))
        lines += [name + b": " + value for name, value in given]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    def curl(self, port: int) -> str:
        """A command that sends the same, as far as a command line can."""
        if self.raw:
            return f"printf %b {shlex.quote(_escaped(self.raw[:SHOWN]))} | nc {LOCAL} {port}"
        words = ["curl", "-i", "--path-as-is", "-X", self.method]
        for name, value in self.headers:
            words += ["-H", (name + b": " + value).decode("latin-1")]
        if self.body:
            words += ["--data-binary", f"$'{_escaped(self.body[:SHOWN])}'"]
        words.append(f"http://{LOCAL}:{port}{self.path[:SHOWN]}")
        return " ".join(w if w.startswith("$'") else shlex.quote(w) for w in words)


@dataclass
class Answer:
    """What came back, and after how long."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    @property
    def type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


class Wire:
    """A connection that is kept open as long as the server likes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> Answer:
        """Send and wait for the answer; status 0 where the server hung up without one."""
        began = time.monotonic()
        try:
            answer = self._ask(request)
        except TimeoutError:
            self.close()
            answer = Answer(-1)
        except (OSError, ValueError):
            self.close()
            answer = Answer(0)
        if request.raw or answer.headers.get("connection") == "close":
            self.close()
        answer.seconds = time.monotonic() - began
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _ask(self, request: Request) -> Answer:
        if request.raw:
            self.close()
        is_kept = self._socket is not None
        try:
            return self._attempt(request)
        except (ConnectionError, ValueError):
            self.close()
            if not is_kept:
                raise
            return self._attempt(request)  # the server may close what stood idle

    def _attempt(self, request: Request) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection((LOCAL, self.port), timeout=PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket.sendall(request.wire)
        except ConnectionError:
            if len(request.wire) < 60_000:
                raise  # a large body may be refused before all of it is sent
        if request.hangs_up:
            self._socket.shutdown(socket.SHUT_WR)
        with self._socket.makefile("rb") as stream:
            answer = _head(stream)
            while 100 <= answer.status < 200:  # only says to go on
                answer = _head(stream)
            if answer.type == "text/event-stream":
                self.close()
            elif request.method != "HEAD" and answer.status not in {204, 304}:
                length = answer.headers.get("content-length")
                answer.body = stream.read(int(length)) if length else stream.read()
        return answer


def _head(stream: BinaryIO) -> Answer:
    """Status and headers. Raises ConnectionResetError where there is nothing, ValueError for no HTTP/1."""
    line = stream.readline()
    if not line:
        raise ConnectionResetError
    if not line.startswith(b"HTTP/1."):
        raise ValueError(line)
    headers: dict[str, str] = {}
    while (row := stream.readline()) not in {b"\r\n", b""}:
        name, _, value = row.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Answer(int(line.split()[1]), headers)


def form(pairs: Fields) -> bytes:
    """Fields as application/x-www-form-urlencoded."""
    return b"&".join(
        quote_from_bytes(k, safe=b"[]").encode() + b"=" + quote_from_bytes(v).encode()
        for k, v in pairs
    )


def _escaped(raw: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in b"\\'%" else f"\\x{b:02x}" for b in raw)
