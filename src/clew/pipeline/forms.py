"""What the pages of a lead send."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _

from clew.base.json import dumps
from clew.capture.custom import Definition
from clew.capture.inputs import add_inputs, given_in, inputs_of
from clew.pipeline.actions.leads import ENDS, CallIn
from clew.pipeline.errors import NextTimeMissing, NextTimePassed
from clew.pipeline.models import Call
from clew.pipeline.rules import Next, Said, next_times, suggest

NOTE_AT_MOST = 2000


class CallForm(forms.Form):
    """The call sheet. Only the result is required; the next contact is suggested from it."""

    call_id = forms.UUIDField()
    result = forms.ChoiceField(
        choices=Call.Result.choices, error_messages={"required": _("Choose how the call ended.")}
    )
    said = forms.ChoiceField(choices=[(s, s) for s in Said], required=False)
    next = forms.ChoiceField(choices=[(n, n) for n in Next], required=False)
    date = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])
    note = forms.CharField(max_length=NOTE_AT_MOST, required=False)

    def call(self, now: datetime) -> CallIn:
        """Give the call as the action takes it. `now` is local. Raises NextTimeMissing, NextTimePassed."""
        sent = self.cleaned_data
        said = sent["said"] if sent["result"] == Call.Result.ANSWERED else ""
        choice = Next(sent["next"]) if sent["next"] else suggest(sent["result"], said, now=now)
        return CallIn(
            call_id=sent["call_id"],
            result=Call.Result(sent["result"]),
            said=said,
            note=sent["note"],
            next_at=_next_at(choice, sent["date"], now),
            is_last=choice is Next.NEVER,
        )


class PlanForm(forms.Form):
    """Another time for the next contact."""

    next = forms.ChoiceField(choices=[(n, n) for n in Next if n is not Next.NEVER])
    date = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M"])

    def due_at(self, now: datetime) -> datetime:
        """Give the time that was chosen. Raises NextTimeMissing, NextTimePassed."""
        due_at = _next_at(Next(self.cleaned_data["next"]), self.cleaned_data["date"], now)
        if due_at is None:
            raise NextTimeMissing
        return due_at


class AssignForm(forms.Form):
    """Who is to have the lead."""

    seat_id = forms.IntegerField()


class GradeForm(forms.Form):
    """What a grade is in a person's eyes, and why; the action judges both."""

    level = forms.IntegerField()
    reason = forms.CharField(max_length=1000)

    def given(self) -> tuple[int, str]:
        """Give level and reason; 0 and nothing where they cannot be read."""
        if not self.is_valid():
            return 0, ""
        return self.cleaned_data["level"], self.cleaned_data["reason"]


class FieldsForm(forms.Form):
    """The operator's own fields of a lead. `shown` is what the lead held when its page was drawn."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        fields: Iterable[Definition],
        held: Mapping[str, object],
    ) -> None:
        """Ask for each field in use, filled in with what the lead holds."""
        asked = list(fields)
        given = {one.key: held[one.key] for one in asked if one.key in held}
        super().__init__(data, initial={"shown": dumps(given)}, auto_id="field_%s", label_suffix="")
        add_inputs(self, asked, held=given)
        for bound in self.inputs:
            is_choice = isinstance(bound.field.widget, forms.Select)
            bound.field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    @property
    def inputs(self) -> list[forms.BoundField]:
        """The fields, in their order."""
        return inputs_of(self)

    def changes(self) -> tuple[dict[str, object], dict[str, object]]:
        """Give what was typed otherwise than it was shown, and what was shown there."""
        try:
            shown = msgspec.json.decode(self.cleaned_data["shown"] or "{}", type=dict[str, Any])
        except (ValueError, RecursionError):
            shown = {}
        given = {key: v for key, v in given_in(self).items() if v != shown.get(key)}
        return dict(given), {key: shown.get(key) for key in given}


class CloseForm(forms.Form):
    """How a lead ended."""

    reason = forms.ChoiceField(choices=[(end, end) for end in ENDS])
    value = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)

    def value_minor(self) -> int | None:
        """Give what it was worth in cents, if somebody said so."""
        value = self.cleaned_data["value"]
        return None if value is None else int(value * 100)


def _next_at(choice: Next, date: datetime | None, now: datetime) -> datetime | None:
    if choice is Next.NEVER:
        return None
    if choice is Next.DATE:
        if date is None:
            raise NextTimeMissing
        if date <= now:
            raise NextTimePassed
        return date
    return next_times(now).get(choice, now + timedelta(hours=1))
