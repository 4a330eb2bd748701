"""What a change of many leads asks for: only what its act needs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member
from clew.capture.custom import LONGEST_TEXT, Definition, read, written
from clew.capture.inputs import WORDS
from clew.capture.queries import all_definitions, definitions
from clew.contacts.rules import FACTS, LONGEST_FACT
from clew.grading.models import Level
from clew.handoff.pools.claiming import COMPANY
from clew.handoff.pools.queries import pools
from clew.pipeline.actions.leads import BACK, ENDS
from clew.pipeline.bulk.checks import LONGEST_WHY
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.categories import known_categories
from clew.pipeline.custom import heading
from clew.pipeline.dossier import colleagues
from clew.pipeline.forms import region_meant
from clew.pipeline.wording import BACK as BACK_WORDS
from clew.pipeline.wording import ENDS as END_WORDS
from clew.pipeline.wording import GRADES

FIELDS = {
    "assign": ["seat"],
    "plan": ["due"],
    "close": ["end"],
    "grade": ["level", "why"],
    "field": ["field", "text"],
    "category": ["category"],
    "region": ["region"],
    "pool": ["reason"],
    "move": ["team"],
}


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

    field = forms.ChoiceField(label=_("Field"), widget=forms.Select(attrs={"class": "form-select"}))
    text = forms.CharField(
        label=_("What it shall hold"),
        max_length=LONGEST_TEXT,
        required=False,
        help_text=_(
            "As people write it. Answers to a choice stand in the list above. Empty: the field is emptied."
        ),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    category = forms.ChoiceField(
        label=_("Category"), widget=forms.Select(attrs={"class": "form-select"})
    )
    region = forms.CharField(
        label=_("Region"),
        max_length=LONGEST_FACT,
        help_text=_("As people write it: 江苏昆山, 320583"),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=[(code, BACK_WORDS[code]) for code in BACK],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    team = forms.TypedChoiceField(
        label=_("Into which pool"), coerce=int, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, act: str, viewer: Member, *args: Any, **kwargs: Any) -> None:
        """Keep the fields of one act."""
        super().__init__(*args, **kwargs)
        self.fields = {name: self.fields[name] for name in FIELDS.get(act, [])}
        self.act = act
        self.known = {one.key: one for one in definitions()} if act == "field" else {}
        field = self.fields.get("field")
        if isinstance(field, forms.ChoiceField):
            field.choices = list(_offered(self.known.values()))
        category = self.fields.get("category")
        if isinstance(category, forms.ChoiceField):
            category.choices = [(name, name) for name in known_categories()]
        team = self.fields.get("team")
        if isinstance(team, forms.TypedChoiceField):
            team.choices = [*pools(viewer), (COMPANY, _("Company's pool"))]
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

    def clean_region(self) -> str:
        """Read the region as leads keep it."""
        return region_meant(self.cleaned_data["region"])

    def clean(self) -> dict[str, Any]:
        """Read the value as its field takes it."""
        sent = super().clean() or {}
        key, sign, choice = str(sent.get("field", "")).partition("=")
        if key not in self.known:
            return sent
        value, code = read(self.known[key], choice if sign else sent.get("text", ""))
        if code:
            self.add_error("text", WORDS[code])
        return {**sent, "key": key, "value": value}

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
            field=sent.get("key", ""),
            value=sent.get(self.act) if self.act in FACTS else sent.get("value"),
            reason=sent.get("reason", ""),
            team_id=sent.get("team"),
        )


def _offered(fields: Iterable[Definition]) -> Iterator[tuple[str, str]]:
    """Offer each field, and of a choice each answer, and none."""
    for field in fields:
        if field.kind == "choice":
            yield f"{field.key}=", f"{field.label}: –"
            for choice in field.offered:
                yield f"{field.key}={choice.key}", f"{field.label}: {choice.label}"
        else:
            yield field.key, heading(field)


def said_again(terms: Terms) -> dict[str, Any]:
    """Fill the form with what was said before."""
    field = all_definitions().get(terms.field) if terms.field else None
    due = datetime.fromisoformat(terms.due_at) if terms.due_at else None
    return {
        "seat": terms.seat_id,
        "due": timezone.localtime(due) if due else None,
        "end": terms.end,
        "level": terms.level,
        "why": terms.why,
        "category": terms.value,
        "region": terms.value,
        "reason": terms.reason,
        "team": terms.team_id,
        "field": f"{terms.field}={terms.value or ''}"
        if field and field.kind == "choice"
        else terms.field,
        "text": written(field, terms.value) if field and field.kind != "choice" else "",
    }
