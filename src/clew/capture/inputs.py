"""Custom fields in forms of Django: what is typed into them becomes what is kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clew.capture.custom import LONGEST_TEXT, Definition, Typed, read, written

PREFIX = "custom_"  # before the key, in the name of an input
WORDS = {
    "too_long": _("Up to 500 characters."),
    "nul": _("The NUL character cannot be stored. Leave it out."),
    "not_a_number": _("Write a number, such as 48 or 1,200.50."),
    "too_exact": _("The number has too many digits: 15 in all, six of them decimals."),
    "out_of_range": _("The number is out of range."),
    "not_a_date": _("Write a day, such as 2026-03-01."),
    "ambiguous_date": _("Day and month cannot be told apart. Write the date as 2026-03-01."),
    "impossible_day": _("There is no such day between 1900 and 2199."),
    "not_a_choice": _("Choose one of the answers."),
    "not_an_amount": _("Write an amount, such as 1,200.50."),
    "other_currency": _("The field holds another currency."),
}


class CustomInput(forms.CharField):
    """One custom field. Cleaned, it is the value as it is kept, or None where it was left empty."""

    def __init__(
        self, definition: Definition, *, is_required: bool = False, held: object = None
    ) -> None:
        """Look as the kind of the field is best typed. What is `held` can be kept, even if it is retired."""
        self.definition = definition
        super().__init__(
            label=definition.label,
            required=is_required,
            max_length=LONGEST_TEXT,
            widget=_widget(definition, held, is_required=is_required),
            help_text=definition.currency if definition.kind == "money" else definition.unit,
        )

    def clean(self, value: Any) -> Typed | None:
        """Read what was typed, or say what is wrong with it."""
        text = super().clean(value)
        found, code = read(self.definition, text)
        if code:
            raise forms.ValidationError(WORDS[code], code=code)
        return found


def _widget(field: Definition, held: object, *, is_required: bool) -> forms.Widget:
    if field.kind == "choice":
        empty = _("Choose …") if is_required else "–"
        offered = [c for c in field.choices if not c.is_retired or c.key == held]
        return forms.Select(choices=[("", empty), *((c.key, c.label) for c in offered)])
    if field.kind == "date":
        return forms.DateInput(attrs={"type": "date", "min": "1900-01-01", "max": "2199-12-31"})
    decimal = {"inputmode": "decimal"} if field.kind in {"number", "money"} else {}
    return forms.TextInput(attrs={**decimal, "autocomplete": "off"})


def add_inputs(
    form: forms.Form,
    fields: Iterable[Definition],
    *,
    required: Iterable[str] = (),
    held: Mapping[str, object] | None = None,
) -> None:
    """Let a form ask for custom fields, filled in with what is `held`."""
    needed, there = set(required), held or {}
    for one in fields:
        name, value = PREFIX + one.key, there.get(one.key)
        form.fields[name] = CustomInput(one, is_required=one.key in needed, held=value)
        form.initial[name] = written(one, value)


def inputs_of(form: forms.Form) -> list[forms.BoundField]:
    """Give the custom fields of a form, in their order."""
    return [form[name] for name in form.fields if name.startswith(PREFIX)]


def given_in(form: forms.Form) -> dict[str, Typed | None]:
    """Give what a valid form says of custom fields, by key."""
    given = form.cleaned_data.items()
    return {name.removeprefix(PREFIX): value for name, value in given if name.startswith(PREFIX)}
