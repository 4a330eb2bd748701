"""What the pages of a lead send."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from clew.base.json import dumps
from clew.capture.custom import Definition
from clew.capture.inputs import add_inputs, given_in, inputs_of
from clew.capture.regions import rivals
from clew.contacts.errors import RegionUnclear, RegionUnknown
from clew.contacts.rules import FACTS, LONGEST_FACT, read_region
from clew.pipeline.actions.leads import BACK, ENDS, NOTE_AT_MOST, CallIn
from clew.pipeline.categories import known_categories
from clew.pipeline.errors import NextTimeMissing, NextTimePassed
from clew.pipeline.models import Call
from clew.pipeline.rules import Next, Said, next_times, suggest


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
    """Who is to have the lead, and the placement that the page showed."""

    seat_id = forms.IntegerField()
    stands = forms.IntegerField()


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


class FactsForm(forms.Form):
    """What a lead is about and where it is from. `shown_…` is what it held when its page was drawn."""

    category = forms.ChoiceField(
        label=_("Category"),
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "invalid_choice": _("Choose one of the product groups that are known here.")
        },
    )
    region = forms.CharField(
        label=_("Region"),
        max_length=LONGEST_FACT,
        help_text=_("As people write it: 江苏昆山, 320583"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    shown_category = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    shown_region = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, data: Mapping[str, Any] | None, *, held: Mapping[str, str]) -> None:
        """Fill in what the lead holds; what was not there when the page was drawn need not be said."""
        now_shown = {f"shown_{fact}": text for fact, text in held.items()}
        super().__init__(data, initial={**held, **now_shown}, auto_id="fact_%s", label_suffix="")
        self.shown = {fact: self.data.get(f"shown_{fact}", held[fact]) for fact in FACTS}
        for fact in FACTS:
            self.fields[fact].required = bool(self.shown[fact])
        category = self.fields["category"]
        if isinstance(category, forms.ChoiceField):
            category.choices = offered_categories(self.shown["category"])

    def clean_region(self) -> str:
        """Read a region that was not there already, whatever that is."""
        text: str = self.cleaned_data["region"]
        return text if text in {"", self.shown["region"]} else region_meant(text)

    def changes(self) -> tuple[dict[str, str], dict[str, str]]:
        """Give what was typed otherwise than it was shown, and what was shown there."""
        sent = self.cleaned_data
        given = {fact: sent[fact] for fact in FACTS if sent[fact] != self.shown[fact]}
        return given, {fact: self.shown[fact] for fact in given}


def offered_categories(held: str) -> list[tuple[str, str]]:
    """Offer the product groups that are known, and before them what is there, where that is none of them."""
    known = known_categories()
    first = [] if held in known else [held]
    return [(name, name or "–") for name in (*first, *known)]


def region_meant(text: str) -> str:
    """Read a region as people write it, or say what is wrong with it, with the places that it may be."""
    try:
        return read_region(text)
    except RegionUnclear as unclear:
        which = gettext("“{text}” is in several places: {places}. Add which one.")
        places = pgettext("between places", ", ").join(rivals(text)[:6])
        raise forms.ValidationError(which.format(text=text, places=places)) from unclear
    except RegionUnknown as unknown:
        raise forms.ValidationError(gettext(unknown.message)) from unknown


class BackForm(forms.Form):
    """Why a lead goes back to the pool; the action judges the reason."""

    reason = forms.ChoiceField(choices=[(code, code) for code in BACK])
    note = forms.CharField(max_length=NOTE_AT_MOST, required=False)


class WorthForm(forms.Form):
    """What a lead came to, in yuan. A margin below nothing is a loss."""

    value = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)
    margin = forms.DecimalField(required=False, max_digits=12, decimal_places=2)

    def minor(self, name: str) -> int | None:
        """Give one of the two in cents, if somebody said so."""
        said = self.cleaned_data[name]
        return None if said is None else int(said * 100)


class CloseForm(WorthForm):
    """How a lead ended."""

    reason = forms.ChoiceField(choices=[(end, end) for end in ENDS])


class CorrectWorthForm(WorthForm):
    """What it came to after all, and why; the action judges both."""

    reason = forms.CharField(max_length=1000)
    seen = forms.IntegerField(min_value=0)


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
