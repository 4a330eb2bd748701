"""Requests to the outside that cannot be turned inwards, and end in time whatever the other side does.

A name is resolved, every address it has is checked, and the connection goes to a checked address: what the name
points to a moment later does not matter. No redirect is followed, no proxy of the environment is used. Only
https on port 443 of public addresses is reached; what stands in CLEW_PRIVATE_TARGETS is reached as well, at any
port and without TLS too. (assurance.md S12; OWASP ASVS 5.0.0, 1.3.6)
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

from clew.base.outcomes import NoAnswer, Unreachable
from clew.errors import Invalid

SECONDS = 8.0
LONGEST = 64 * 1024  # bytes of an answer that are read
HTTPS, HTTP = 443, 80
NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class TargetUnfit(Invalid):
    """This is no address that may be called: https, a name, and nothing before the name."""

    code = "target_unfit"


class TargetInside(Invalid):
    """This address lies inside a private network. Allow it in CLEW_PRIVATE_TARGETS if it is meant."""

    code = "target_inside"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    host: str
    port: int
    path: str
    is_tls: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: at most `LONGEST` bytes of it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Send a body and give the answer, whatever its status.

    Raises TargetUnfit, TargetInside, Unreachable where nothing was sent, NoAnswer where something may have been.
    """
    to = target(url)
    connection = _connected(to, addresses(to), seconds)
    is_over = threading.Event()
    end = threading.Timer(seconds, _cut, [connection.sock, is_over])
    end.daemon = True
    end.start()
    try:
        connection.request("POST", to.path, body, dict(headers))
        came = connection.getresponse()
        told = {name.lower(): value for name, value in came.getheaders()}
        answer = Answer(came.status, came.read(LONGEST), told)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(why=type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()
    if is_over.is_set():  # what was cut off may look like an end
        raise NoAnswer(why="too slow")
    return answer


def target(url: str) -> Target:
    """Read an address. Raises TargetUnfit."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = parts.port
    except (ValueError, UnicodeError):
        raise TargetUnfit from None
    is_plain = not (url.isascii() and url.isprintable()) or " " in url
    if parts.scheme not in {"https", "http"} or not host or is_plain:
        raise TargetUnfit
    if parts.username is not None or parts.password is not None:
        raise TargetUnfit
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or (HTTPS if is_tls else HTTP), path, is_tls)


def addresses(to: Target) -> list[str]:
    """Resolve a target, and give its addresses if all of them may be called.

    Raises Unreachable, TargetUnfit, TargetInside.
    """
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(why="name") from error
    seen = list(dict.fromkeys(str(one[4][0]) for one in found))
    plain = [ip_address(one.partition("%")[0]) for one in seen]
    if all(_is_allowed(one, to.port) for one in plain):
        return seen
    if not all(is_public(one) for one in plain):
        raise TargetInside
    if not to.is_tls or to.port != HTTPS:
        raise TargetUnfit
    return seen


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public net, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_allowed(address: Address, port: int) -> bool:
    plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return any(
        plain.version == network.version and plain in network and only in {None, port}
        for network, only in settings.PRIVATE_TARGETS
    )


class _Pinned(http.client.HTTPConnection):
    """A connection that is there already; it never makes another one."""

    def __init__(self, to: Target, made: socket.socket) -> None:
        super().__init__(to.host, to.port)
        self.default_port = HTTPS if to.is_tls else HTTP
        self.sock = made
        self.auto_open = 0


def _connected(to: Target, places: Sequence[str], seconds: float) -> _Pinned:
    """Connect to the first address that takes it. Raises Unreachable."""
    why: Exception | None = None
    for place in places[:2]:
        made = None
        try:
            made = socket.create_connection((place, to.port), timeout=seconds / 2)
            if to.is_tls:
                made = ssl.create_default_context().wrap_socket(made, server_hostname=to.host)
            made.settimeout(seconds)
            return _Pinned(to, made)
        except (OSError, ValueError) as error:
            why = error
            if made is not None:
                made.close()
    raise Unreachable(why=type(why).__name__) from why


def _cut(made: socket.socket, is_over: threading.Event) -> None:
    """End a conversation from outside; whoever reads or writes notices."""
    is_over.set()
    with suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)
