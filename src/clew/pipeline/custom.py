"""The operator's own fields of leads, as parts of a filter: what is asked of them, in SQL and in words."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from django.db.models import Q

from clew.base.workbook import Cell
from clew.capture.custom import Definition, Definitions, read, shown, written
from clew.contacts.having import Asked, having

SPANNED = {"number", "money", "date"}  # kinds that are asked for from and until
ENDS: dict[str, Asked] = {"from": ">=", "until": "<="}
NOTHING = Q(pk__in=())


def asked(field: Definition, end: str, text: str) -> tuple[Asked, Any] | None:
    """Read what is asked of a field as people write it; None where that cannot be."""
    way = ENDS.get(end) if field.kind in SPANNED else None if end else _way(field)
    if way is None:
        return None
    if way == "says":
        return way, text
    value, code = read(field, text)
    return None if code or value is None else (way, value)


def condition(custom: str, known: Definitions) -> Q:
    """Find leads by all that a filter asks of custom fields; what is unknown or unreadable finds nothing."""
    found = Q()
    for field, end, text in _parts(custom, known):
        meant = asked(field, end, text) if field else None
        if field is None or meant is None:
            return NOTHING
        found &= having(field, *meant)
    return found


def in_words(custom: str, known: Definitions) -> Iterator[tuple[str, str]]:
    """Say what is asked of each field; nothing where it is unknown or unreadable."""
    for (name, text), (field, end, _) in zip(parse_qsl(custom), _parts(custom, known), strict=True):
        meant = asked(field, end, text) if field else None
        if field is None or meant is None:
            yield name, ""
            continue
        sign = {">=": "≥", "<=": "≤"}.get(meant[0], ":")
        yield name, f"{field.label} {sign} {shown(field, meant[1])}"


def cell(field: Definition, value: Any) -> Cell:
    """Give a value as a sheet holds it: figures as figures, days as days, a choice by its label."""
    if value is None:
        return ""
    if field.kind == "date":
        return date.fromisoformat(value)
    return (
        shown(field, value) if field.kind in {"text", "choice"} else Decimal(written(field, value))
    )


def heading(field: Definition) -> str:
    """Name the column of a field, with the unit of its figures."""
    unit = field.currency if field.kind == "money" else field.unit
    return f"{field.label} ({unit})" if unit else field.label


def _way(field: Definition) -> Asked:
    return "says" if field.kind == "text" else "=="


def _parts(custom: str, known: Definitions) -> Iterator[tuple[Definition | None, str, str]]:
    for name, text in parse_qsl(custom):
        key, _, end = name.partition(".")
        yield known.get(key), end, text
