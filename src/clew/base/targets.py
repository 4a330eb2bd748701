"""Where the outside is: CLEW_PRIVATE_TARGETS, what is inside and may be called; CLEW_SMTP_URL, who takes e-mail.

Django is not needed to read them.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import unquote, urlsplit

PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}

Network = IPv4Network | IPv6Network


def read_targets(text: str) -> list[tuple[Network, int | None]]:
    """Read CLEW_PRIVATE_TARGETS: networks or addresses with commas, each with a port where only one is meant.

    Raises ValueError.
    """
    return [_one(part.strip()) for part in text.split(",") if part.strip()]


def _one(text: str) -> tuple[Network, int | None]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(text)
    return ip_network(host), int(port) if port else None


@dataclass(frozen=True, slots=True)
class Relay:
    """Who takes e-mail: `security` is smtps (TLS from the first byte), smtp (STARTTLS, always) or smtp+plain."""

    security: str
    host: str
    port: int
    user: str
    password: str


def read_relay(url: str) -> Relay | None:
    """Read CLEW_SMTP_URL; None where it is empty. Raises ValueError."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("form")
    if parts.password and not parts.username:
        raise ValueError("form")
    return Relay(
        parts.scheme,
        parts.hostname,
        parts.port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
