"""What the pages of a lead send."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

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
