"""What can still be read of a lead that was refused: every field that fits, and the rest by itself. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from clew.capture.decoding import fault_of
from clew.capture.errors import LeadsRefused
from clew.capture.rules import MOST_LEVELS, encode, faults_of, holds_nul, is_deep
from clew.capture.schemas import LeadIn

TEXTS = [
    "source",
    "name",
    "phone",
    "email",
    "wechat",
    "company",
    "region",
    "category",
    "message",
    "introduced_by",
]  # what a person can correct in a form; it is shown however wrong it is
AS_SENT = "as_sent"  # the name in `extra` for what fits no field
_object = msgspec.json.Decoder(dict[str, Any]).decode
_strict = msgspec.json.Decoder(LeadIn).decode


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The texts as they were sent, a lead of all other fields that fit, and what fits no field."""

    texts: dict[str, str]
    rest: LeadIn
    left: dict[str, Any]

    def corrected(self, texts: dict[str, str]) -> LeadIn:
        """The lead with its texts corrected. What fits no field goes along in `extra`, as JSON."""
        extra = dict(self.rest.extra)
        if self.left:
            extra[AS_SENT] = encode(self.left).decode()
        return msgspec.structs.replace(self.rest, extra=extra, **texts)


def salvage(raw: bytes, latest: datetime) -> Salvaged:
    """Read a lead field by field. `latest` bounds its dates. Raises LeadsRefused where it is no object."""
    try:
        given = _object(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LeadsRefused([]) from error
    texts = {name: _text(given.pop(name)) for name in TEXTS if name in given}
    fitting: dict[str, Any] = {}
    for field in msgspec.structs.fields(LeadIn):
        if field.name in given and _fits(field.name, field.type, given[field.name], latest):
            fitting[field.name] = msgspec.convert(given.pop(field.name), field.type)
    return Salvaged(texts, LeadIn(source="", **fitting), given)


def strict(raw: bytes) -> LeadIn:
    """The lead as the API would read it. Raises LeadsRefused with what is wrong."""
    try:
        return _strict(raw)
    except msgspec.ValidationError as error:
        raise LeadsRefused([fault_of(0, error)]) from error


def _fits(name: str, kind: Any, value: Any, latest: datetime) -> bool:
    try:
        fitting = msgspec.convert(value, kind)
        lone = LeadIn(source="", wechat="stand-in", **{name: fitting})
    except msgspec.ValidationError:
        return False
    encoded = encode(value)
    is_storable = not holds_nul(encoded) and not is_deep(encoded, MOST_LEVELS)
    return is_storable and not any(faults_of(0, lone, latest))


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else encode(value).decode()
    return text.replace("\0", "")
