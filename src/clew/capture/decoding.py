"""From bytes to leads, or to a refusal that names every fault."""

import re
from datetime import datetime

import msgspec

from clew.capture.errors import (
    BodyEmpty,
    BodyNotJson,
    BodyTooDeep,
    LeadsRefused,
    TooManyLeads,
)
from clew.capture.rules import LARGEST_LEAD, MOST_LEADS, Fault, encode, faults_of, holds_nul
from clew.capture.schemas import LeadIn

_one = msgspec.json.Decoder(LeadIn).decode
_many = msgspec.json.Decoder(list[LeadIn]).decode
_raw = msgspec.json.Decoder(list[msgspec.Raw]).decode
_PATH = re.compile(r" - at `\$(?:\[\d*\])?\.?([^`]*)`$")
_KINDS = (
    ("Object contains unknown field", "unknown_field"),
    ("Object missing required field", "missing_field"),
    ("of length <=", "too_long"),
    ("of length >=", "too_short"),
    ("datetime` with a timezone", "no_offset"),
    ("Invalid RFC3339", "impossible_date"),
    ("out of range", "out_of_range"),
)


def decode(raw: bytes, *, latest: datetime) -> tuple[list[LeadIn], bool]:
    """Read one lead or an array of 1 to 1,000; the second value tells whether it was an array.

    Raises BodyEmpty, BodyNotJson, BodyTooDeep, TooManyLeads, and LeadsRefused with every fault of
    every lead: an array is accepted as a whole or not at all. `latest` bounds the dates given.
    """
    start = raw.lstrip()[:1]
    if not start:
        raise BodyEmpty
    is_array = start == b"["
    try:
        _measure(raw, is_array=is_array)
        leads = _array(raw, latest) if is_array else [_one(raw)]
        faults = _faults(raw, leads, latest)
    except msgspec.ValidationError as error:
        raise LeadsRefused([fault_of(0, error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BodyNotJson from error
    except RecursionError as error:
        raise BodyTooDeep from error
    if faults:
        raise LeadsRefused(faults)
    return leads, is_array


def _measure(raw: bytes, *, is_array: bool) -> None:
    """Refuse a lead that is too large before its parts are looked at."""
    if len(raw) <= LARGEST_LEAD:
        return
    parts = _raw(raw) if is_array else [msgspec.Raw(raw)]
    _count(len(parts))
    large = [n for n, part in enumerate(parts) if len(memoryview(part)) > LARGEST_LEAD]
    if large:
        raise LeadsRefused([Fault(n, "", "lead_too_large") for n in large])


def _array(raw: bytes, latest: datetime) -> list[LeadIn]:
    try:
        leads = _many(raw)
    except msgspec.ValidationError as error:
        raise LeadsRefused(_all_faults(raw, latest)) from error
    _count(len(leads))
    return leads


def _count(number: int) -> None:
    if number == 0:
        raise BodyEmpty
    if number > MOST_LEADS:
        raise TooManyLeads


def _all_faults(raw: bytes, latest: datetime) -> list[Fault]:
    """Go through the leads one by one, to name all that is wrong and not only the first."""
    parts = _raw(raw)
    _count(len(parts))
    found: list[Fault] = []
    for n, part in enumerate(parts):
        try:
            found += _faults(bytes(part), [_one(part)], latest, n)
        except msgspec.ValidationError as wrong:
            found.append(fault_of(n, wrong))
    return found


def _faults(raw: bytes, leads: list[LeadIn], latest: datetime, first: int = 0) -> list[Fault]:
    found: list[Fault] = []
    for n, lead in enumerate(leads, first):
        found += faults_of(n, lead, latest)
    if b"\\u0000" in raw:
        for n, lead in enumerate(leads, first):
            if holds_nul(encode(lead)):
                found.append(Fault(n, "", "nul"))
    return found


def fault_of(index: int, error: msgspec.ValidationError) -> Fault:
    """What msgspec found wrong, in stable codes."""
    text = str(error)
    place = _PATH.search(text)
    field = place[1] if place else ""
    code = next((code for words, code in _KINDS if words in text), "wrong_type")
    if code in {"unknown_field", "missing_field"}:
        name = text.split("`")[1]
        field = f"{field}.{name}" if field else name
    return Fault(index, field[:80], code)
