"""What the pages of a meeting send."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django import forms
from django.utils import timezone

from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.errors import TimesMissing

LENGTHS = (15, 30, 45, 60, 90, 120)
OTHERS = ("other1", "other2")
LOCAL = "%Y-%m-%dT%H:%M"


class InviteForm(forms.Form):
    """How, where, how long, and which times: ticked ones and up to two typed ones."""

    meeting_id = forms.UUIDField()
    kind = forms.CharField(required=False)
    place = forms.CharField(required=False, max_length=1000)
    minutes = forms.IntegerField(required=False)
    other1 = forms.DateTimeField(required=False, input_formats=[LOCAL])
    other2 = forms.DateTimeField(required=False, input_formats=[LOCAL])

    def plan(self, ticked: Sequence[str]) -> Plan:
        """Give what is offered; the action judges it. Raises TimesMissing where a time cannot be read."""
        if any(name in self.errors for name in OTHERS):
            raise TimesMissing
        sent = self.cleaned_data
        times = [read_time(text) for text in ticked]
        times += [sent[name] for name in OTHERS if sent.get(name)]
        return Plan(
            kind=sent.get("kind") or "",
            place=sent.get("place") or "",
            minutes=sent.get("minutes") or 0,
            times=times,
        )

    @property
    def meeting_id_sent(self) -> UUID | None:
        """The id that the page made, if it is one."""
        found: UUID | None = self.cleaned_data.get("meeting_id")
        return found


class SettleForm(forms.Form):
    """The time that the person has said: one of those offered, or another one."""

    at = forms.CharField(required=False)
    other = forms.DateTimeField(required=False, input_formats=[LOCAL])

    def time(self) -> datetime:
        """Give the time. Raises TimesMissing."""
        if self.is_valid() and self.cleaned_data["other"]:
            typed: datetime = self.cleaned_data["other"]
            return typed
        return read_time(self.data.get("at", ""))


def read_time(text: str) -> datetime:
    """Read a time as a page of ours carries it. Raises TimesMissing."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as unreadable:
        raise TimesMissing from unreadable
    if at.tzinfo is None:
        raise TimesMissing
    return at


def local(at: datetime) -> str:
    """Write a time as a field of a page wants it."""
    return timezone.localtime(at).strftime(LOCAL)
