"""How SQL asks for leads by what a custom field holds."""

from typing import Any, Literal

from django.db.models import F, JSONField, Q, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from clew.capture.custom import Definition

Asked = Literal["==", "!=", ">=", "<=", ">", "<", "in", "says", "filled", "empty"]
ASKED_OF: dict[str, tuple[Asked, ...]] = {
    "text": ("says", "==", "filled", "empty"),
    "number": (">=", "<=", "==", "!=", ">", "<", "filled", "empty"),
    "date": (">=", "<=", "==", "filled", "empty"),
    "choice": ("in", "==", "!=", "filled", "empty"),
    "money": (">=", "<=", ">", "<", "filled", "empty"),
}
_COMPARED = {
    "==": Exact,
    ">=": GreaterThanOrEqual,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    "<": LessThan,
}


def having(field: Definition, asked: Asked, value: Any = None, *, path: str = "custom") -> Q:
    """Give the condition that a lead's value compares so with one of the same kind, as it is kept.

    A lead without a value meets `empty` alone. `path` leads to `Lead.custom` from another model.
    """
    held = KeyTransform(field.key, F(path))
    if asked in ("filled", "empty"):
        return Q(IsNull(held, asked == "empty"))
    if asked == "says":
        return Q(IContains(KeyTextTransform(field.key, F(path)), str(value)))
    if asked == "in":
        return Q(In(held, [Value(one, JSONField()) for one in value]))
    given = Value(value, JSONField())
    if asked == "!=":
        return ~Q(Exact(held, given)) & Q(IsNull(held, False))  # noqa: FBT003  as Django spells it
    return Q(_COMPARED[asked](held, given))


def by_value(field: Definition, *, path: str = "custom") -> KeyTransform:
    """Give what leads are sorted by where they are sorted by a custom field."""
    return KeyTransform(field.key, F(path))
