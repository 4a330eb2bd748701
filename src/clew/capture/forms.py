"""The fields of a hosted form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.capture.custom import LONGEST_TEXT, Definition, Typed
from clew.capture.inputs import PREFIX, add_inputs, given_in, inputs_of
from clew.capture.rules import Draft, reach_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A custom field that a form asks for."""

    definition: Definition
    is_required: bool


class AskForm(forms.Form):
    """One way of reaching the person, and what they want. `company_site` is a trap for machines."""

    reach = forms.CharField(
        max_length=120,
        error_messages={"required": _("Leave a phone number or a WeChat id, so we can reach you.")},
    )
    message = forms.CharField(max_length=4000, required=False, strip=True)
    company_site = forms.CharField(required=False)
    ticket = forms.CharField(required=False)
    proof = forms.CharField(required=False, max_length=20)

    def __init__(self, data: Mapping[str, Any] | None = None, asked: Iterable[Asked] = ()) -> None:
        """Ask for the custom fields of the form as well."""
        super().__init__(data)
        fields = list(asked)
        required = [one.definition.key for one in fields if one.is_required]
        add_inputs(self, [one.definition for one in fields], required=required)
        for bound in self.inputs:
            bound.field.widget.attrs["class"] = "c-fld"

    @property
    def inputs(self) -> list[forms.BoundField]:
        """The custom fields, in their order."""
        return inputs_of(self)

    @property
    def custom(self) -> dict[str, Typed]:
        """What those custom fields hold that could be read."""
        return {key: value for key, value in given_in(self).items() if value is not None}

    @property
    def unread(self) -> dict[str, str]:
        """What was typed into custom fields and cannot be read, by their names in `extra`."""
        wrong = [one for one in self.inputs if one.errors and one.value()]
        return {
            f"custom.{one.name.removeprefix(PREFIX)}": str(one.value())[:LONGEST_TEXT]
            for one in wrong
        }

    def clean_reach(self) -> str:
        """Accept whatever lets us reach the person."""
        text: str = self.cleaned_data["reach"]
        if reach_of(text) is None:
            raise forms.ValidationError(
                gettext("We cannot reach you with this. Check the number or the WeChat id.")
            )
        return text

    @property
    def draft(self) -> Draft:
        """What the valid fields say."""
        return reach_of(self.cleaned_data["reach"]) or Draft()
