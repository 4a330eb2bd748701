"""Why something was rejected or failed, in a few words, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.capture.problems import WORDS
from clew.errors import ClewError


@dataclass(frozen=True, slots=True)
class Reason:
    """The fact, and the advice."""

    title: str | Promise
    advice: str | Promise = ""


TYPE_IT_IN = _("Correct it, if you can tell what was meant, and send it on.")
READ_IT = _("Read it: send it on if a person wrote it, put it aside if not.")
TELL_SENDER = _("Correct it here, and tell the sender what their system does wrong.")
CORRECT_FIELD = _(
    "Correct it: what the field cannot hold is kept beside. Tell the sender what their system does wrong."
)
REASONS: dict[str, Reason] = {
    "unreachable": Reason(
        _("No way to reach the person"), _("Look for a number in the message, type it in, send it on.")
    ),
    "unknown_source": Reason(
        _("No such source"), _("Add or open the source, then replay; or choose another one.")
    ),
    "impossible_date": Reason(_("A date that cannot be"), TELL_SENDER),
    "no_offset": Reason(_("A time without its zone"), TELL_SENDER),
    "too_deep": Reason(_("Nested too deeply"), TELL_SENDER),
    "lead_too_large": Reason(_("Too large"), TELL_SENDER),
    "nul": Reason(_("A character that cannot be stored"), TELL_SENDER),
    "unknown_field": Reason(_("A field that does not exist"), TELL_SENDER),
    "missing_field": Reason(_("A field is missing"), TELL_SENDER),
    "too_long": Reason(_("A text is too long"), TELL_SENDER),
    "too_short": Reason(_("A text is too short"), TELL_SENDER),
    "out_of_range": Reason(_("A number is out of range"), TELL_SENDER),
    "wrong_type": Reason(_("A value of the wrong type"), TELL_SENDER),
    **dict.fromkeys(
        (
            *("not_a_number", "too_exact", "not_a_date", "ambiguous_date", "impossible_day"),
            *("not_a_choice", "not_minor_units", "not_an_amount", "other_currency"),
        ),
        Reason(_("A field of your own cannot hold a value"), CORRECT_FIELD),
    ),
    "idempotency_key_reused": Reason(
        _("Sent under a key that was used before"),
        _("Nothing is wrong with the lead: replay it, and tell the sender to use a new key."),
    ),
    "not_storable": Reason(_("The database did not take it"), _("Replay it; if it fails again, report it.")),
    "fields_wrong": Reason(_("What was typed reaches nobody"), TYPE_IT_IN),
    "too_fast": Reason(_("Sent faster than people type"), READ_IT),
    "too_many_visits": Reason(_("Too many from one network"), READ_IT),
    "too_old": Reason(_("The page had been open for too long"), READ_IT),
    "seal_broken": Reason(
        _("It cannot be opened"), _("The key that sealed it is missing: set CLEW_SECRET_KEY_PREVIOUS, replay.")
    ),
    "belt_error": Reason(
        _("The belt stumbled over it"), _("Replay it. If it fails again, correct it, and report the error.")
    ),
    "not_kept": Reason(
        _("Not kept any more"), _("More was refused than there is room for; only the number is known.")
    ),
}  # fmt: skip
OTHER = Reason(_("Something went wrong"), _("Replay it. If it fails again, report it."))


def reason(code: str) -> Reason:
    """The words for a code; those of the error itself where there are no better ones."""
    if code in REASONS:
        return REASONS[code]
    message = next((kind.__doc__ for kind in _kinds(ClewError) if kind.code == code), None)
    return Reason(gettext(message.strip())) if message else OTHER


def fault_words(code: str) -> str:
    """What is wrong with one field."""
    return gettext(WORDS[code]) if code in WORDS else str(reason(code).title)


def _kinds(kind: type[ClewError]) -> Iterator[type[ClewError]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _kinds(sub)
