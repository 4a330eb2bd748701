"""Cases: a number and a seed make a request, whoever asks and whatever was asked before."""

import hashlib
import itertools
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, urlsplit

from tests.fuzz.pages import Form, read
from tests.fuzz.values import likely, odd, unique
from tests.fuzz.wire import Answer, Request, Wire, form

CONTROL = bytes(n for n in (*range(32), 127) if n != 9)
SECRET = b"fuzzfuzzfuzzfuzzfuzzfuzzfuzzfuzz"
URLENCODED = b"application/x-www-form-urlencoded"
PARAMETERS = (
    "page",
    "q",
    "after",
    "before",
    "sort",
    "team",
    "state",
    "source",
    "next",
    "size",
    "view",
)
API = "/api/v1/leads"
LISTS = ("leads", "contacts", "placements", "events", "deletions")
ASKED = (
    *(b"cursor", b"limit", b"updated_since", b"source", b"team", b"grade", b"category", b"region"),
    *(b"state", b"contact", b"ways", b"lead", b"kind", b"name", b"subject", b"odd"),
)
ID = re.compile(r"(?<=/)([0-9a-f-]{36}|[\d:]+|[0-9a-f]{32}:[\w-]+)(?=/|$)")
TICKET = re.compile(rb'name="ticket" value="([^"]+)"')
NONCE = re.compile(rb'data-nonce="([^"]+)" data-bits="(\d+)"')
Pairs = list[tuple[bytes, bytes]]


@dataclass
class Town:
    """What is known of the place: who is signed in, which routes and forms there are."""

    port: int
    sessions: dict[str, str]
    paths: dict[str, str]
    tokens: dict[str, str]
    leads: list[str]
    forms: dict[str, list[Form]] = field(default_factory=dict)
    queries: list[tuple[str, str]] = field(default_factory=list)
    pages: dict[str, list[str]] = field(default_factory=dict)

    def explore(self) -> None:
        """Open every page as everybody and note its forms."""
        wire = Wire(self.port)
        self.pages = {}
        forms: dict[tuple[str, str, str], Form] = {}
        for role in ("", *self.sessions):
            for path in sorted(
                {*self.paths.values(), *(f"/leads/{one}" for one in self.leads[:6])}
            ):
                if path == "/stream":
                    continue
                answer = wire.ask(Request("GET", path, self.identity(role)))
                if answer.type == "text/html" and answer.status == 200:
                    self.pages.setdefault(role, []).append(path)
                    page = read(role, path, answer.body.decode())
                    forms |= {(role, f.action, " ".join(f.fields)): f for f in page.forms}
                    self.queries += [q for q in page.queries if q not in self.queries]
        wire.close()
        self.forms = {}
        for one in forms.values():
            if one.method in {"GET", "POST"}:
                self.forms.setdefault(ID.sub("*", one.action), []).append(one)

    def identity(self, role: str) -> Pairs:
        """The cookies of a role's browser."""
        cookies = b"clew_csrf=" + SECRET
        if role:
            cookies += b"; clew_session=" + self.sessions[role].encode()
        return [(b"Cookie", cookies)]


@dataclass(frozen=True)
class Case:
    """One request and who sends it."""

    number: int
    kind: str
    role: str
    request: Request


def case(town: Town, seed: int, number: int) -> Case:
    """Make a case."""
    chance = random.Random(f"{seed}:{number}")
    (kind,) = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])
    role = chance.choice(["", *town.sessions])
    made = KINDS[kind][1](town, role, chance)
    if isinstance(made, tuple):
        role, made = made
    return Case(number, kind, role, made)


def _form(town: Town, role: str, chance: random.Random) -> tuple[str, Request]:
    """A form of a page, filled in badly."""
    chosen = chance.choice(town.forms[chance.choice(list(town.forms))])
    if chosen.action == town.paths["account_logout"] and chance.random() < 0.95:
        chosen = chance.choice(town.forms[town.paths["preferences"]])  # signing out ends all others
    bad = chance.choice([0.0, 0.1, 0.5, 1.0])
    pairs: Pairs = []
    for name, one in chosen.fields.items():
        key = name.encode()
        if name == "csrfmiddlewaretoken":
            continue
        if name == "once" and chance.random() < 0.9:
            pairs.append((key, unique(chance) if chance.random() < 0.9 else one.value))
        else:
            value = likely(name, one.value, one.options, chance)
            pairs.append((key, odd(chance) if chance.random() < bad else value))
    pairs = _bend(pairs, chance)
    if "csrfmiddlewaretoken" in chosen.fields and chance.random() < 0.97:
        pairs.insert(0, (b"csrfmiddlewaretoken", SECRET))
    identity = town.identity(chosen.role)
    if chosen.method == "GET":
        return chosen.role, Request(
            "GET", f"{_bare(chosen.action)}?{form(pairs).decode()}", identity
        )
    return chosen.role, _post(_bare(chosen.action), pairs, identity, chance)


def _bend(pairs: Pairs, chance: random.Random) -> Pairs:
    """Leave out, double, rename, reorder, or add a great many."""
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        place = chance.randrange(len(pairs)) if pairs else 0
        what = chance.random()
        if what < 0.35:
            pairs = pairs[:place] + pairs[place + 1 :]
        elif what < 0.7 and pairs:
            pairs.insert(chance.randrange(len(pairs)), (pairs[place][0], odd(chance)))
        elif what < 0.9 and pairs:
            tail = chance.choice([b"[]", b"[0]", b"[a][b]", b".", b"\0", b""])
            pairs[place] = (pairs[place][0] + tail, pairs[place][1])
        elif what < 0.97:
            pairs.append((odd(chance)[:300], odd(chance)))
        else:
            pairs += [(f"f{n}".encode(), b"x") for n in range(1200)]
    return pairs


def _post(path: str, pairs: Pairs, headers: Pairs, chance: random.Random) -> Request:
    """Sent as a form, in parts, or as something that it is not."""
    how = chance.random()
    if how < 0.8:
        return Request("POST", path, [*headers, (b"Content-Type", URLENCODED)], form(pairs))
    if how < 0.95:
        kind, body = _parts(pairs, chance)
        return Request("POST", path, [*headers, (b"Content-Type", kind)], body)
    kind = chance.choice(
        [b"", b"application/json", b"text/plain", b"multipart/form-data", odd(chance)[:100]]
    )
    return Request("POST", path, [*headers, (b"Content-Type", _line(kind))], form(pairs))


def _parts(pairs: Pairs, chance: random.Random) -> tuple[bytes, bytes]:
    """multipart/form-data, often not quite."""
    edge = chance.choice([b"x", b"----form", b"a" * 70, b"a" * 300, b"\xff", b""])
    rows = []
    for name, value in pairs:
        file = chance.choice([b"", b"", b'; filename="a.txt"', b'; filename="../\0.php"'])
        more = chance.choice(
            [b"", b"", b"\r\nContent-Type: image/png", b"\r\nContent-Transfer-Encoding: base64"]
        )
        safe = name.replace(b"\r", b"").replace(b"\n", b"")
        rows.append(
            b'Content-Disposition: form-data; name="'
            + safe
            + b'"'
            + file
            + more
            + b"\r\n\r\n"
            + value
        )
    body = b"".join(b"--" + edge + b"\r\n" + row + b"\r\n" for row in rows)
    end = chance.choice([b"--" + edge + b"--\r\n", b"--" + edge + b"--\r\n", b"", b"--" + edge])
    kind = chance.choice(
        [
            b"multipart/form-data; boundary=",
            b"multipart/form-data; boundary=",
            b"multipart/mixed; boundary=",
        ]
    )
    cut = len(body) if chance.random() < 0.8 else chance.randrange(len(body) + 1)
    return kind + edge, body[:cut] + end


def _path(town: Town, role: str, chance: random.Random) -> Request:
    """An address with a part that is of the wrong kind."""
    parts = chance.choice(list(town.paths.values())).split("/")
    for _ in range(chance.choice([1, 1, 2])):
        place = chance.randrange(1, len(parts)) if len(parts) > 1 else 0
        value = chance.choice([odd(chance)[:500], chance.choice(town.leads).encode(), b"1", b".."])
        parts[place] = quote_from_bytes(value, safe=chance.choice(["", "/", "%"]))
    method = chance.choice(["GET", "GET", "POST", "HEAD"])
    path = _target("/".join(parts) or "/")
    if method == "POST":
        pairs = [(b"csrfmiddlewaretoken", SECRET), (b"once", unique(chance))]
        return _post(path, pairs, town.identity(role), chance)
    return Request(method, path, town.identity(role))


def _query(town: Town, role: str, chance: random.Random) -> Request:
    """A page with an odd query."""
    pairs: Pairs = []
    for _ in range(chance.randrange(1, 5)):
        if town.queries and chance.random() < 0.6:
            name, value = chance.choice(town.queries)
            known = value.encode() if chance.random() < 0.3 else odd(chance)
            pairs.append((name.encode(), known[:3000]))
        else:
            pairs.append((chance.choice(PARAMETERS).encode(), odd(chance)[:3000]))
    query = (
        form(pairs).decode()
        if chance.random() < 0.9
        else _target(odd(chance)[:500].decode("latin-1"))
    )
    pages = town.pages[role] if chance.random() < 0.85 else list(town.paths.values())
    path = _bare(chance.choice([page for page in pages if page != "/stream"]))
    return Request("GET", f"{path}?{query}", town.identity(role))


def _headers(town: Town, role: str, chance: random.Random) -> Request:
    """A page with odd headers."""
    headers = town.identity(role)
    for _ in range(chance.randrange(1, 5)):
        name = chance.choice(HEADERS)
        value = odd(chance)[:4000]
        if name == b"Cookie":
            value = chance.choice(COOKIES) + value + b"; " + headers[0][1]
        headers.append((name, _line(value)))
    method = chance.choice(
        ["GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]
    )
    return Request(method, _bare(_any_page(town, chance)), headers)


def _door(town: Town, role: str, chance: random.Random) -> tuple[str, Request]:
    """The API's door with a body that is almost JSON."""
    name = chance.choice([*town.tokens, "none"])
    token = town.tokens.get(name, "clew_forged").encode()
    value = odd(chance).decode("utf-8", "replace").replace("\\", "\\\\").replace('"', '\\"')
    key = chance.choice(
        [
            "phone",
            "name",
            "message",
            "external_id",
            "occurred_at",
            "extra",
            "answers",
            "utm",
            "consents",
            value,
        ]
    )
    body = (
        chance.choice(BODIES).replace("KEY", key).replace("VALUE", value).encode("utf-8", "replace")
    )
    if chance.random() < 0.1:
        body = body[: chance.randrange(len(body) + 1)] + odd(chance)[:50]
    headers = [
        (b"Authorization", chance.choice([b"Bearer "] * 12 + [b"bearer ", b"Basic ", b""]) + token)
    ]
    headers.append(
        (
            b"Content-Type",
            chance.choice(
                [b"application/json"] * 5 + [b"text/csv", b"application/json; charset=x"]
            ),
        )
    )
    if chance.random() < 0.3:
        headers.append((b"Idempotency-Key", _line(odd(chance)[:300])))
    if chance.random() < 0.2:
        headers.append((chance.choice(HEADERS), _line(odd(chance)[:300])))
    path = API if chance.random() < 0.6 else _reading(town, chance)
    return name, Request("POST" if path == API else "GET", path, headers, body)


def _reading(town: Town, chance: random.Random) -> str:
    """A lead of the API, or a list of it with odd parameters."""
    if chance.random() < 0.3:
        return f"{API}/{chance.choice(town.leads)}{chance.choice(['', '/trace'])}"
    names = [chance.choice(ASKED) for _ in range(chance.randrange(4))]
    pairs = [(name, odd(chance)[:3000]) for name in names]
    return f"/api/v1/{chance.choice(LISTS)}?{form(pairs).decode()}"


def _visitor(town: Town, role: str, chance: random.Random) -> tuple[str, Request]:
    """The hosted form with a live ticket, sometimes with the work done, and the question after it."""
    wire = Wire(town.port)
    shown = wire.ask(Request("GET", town.paths["capture:form"]))
    wire.close()
    ticket, nonce = TICKET.search(shown.body), NONCE.search(shown.body)
    pairs: Pairs = [
        (b"reach", odd(chance) if chance.random() < 0.6 else likely("reach", b"", [], chance)),
        (b"message", odd(chance)),
        (b"ticket", ticket[1] if ticket and chance.random() < 0.9 else odd(chance)),
        (
            b"proof",
            prove(nonce[1], int(nonce[2])) if nonce and chance.random() < 0.3 else odd(chance)[:30],
        ),
        (b"answer", chance.choice([b"now", odd(chance)])),
    ]
    path = chance.choice([town.paths["capture:form"]] * 3 + [town.paths["capture:thanks"]])
    return "", _post(path, _bend(pairs, chance), [], chance)


def _raw(town: Town, role: str, chance: random.Random) -> Request:
    """Not quite HTTP."""
    cookie = town.identity(role)[0][1]
    path = _bare(_any_page(town, chance)).encode()
    head = b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + cookie + b"\r\n"
    raw = chance.choice(RAW).replace(b"HEAD", head).replace(b"ODD", odd(chance)[:2000])
    return Request("POST", "", raw=raw, hangs_up=True)


def prove(nonce: bytes, bits: int) -> bytes:
    """Do the work that the page's script does."""
    for number in itertools.count():
        digest = hashlib.sha256(nonce + b":%d" % number).digest()
        if int.from_bytes(digest[:4], "big") >> (32 - bits) == 0:
            return b"%d" % number
    raise AssertionError


def _any_page(town: Town, chance: random.Random) -> str:
    path = chance.choice(list(town.paths.values()))
    return "/leads" if path == "/stream" else path


def _bare(address: str) -> str:
    return urlsplit(address).path or "/"


def _line(value: bytes) -> bytes:
    """Without what no header may hold: that is for `_raw`."""
    return value.translate(None, CONTROL)


def _target(text: str) -> str:
    """Without what ends a request line."""
    return "".join(c for c in text if "!" <= c <= "~") or "x"


HEADERS = tuple(
    name.encode()
    for name in (
        "Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "Content-Encoding", "Cookie", "Origin", "Referer",
        "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Authorization", "If-None-Match",
        "If-Modified-Since", "Range", "X-CSRFToken", "Sec-Fetch-Site", "Sec-Fetch-Dest", "HX-Request", "X-Requested-With",
        "Idempotency-Key", "Upgrade", "X-Method-Override", "Cache-Control", "Prefer", "X-Clew_Odd",
    )
)  # fmt: skip
COOKIES = (
    b"clew_session=",
    b"clew_csrf=",
    b"clew_language=",
    b"clew_device=",
    b"=",
    b"a",
    b'x="',
    b"$Version=1; ",
)
BODIES = (
    '{"source":"website","phone":"13800001111","KEY":"VALUE"}',
    '{"source":"website","KEY":"VALUE","wechat":"abcdef"}',
    '[{"source":"website","phone":"13800001111"},{"KEY":"VALUE"}]',
    '{"source":"VALUE","phone":"13800001111"}',
    '{"source":"website","phone":"13800001111","KEY":{"VALUE":["VALUE"]}}',
    '{"source":"website","phone":"13800001111","extra":{"VALUE":VALUE}}',
    '{"source":"website","phone":"13800001111","KEY":1e400}',
    '{"source":"website","phone":"13800001111","consents":[{"purpose":"VALUE","text_version":"1","given_at":"VALUE"}]}',
    '{"source":"website","phone":"13800001111","extra":' + "[" * 5000 + "]" * 5000 + "}",
    "[" * 20000,
    '"VALUE"',
    "VALUE",
    "[]",
    "",
    "null",
    '{"source":"website","phone":"\\ud800VALUE"}',
    '{"source":"website","phone":"1380000\\u0000"}',
)
RAW = (
    b"HEADContent-Length: 10\r\n\r\nabc",
    b"HEADContent-Length: -1\r\n\r\nabc",
    b"HEADContent-Length: 1e3\r\n\r\nabc",
    b"HEADContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
    b"HEADContent-Length: 99999999999999999999999\r\n\r\nabc",
    b"HEADTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HEADTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HEADTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    b"HEADTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n",
    b"HEADTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HEADTransfer-Encoding: ODD\r\n\r\n",
    b"HEADX-Odd: ODD\r\n\r\n",
    b"HEADODD\r\n\r\n",
    b"HEADExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"HEADConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"ODD\r\n\r\n",
    b"GET /ODD HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: ODD\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 150 + b"\r\n",
    b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a=b; " * 20000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 30,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
Maker = Callable[[Town, str, random.Random], Request | tuple[str, Request]]
KINDS: dict[str, tuple[int, Maker]] = {
    "form": (48, _form),
    "path": (10, _path),
    "query": (14, _query),
    "headers": (9, _headers),
    "door": (10, _door),
    "visitor": (5, _visitor),
    "raw": (4, _raw),
}
Ask = Callable[[Request], Answer]
