"""Meetings as a calendar reads them (RFC 5545, RFC 7986): whole, in UTC, told anew by UID and SEQUENCE. Pure.

A dozen properties need no library: text is escaped, lines are folded at 75 octets, times end in Z, so that no
zone has to be described. Phone numbers never stand in it: a calendar is kept by other companies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

OCTETS = 75
PRODUCT = "-//Clew//Meetings//EN"


@dataclass(frozen=True, slots=True)
class Event:
    """One meeting. `url` leads to its page behind the sign-in, where the reader may open it."""

    uid: UUID
    sequence: int
    changed_at: datetime
    from_at: datetime
    until_at: datetime
    summary: str
    place: str
    url: str
    is_off: bool


def calendar(name: str, host: str, events: Iterable[Event]) -> bytes:
    """Write a calendar; `host` makes the ids unique in the world."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        *(line for event in events for line in _event(event, host)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: Event, host: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{event.uid}@{_text(host)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_time(event.changed_at)}",
        f"LAST-MODIFIED:{_time(event.changed_at)}",
        f"DTSTART:{_time(event.from_at)}",
        f"DTEND:{_time(event.until_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"LOCATION:{_text(event.place)}",
        *([f"URL:{event.url}"] if event.url else []),
        f"STATUS:{'CANCELLED' if event.is_off else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Escape as RFC 5545, 3.3.11 says; what no calendar can hold is left out."""
    kept = "".join(c for c in text if c.isprintable() or c == "\n")
    for sign in ("\\", ";", ","):
        kept = kept.replace(sign, f"\\{sign}")
    return kept.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Fold at 75 octets, never within a character, and end the line (RFC 5545, 3.1)."""
    parts, size = [""], 0
    for sign in line:
        width = len(sign.encode("utf-8", "replace"))
        if size + width > OCTETS:
            parts.append(" ")
            size = 1
        parts[-1] += sign
        size += width
    return "\r\n".join(parts).encode("utf-8", "replace") + b"\r\n"
