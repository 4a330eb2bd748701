"""Fields that the operator defined: what a value must be, how it is kept, how it is shown. Pure.

A value is kept as JSON that PostgreSQL orders as people do: a text, a number, a day as ISO 8601, a
choice by its key, money as an integer of minor units in the currency of the field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from clew.capture.values import WITHOUT_CENTS, folded, moment, plain_digits
from clew.capture.values import money as amount
from clew.capture.ways import narrow

Kind = Literal["text", "number", "date", "choice", "money"]
Typed = str | int | float
KINDS: tuple[Kind, ...] = get_args(Kind)
CUSTOM = "custom."  # before the key, where a field stands among others: a column, a fact, a filter
KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LONGEST_KEY = 40
LONGEST_LABEL = 40
LONGEST_UNIT = 12
LONGEST_TEXT = 500
MOST_FIELDS = 60
MOST_CHOICES = 100
MOST_DIGITS = 15  # that a number of JSON holds exactly, everywhere
MOST_DECIMALS = 6
LARGEST_NUMBER = 10**12
FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to a choice. A retired one is no longer offered."""

    key: str
    label: str
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """A field as the operator defined it. `unit` belongs to numbers, `currency` to money."""

    key: str
    label: str
    kind: Kind
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    currency: str = "CNY"
    is_retired: bool = False

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices that may be made from now on."""
        return tuple(choice for choice in self.choices if not choice.is_retired)


Definitions = Mapping[str, Definition]
Fault = tuple[str, str]  # the key of a field and a code for what is wrong with its value


def accept(field: Definition, value: object) -> tuple[Typed | None, str]:
    """Take a value as it is kept. Gives a code instead where it is none; nothing where it is empty."""
    if value is None or value == "":
        return None, ""
    return _ACCEPT[field.kind](field, value)


def read(
    field: Definition, text: str, *, day_first: bool | None = None
) -> tuple[Typed | None, str]:
    """Read a value as people write it: 1,200.50, ¥1.2万, 2026年3月1日, a choice by its label."""
    given = text.strip()
    if not given:
        return None, ""
    if field.kind == "date":
        return _read_date(field, given, day_first=day_first)
    return _READ[field.kind](field, given)


def accept_all(
    fields: Definitions, given: Mapping[str, object]
) -> tuple[dict[str, Typed], list[Fault]]:
    """Take every value of a lead. A field that is retired keeps what is sent to it."""
    typed: dict[str, Typed] = {}
    faults: list[Fault] = []
    for key, value in given.items():
        field = fields.get(key)
        found, code = accept(field, value) if field else (None, "unknown_field")
        if code:
            faults.append((key, code))
        elif found is not None:
            typed[key] = found
    return typed, faults


def shown(field: Definition, value: Any) -> str:
    """Write a value as people read it, in any language: with its unit, its currency, its label."""
    if value is None:
        return ""
    if field.kind == "choice":
        return next((c.label for c in field.choices if c.key == value), str(value))
    if field.kind == "money":
        return priced(int(value), field.currency)
    if field.kind == "number":
        return f"{_plain(value):,f} {field.unit}".rstrip()
    return str(value)


def written(field: Definition, value: Any) -> str:
    """Write a value as it can be typed again into a form: without unit, currency and thousands."""
    if value is None:
        return ""
    if field.kind == "money":
        return f"{major(int(value), field.currency):f}"
    return f"{_plain(value):f}" if field.kind == "number" else str(value)


def priced(minor: int, currency: str) -> str:
    """Show an amount of minor units; yuan by their sign."""
    figure = f"{major(abs(minor), currency):,f}"
    sign = "−" if minor < 0 else ""
    return f"{sign}¥{figure}" if currency == "CNY" else f"{sign}{currency} {figure}"


def major(minor: int, currency: str) -> Decimal:
    """Give an amount of minor units in the units that people count in."""
    return Decimal(minor) if currency in WITHOUT_CENTS else Decimal(minor).scaleb(-2)


def _plain(value: float) -> Decimal:
    return Decimal(repr(value))


def _accept_text(field: Definition, value: object) -> tuple[Typed | None, str]:
    if not isinstance(value, str):
        return None, "wrong_type"
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        return None, "too_long"
    return (None, "nul") if "\0" in text else (text or None, "")


def _accept_number(field: Definition, value: object) -> tuple[Typed | None, str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, "not_a_number"
    return _number(Decimal(value) if isinstance(value, int) else _plain(value))


def _accept_date(field: Definition, value: object) -> tuple[Typed | None, str]:
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        return None, "not_a_date"
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None, "impossible_day"
    return (value, "") if FIRST_YEAR <= day.year <= LAST_YEAR else (None, "impossible_day")


def _accept_choice(field: Definition, value: object) -> tuple[Typed | None, str]:
    known = isinstance(value, str) and any(choice.key == value for choice in field.choices)
    return (str(value), "") if known else (None, "not_a_choice")


def _accept_money(field: Definition, value: object) -> tuple[Typed | None, str]:
    if isinstance(value, bool) or not isinstance(value, int):
        return None, "not_minor_units"
    return (value, "") if abs(value) <= LARGEST_NUMBER else (None, "out_of_range")


def _number(value: Decimal) -> tuple[Typed | None, str]:
    if not value.is_finite() or abs(value) > LARGEST_NUMBER:
        return None, "out_of_range"
    value = value.normalize()
    _, digits, exponent = value.as_tuple()
    if len(digits) > MOST_DIGITS or (isinstance(exponent, int) and -exponent > MOST_DECIMALS):
        return None, "too_exact"
    return (int(value) if value == value.to_integral_value() else float(value)), ""


def _read_number(field: Definition, text: str) -> tuple[Typed | None, str]:
    plain = folded(text).removesuffix(folded(field.unit)).strip()
    digits = plain_digits(plain.removeprefix("-").replace(" ", ""))
    if not digits or len(digits) > LONGEST_KEY:
        return None, "not_a_number"
    return _number(Decimal(digits) * (-1 if plain.startswith("-") else 1))


def _read_date(field: Definition, text: str, *, day_first: bool | None) -> tuple[Typed | None, str]:
    if ISO_DAY.fullmatch(narrow(text)):
        return _accept_date(field, narrow(text))
    found, code = moment(text, day_first=day_first)
    if found is None:
        return None, "impossible_day" if code == "impossible_date" else code
    return found.date().isoformat(), ""


def _read_choice(field: Definition, text: str) -> tuple[Typed | None, str]:
    wanted = folded(text)
    for choice in field.choices:
        if wanted in (folded(choice.key), folded(choice.label)):
            return choice.key, ""
    return None, "not_a_choice"


def _read_money(field: Definition, text: str) -> tuple[Typed | None, str]:
    minor, currency = amount(text, field.currency)
    if minor is None:
        return None, "not_an_amount"
    return _accept_money(field, minor) if currency == field.currency else (None, "other_currency")


def _read_text(field: Definition, text: str) -> tuple[Typed | None, str]:
    return _accept_text(field, text)


_ACCEPT = {
    "text": _accept_text,
    "number": _accept_number,
    "date": _accept_date,
    "choice": _accept_choice,
    "money": _accept_money,
}
_READ = {
    "text": _read_text,
    "number": _read_number,
    "choice": _read_choice,
    "money": _read_money,
}


def same_name(columns: Sequence[str], fields: Definitions) -> dict[str, str]:
    """Find the columns of a file that are called like a field, each field once: column to key."""
    by_name = {folded(name): f.key for f in fields.values() for name in (f.key, f.label)}
    found: dict[str, str] = {}
    for column in columns:
        key = by_name.get(folded(column))
        if key and key not in found.values():
            found[column] = key
    return found
