"""What all kinds have in common: the card that is said, the request that says it, and what an answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

BUSY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One notice: for whom, what happened, which lead, and where it opens."""

    head: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """What is said at once: one line or several, and how many more there are that found no room."""

    title: str
    lines: tuple[Line, ...]
    more: str
    button: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted."""

    url: str
    body: bytes


class Meaning(StrEnum):
    """What became of it, by the answer."""

    SENT = "sent"
    BUSY = "busy"  # too many: rest, then again
    REFUSED = "refused"  # this message will never be taken
    BROKEN = "broken"  # the address, the secret or the vendor: again later


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means; `code` is the vendor's own, `rest` in seconds where it is busy."""

    meaning: Meaning
    code: str = ""
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Codes:
    """How a vendor's codes are read: where they stand in the answer, and which mean what."""

    keys: tuple[str, ...]
    busy: Mapping[int, int]  # code: seconds
    refused: frozenset[int]


def body(value: Mapping[str, Any]) -> bytes:
    """Encode what is posted."""
    return msgspec.json.encode(value)


def judge(codes: Codes, status: int, answer: bytes, after: str = "") -> Verdict:
    """Read an answer; `after` is its Retry-After."""
    if status == 429:
        wait = (
            int(after) if after.isascii() and after.isdigit() and len(after) < 5 else BUSY_SECONDS
        )
        return Verdict(Meaning.BUSY, "http_429", max(1, wait))
    if not 200 <= status < 300:
        return Verdict(Meaning.BROKEN, f"http_{status}")
    code = _code(codes, answer)
    if code is None:
        return Verdict(Meaning.BROKEN, "no_sense")
    if code == 0:
        return Verdict(Meaning.SENT)
    if code in codes.busy:
        return Verdict(Meaning.BUSY, str(code), codes.busy[code])
    return Verdict(Meaning.REFUSED if code in codes.refused else Meaning.BROKEN, str(code))


def _code(codes: Codes, answer: bytes) -> int | None:
    try:
        told = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return None
    found = [told[key] for key in codes.keys if key in told] if isinstance(told, dict) else []
    return found[0] if found and isinstance(found[0], int) else None
