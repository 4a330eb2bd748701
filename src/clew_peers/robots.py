"""Stand-ins for the group robots of WeCom, DingTalk and Feishu: signatures, limits, answers, and faults on a switch.

What is acknowledged stands in `ledger`, what is turned away in `refused`. A fault holds until it is taken away:

- `http_500`, `http_429`, `redirect`: such a status
- `errcode:N`: the vendor's own error, with status 200
- `nonsense`: status 200 and no JSON
- `deaf`: the request is read and noted in the ledger, and no answer comes
- `reset`: the connection is cut before anything is read
- `crawl`: an answer that never ends, a byte at a time
"""

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

WECOM, DINGTALK, FEISHU = "wecom", "dingtalk", "feishu"
PATHS = {
    WECOM: "/cgi-bin/webhook/send?key={}",
    DINGTALK: "/robot/send?access_token={}",
    FEISHU: "/open-apis/bot/v2/hook/{}",
}
LIMITS = {WECOM: (20, 20), DINGTALK: (20, 20), FEISHU: (100, 5)}  # a minute, a second
TOO_MANY = {WECOM: 45009, DINGTALK: 130101, FEISHU: 11232}
UNKNOWN = {WECOM: 93000, DINGTALK: 300005, FEISHU: 19001}
UNSIGNED = {DINGTALK: 310000, FEISHU: 19021}
MALFORMED = {WECOM: 40008, DINGTALK: 400105, FEISHU: 11246}
HOUR = 3600
DEAF_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was acknowledged, or would have been."""

    key: str
    at: float  # seconds since 1970
    text: str
    links: tuple[str, ...]


@dataclass(slots=True)
class Robot:
    """One robot, with its secret and the fault it has now."""

    vendor: str
    key: str
    secret: str = ""
    fault: str = ""
    calls: list[float] = field(default_factory=list)


class Robots:
    """A server on this machine with any number of robots. Use it as a context."""

    def __init__(self, port: int = 0) -> None:
        """Take a port of 127.0.0.1; 0 is any."""
        self.robots: dict[str, Robot] = {}
        self.ledger: list[Said] = []
        self.refused: list[tuple[str, int]] = []
        self.connections = 0
        self.clock: Callable[[], float] = time.time
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"home": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "Robots":
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop answering."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def add(self, vendor: str, key: str, secret: str = "") -> Robot:
        """Make a robot known."""
        self.robots[key] = Robot(vendor, key, secret)
        return self.robots[key]

    def address(self, key: str) -> str:
        """Give the address that a user would copy from the messenger."""
        path = PATHS[self.robots[key].vendor].format(key)
        return f"http://127.0.0.1:{self.port}{path}"

    def said(self, key: str) -> list[Said]:
        """Give what one robot has acknowledged."""
        return [one for one in self.ledger if one.key == key]


class _Handler(BaseHTTPRequestHandler):
    home: ClassVar[Robots]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer as the vendor would, or as the fault says."""
        self.home.connections += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        robot = self.home.robots.get(_key(self.path))
        if robot is None:
            self._tell(UNKNOWN.get(_vendor(self.path), 1))
        elif robot.fault and not robot.fault.startswith("errcode"):
            self._fail(robot, body)
        else:
            self._tell(self._judge(robot, body), robot)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def _judge(self, robot: Robot, body: bytes) -> int:
        """Give the code that the vendor would answer, 0 where it takes the message."""
        code = _judge(robot, self.path, body, self.home.clock())
        if robot.fault.startswith("errcode:"):
            code = int(robot.fault.partition(":")[2])
        with self.home.lock:
            now = self.home.clock()
            if not code and _is_too_much(robot, now):
                code = TOO_MANY[robot.vendor]
            robot.calls.append(now)
            if code:
                self.home.refused.append((robot.key, code))
            else:
                self.home.ledger.append(_said(robot.key, now, body))
        return code

    def _fail(self, robot: Robot, body: bytes) -> None:
        self.close_connection = True
        robot.calls.append(self.home.clock())
        if robot.fault == "reset":
            gone = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, gone)
            self.connection.close()
        elif robot.fault == "deaf":
            self.home.ledger.append(_said(robot.key, self.home.clock(), body))
            self.home.stopping.wait(DEAF_SECONDS)
        elif robot.fault == "crawl":
            self._crawl()
        elif robot.fault == "nonsense":
            self._answer(200, b"<html>welcome</html>")
        elif robot.fault == "redirect":
            self._answer(302, b"", ("Location", f"http://127.0.0.1:{self.home.port}/inside"))
        else:
            self._answer(int(robot.fault.removeprefix("http_")), b"{}")

    def _crawl(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        until = time.monotonic() + DEAF_SECONDS
        try:
            while time.monotonic() < until and not self.home.stopping.wait(0.05):
                self.wfile.write(b"x")
        except OSError:
            return

    def _tell(self, code: int, robot: Robot | None = None) -> None:
        words = "ok" if code == 0 else "refused"
        is_feishu = robot is not None and robot.vendor == FEISHU
        told = {"code": code, "msg": words} if is_feishu else {"errcode": code, "errmsg": words}
        self._answer(200, json.dumps(told).encode())

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _vendor(path: str) -> str:
    place = urlsplit(path).path
    return next(
        (v for v, known in PATHS.items() if place.startswith(known.split("?")[0].split("{")[0])), ""
    )


def _key(path: str) -> str:
    parts = urlsplit(path)
    query = parse_qs(parts.query)
    found = query.get("key") or query.get("access_token") or [parts.path.rpartition("/")[2]]
    return found[0]


def _judge(robot: Robot, path: str, body: bytes, now: float) -> int:
    try:
        told = json.loads(body)
    except ValueError:
        return MALFORMED[robot.vendor]
    if robot.secret and not _is_signed(robot, path, told, now):
        return UNSIGNED[robot.vendor]
    kind = told.get("msg_type" if robot.vendor == FEISHU else "msgtype")
    known = {
        WECOM: {"template_card", "markdown"},
        DINGTALK: {"actionCard", "markdown"},
        FEISHU: {"interactive"},
    }
    is_long = len(body) > 20_000 or (robot.vendor == WECOM and _longest(told) > 4096)
    return MALFORMED[robot.vendor] if kind not in known[robot.vendor] or is_long else 0


def _longest(told: Any) -> int:
    return max((len(text.encode()) for text in _texts(told)), default=0)


def _is_signed(robot: Robot, path: str, told: dict[str, Any], now: float) -> bool:
    if robot.vendor == DINGTALK:
        raw = dict(part.partition("=")[::2] for part in urlsplit(path).query.split("&"))
        stamp = raw.get("timestamp", "")
        wanted = dingtalk_signature(robot.secret, stamp)
        is_fresh = stamp.isdigit() and abs(now - int(stamp) / 1000) < HOUR
        return is_fresh and unquote(raw.get("sign", "")) == wanted
    stamp = str(told.get("timestamp", ""))
    is_fresh = stamp.isdigit() and abs(now - int(stamp)) < HOUR
    return is_fresh and told.get("sign") == feishu_signature(robot.secret, stamp)


def dingtalk_signature(secret: str, stamp: str) -> str:
    """As DingTalk's page has it in Python, before it is quoted for an address."""
    string_to_sign = f"{stamp}\n{secret}"
    code = hmac.new(secret.encode("utf-8"), string_to_sign.encode("utf-8"), hashlib.sha256)
    return base64.b64encode(code.digest()).decode("utf-8")


def feishu_signature(secret: str, stamp: str) -> str:
    """As Feishu's page has it in Python: the string is the key, and nothing is signed."""
    string_to_sign = f"{stamp}\n{secret}"
    code = hmac.new(string_to_sign.encode("utf-8"), digestmod=hashlib.sha256)
    return base64.b64encode(code.digest()).decode("utf-8")


def _is_too_much(robot: Robot, now: float) -> bool:
    per_minute, per_second = LIMITS[robot.vendor]
    last_minute = [at for at in robot.calls if now - at < 60]
    last_second = [at for at in last_minute if now - at < 1]
    return len(last_minute) >= per_minute or len(last_second) >= per_second


def _said(key: str, at: float, body: bytes) -> Said:
    texts = list(_texts(json.loads(body)))
    links: dict[str, None] = {}
    for text in texts:
        for word in text.replace("(", " ").replace(")", " ").split():
            if word.startswith(("http://", "https://")):
                links[word] = None
    return Said(key, at, "\n".join(texts), tuple(links))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
