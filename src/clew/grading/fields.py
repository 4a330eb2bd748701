"""Custom fields as facts of grading rules, named `custom.` and their key. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from clew.capture.custom import CUSTOM, Definition, Definitions, Typed, accept
from clew.grading.rules import (
    CHOICES,
    KINDS,
    OPERATORS_OF,
    Condition,
    Kind,
    Operator,
    Value,
)

KIND_OF_FIELD: dict[str, Kind] = {
    "text": "words",
    "number": "figure",
    "money": "figure",
    "date": "day",
    "choice": "choice",
}
OPERATORS_OF_FIELD: dict[Kind, tuple[Operator, ...]] = {
    "words": ("says", "==", "filled"),
    "figure": (">=", "<=", ">", "<", "==", "!=", "filled"),
    "day": (">=", "<=", "==", "filled"),
    "choice": ("==", "!=", "in", "filled"),
}


def field_of(fact: str, fields: Definitions) -> Definition | None:
    """Give the custom field that a fact is about; none where it is about another thing."""
    return fields.get(fact.removeprefix(CUSTOM)) if fact.startswith(CUSTOM) else None


def kind_of(fact: str, fields: Definitions) -> Kind | None:
    """Tell what sort of fact it is; nothing where it is not known."""
    field = field_of(fact, fields)
    return KIND_OF_FIELD[field.kind] if field else KINDS.get(fact)


def operators_of(fact: str, fields: Definitions) -> tuple[Operator, ...]:
    """Give the ways of comparing that fit a fact."""
    kind = kind_of(fact, fields)
    if kind is None:
        return ()
    return OPERATORS_OF_FIELD[kind] if fact.startswith(CUSTOM) else OPERATORS_OF[kind]


def choices_of(fact: str, fields: Definitions) -> tuple[str, ...]:
    """Give what a fact may be, where it is a choice."""
    field = field_of(fact, fields)
    return tuple(c.key for c in field.choices) if field else CHOICES.get(fact, ())


def fault_of(condition: Condition, fields: Definitions) -> str:
    """Say by a code why a custom field cannot be compared so; nothing where it can."""
    field = field_of(condition.fact, fields)
    if field is None:
        return "no_such_fact"
    if condition.op not in operators_of(condition.fact, fields):
        return "operator_does_not_fit"
    return "" if _is_value(condition, field) else "value_does_not_fit"


def _is_value(condition: Condition, field: Definition) -> bool:
    value = condition.value
    if condition.op == "filled":
        return isinstance(value, bool)
    if condition.op == "in":
        return isinstance(value, list) and bool(value) and all(_holds(field, v) for v in value)
    return _holds(field, value)


def _holds(field: Definition, value: Value) -> bool:
    return accept(field, value) == (value, "") and not isinstance(value, bool) and value != ""


def situations(field: Definition, compared: Iterable[Value]) -> list[dict[str, Any]]:
    """Give what a lead may hold, as far as it makes a difference to comparisons with these values."""
    flat = [
        v for c in compared for v in (c if isinstance(c, list) else [c]) if not isinstance(v, bool)
    ]
    return [{}, *({field.key: value} for value in _values(field, flat))]


def _values(field: Definition, flat: list[Any]) -> list[Typed]:
    if field.kind == "choice":
        return [choice.key for choice in field.choices]
    if field.kind == "text":
        return ["", *flat, " ".join(flat)]
    if field.kind == "date":
        days = [date.fromisoformat(text) for text in flat] or [date(2026, 1, 1)]
        return [(day + timedelta(n)).isoformat() for day in days for n in (-1, 0, 1)]
    figures = sorted(flat) or [0]
    between = [(one + other) / 2 for one, other in pairwise(figures)]
    return [figures[0] - 1, *figures, *between, figures[-1] + 1]
