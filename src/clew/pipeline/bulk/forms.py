"""What a change of many leads asks for: only what its act needs."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member
from clew.grading.models import Level
from clew.pipeline.actions.leads import ENDS
from clew.pipeline.bulk.actions import LONGEST_WHY
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.dossier import colleagues
from clew.pipeline.wording import ENDS as END_WORDS
from clew.pipeline.wording import GRADES

FIELDS = {"assign": ["seat"], "plan": ["due"], "close": ["end"], "grade": ["level", "why"]}


class TermsForm(forms.Form):
    """For whom, when, how, why."""

    seat = forms.TypedChoiceField(
        label=_("To whom"), coerce=int, widget=forms.Select(attrs={"class": "form-select"})
    )
    due = forms.DateTimeField(
        label=_("When"),
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    end = forms.ChoiceField(
        label=_("How did they end?"),
        choices=[(end, END_WORDS[end]) for end in ENDS],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    level = forms.TypedChoiceField(
        label=_("Grade"),
        coerce=int,
        choices=[(level, GRADES[str(level)]) for level in sorted(Level.values, reverse=True)],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    why = forms.CharField(
        label=_("Why?"),
        max_length=LONGEST_WHY,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, act: str, viewer: Member, *args: Any, **kwargs: Any) -> None:
        """Keep the fields of one act."""
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in FIELDS.get(act, [])}
        seat = self.fields.get("seat")
        if isinstance(seat, forms.TypedChoiceField):
            words = _("%(name)s (%(open)s of %(capacity)s)")
            seat.choices = [
                (
                    s.seat_id,
                    words % {"name": s.name, "open": s.open_count, "capacity": s.capacity},
                )
                for s in colleagues(viewer)
            ]

    def terms(self) -> Terms:
        """Give what was said."""
        sent = self.cleaned_data
        due = sent.get("due")
        return Terms(
            seat_id=sent.get("seat"),
            due_at=due.isoformat() if due else "",
            end=sent.get("end", ""),
            level=sent.get("level"),
            why=sent.get("why", ""),
        )


def said_again(terms: Terms) -> dict[str, Any]:
    """Fill the form with what was said before."""
    due = datetime.fromisoformat(terms.due_at) if terms.due_at else None
    return {
        "seat": terms.seat_id,
        "due": timezone.localtime(due) if due else None,
        "end": terms.end,
        "level": terms.level,
        "why": terms.why,
    }
