"""Refusals of the bare routes as RFC 9457 problems, in the sender's language."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

from clew.base.json import dumps
from clew.capture.errors import LeadsRefused
from clew.capture.rules import Fault
from clew.errors import ClewError


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


MOST_FAULTS = 1_000
TITLES = {
    400: _("This cannot be read"),
    401: _("A token is needed"),
    403: _("This is not open to you"),
    405: _("This address does not take that"),
    408: _("Too slow"),
    413: _("Too large"),
    415: _("This form of content is not taken"),
    422: _("This cannot be used"),
    429: _("Too many"),
    500: _("Something broke"),
    503: _("Not reachable for a moment"),
}
WORDS = {
    "unreachable": _("No way to reach the person: give a phone, an email or a wechat."),
    "impossible_date": _("This date cannot be: use ISO 8601, after 1999 and not in the future."),
    "no_offset": _("The time needs an offset from UTC, such as +08:00."),
    "too_deep": _("Nested too deeply: sixteen levels are allowed."),
    "lead_too_large": _("This lead is larger than 256 KB. Leave out what nobody will read."),
    "nul": _("The NUL character cannot be stored. Leave it out."),
    "unknown_field": _("No such field. Put what has no field of its own into extra."),
    "missing_field": _("This field is needed."),
    "too_long": _("Too long."),
    "too_short": _("Too short."),
    "out_of_range": _("The number is out of range."),
    "wrong_type": _("The wrong type of value."),
    "not_a_number": _("Give a number, not a text."),
    "too_exact": _("The number has too many digits: 15 in all, six of them decimals."),
    "not_a_date": _("Give a day as ISO 8601, such as 2026-03-01."),
    "ambiguous_date": _("Day and month cannot be told apart. Write the date as 2026-03-01."),
    "impossible_day": _("There is no such day between 1900 and 2199."),
    "not_a_choice": _("This is none of the field's choices. Fields lists them by key."),
    "not_minor_units": _("Give money as a whole number of minor units, such as cents."),
    "not_an_amount": _("This is not an amount of money."),
    "other_currency": _("The field holds another currency."),
    "missing": _("This field is needed."),
    "unknown_source": _("No active source has this key. Sources lists them."),
}


def language_of(header: str) -> str:
    """The supported language that an Accept-Language header likes best."""
    for wanted, _quality in parse_accept_lang_header(header):
        if wanted.startswith("zh"):
            return "zh-hans"
        if wanted.startswith("en"):
            return "en"
    return settings.LANGUAGE_CODE


def problem(error: ClewError, language: str) -> bytes:
    """A problem document. Its `code` is stable; `detail` says what to do."""
    with override(language):
        document: dict[str, Any] = {
            "type": f"urn:clew:problem:{error.code}",
            "title": gettext(TITLES[error.status]),
            "status": error.status,
            "detail": gettext(error.message),
            "code": error.code,
        }
        if isinstance(error, LeadsRefused):
            document["errors"] = _entries(error.faults[:MOST_FAULTS])
    return dumps(document).encode()


def _entries(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [
        {
            "index": fault.index,
            "field": fault.field,
            "code": fault.code,
            "reason": gettext(WORDS[fault.code]),
        }
        for fault in faults
    ]
