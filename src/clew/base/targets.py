"""CLEW_PRIVATE_TARGETS: addresses inside that may be called from here. Django is not needed to read it."""

from ipaddress import IPv4Network, IPv6Network, ip_network

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
