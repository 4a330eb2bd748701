"""What writing scripts and plays sends. Checks of meaning are the actions'."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.pipeline.plays.actions.plays import NAME_AT_MOST, PlayIn
from clew.pipeline.plays.actions.scripts import LONGEST_AVOID, LONGEST_LINE, MOST_LINES, Words
from clew.pipeline.plays.models import Script
from clew.pipeline.plays.steps import (
    LONGEST_WAIT,
    LONGEST_WORDS,
    MOST_STEPS,
    Channel,
    Holds,
    Kind,
    Otherwise,
    Step,
)
from clew.pipeline.plays.wording import (
    CHANNEL_WORDS,
    HOLDS_WORDS,
    KIND_WORDS,
    OTHERWISE_WORDS,
    SAID,
)

LONGEST = MOST_LINES * (LONGEST_LINE + 40)


class ScriptForm(forms.Form):
    """The words of a script, in both languages."""

    lines_zh = forms.CharField(label=_("To say, in Chinese: one thing on each line"))
    avoid_zh = forms.CharField(label=_("Never, in Chinese"))
    lines_en = forms.CharField(label=_("To say, in English"))
    avoid_en = forms.CharField(label=_("Never, in English"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Bound and style the fields: each may stay empty by itself."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for key in ("lines_zh", "lines_en"):
            attrs = {"class": "form-control", "rows": 4, "maxlength": LONGEST}
            self.fields[key].widget = forms.Textarea(attrs)
        for key in ("avoid_zh", "avoid_en"):
            attrs = {"class": "form-control", "maxlength": LONGEST_AVOID}
            self.fields[key].widget = forms.TextInput(attrs)
        for key in ("lines_zh", "lines_en", "avoid_zh", "avoid_en"):
            self.fields[key].required = False

    def words(self) -> Words:
        """Give what was typed."""
        sent = self.cleaned_data
        return Words(sent["lines_zh"], sent["lines_en"], sent["avoid_zh"], sent["avoid_en"])


class NewScriptForm(ScriptForm):
    """A script with the place that it is for."""

    stage = forms.ChoiceField(label=_("Stage"), required=False)
    said = forms.ChoiceField(label=_("It answers"), choices=list(SAID.items()), required=False)
    field_order = ("stage", "said")

    def __init__(self, *args: Any, stages: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        """Offer the stages."""
        super().__init__(*args, **kwargs)
        choices = [("", gettext("Any stage")), *((str(pk), words) for pk, words in stages)]
        self.fields["stage"] = forms.ChoiceField(label=_("Stage"), choices=choices, required=False)
        self.order_fields(self.field_order)
        for key in self.field_order:
            self.fields[key].widget.attrs["class"] = "form-select"

    def place(self) -> tuple[int | None, str]:
        """Give the stage, if it is one, and what is answered."""
        stage = self.cleaned_data["stage"]
        return (int(stage) if stage else None), self.cleaned_data["said"]


def words_of(script: Script) -> dict[str, str]:
    """Fill the form with a script as it is."""
    return {
        "lines_zh": script.lines_zh,
        "lines_en": script.lines_en,
        "avoid_zh": script.avoid_zh,
        "avoid_en": script.avoid_en,
    }


KINDS = [("", _("no step")), *((code, words) for code, words in KIND_WORDS.items())]


class StepForm(forms.Form):
    """One step of a play; a row without a kind is none."""

    place = forms.IntegerField(label=_("Order"), min_value=1, max_value=99, required=False)
    kind = forms.ChoiceField(label=_("What"), choices=KINDS, required=False)
    days = forms.IntegerField(
        label=_("Days after the step before"), min_value=0, max_value=LONGEST_WAIT, required=False
    )
    channel = forms.ChoiceField(label=_("By"), choices=list(CHANNEL_WORDS.items()), required=False)
    cost = forms.DecimalField(
        label=_("Cost in yuan"), min_value=0, max_value=100_000, decimal_places=2, required=False
    )
    holds = forms.ChoiceField(label=_("Only if"), choices=list(HOLDS_WORDS.items()), required=False)
    otherwise = forms.ChoiceField(
        label=_("Otherwise"), choices=list(OTHERWISE_WORDS.items()), required=False
    )
    zh = forms.CharField(label=_("Words, in Chinese"), max_length=LONGEST_WORDS, required=False)
    en = forms.CharField(label=_("Words, in English"), max_length=LONGEST_WORDS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Style the fields."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for key in ("zh", "en"):
            self.fields[key].widget = forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST_WORDS})
        _dress(self)

    def step(self) -> Step | None:
        """Give the step, or none where the row is empty."""
        sent = self.cleaned_data
        if not sent.get("kind"):
            return None
        return Step(
            kind=Kind(sent["kind"]),
            days=sent["days"] or 0,
            channel=Channel(sent["channel"] or Channel.PHONE),
            zh=sent["zh"].strip(),
            en=sent["en"].strip(),
            holds=Holds(sent["holds"] or Holds.HAS_PHONE),
            otherwise=Otherwise(sent["otherwise"] or Otherwise.STOP),
            cost_minor=int((sent["cost"] or 0) * 100),
        )


StepForms = forms.formset_factory(
    StepForm, extra=2, max_num=MOST_STEPS, absolute_max=MOST_STEPS + 4, validate_max=False
)


class PlayForm(forms.Form):
    """A play beside its steps."""

    edition = forms.IntegerField(widget=forms.HiddenInput, required=False)
    place = forms.ChoiceField(label=_("For whom"))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=NAME_AT_MOST, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=NAME_AT_MOST, required=False)
    assumed = forms.DecimalField(
        label=_("Assumed lift into the next stage, in percentage points"),
        help_text=_("From the trade or from experience. The measured one stands beside it."),
        max_digits=8,
        required=False,
    )
    held_back_percent = forms.IntegerField(
        label=_("Held back, of 100 leads"),
        help_text=_("They go without, by chance, so that the difference means something: 5 to 50."),
    )
    window_days = forms.IntegerField(
        label=_("Days after which a lead counts"),
        help_text=_("Who got further by then counts as reached; longer than all steps take."),
    )
    starts_itself = forms.BooleanField(label=_("Starts by itself"), required=False)

    def __init__(self, *args: Any, places: Iterable[Any] = (), **kwargs: Any) -> None:
        """Offer the places where there is something to choose."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        offered = list(places)
        if offered:
            self.fields["place"] = forms.ChoiceField(label=_("For whom"), choices=offered)
        else:
            del self.fields["place"]
        _dress(self)

    def play(self, steps: Iterable[Step]) -> PlayIn:
        """Give the play as the action takes it."""
        sent = self.cleaned_data
        return PlayIn(
            name_zh=sent["name_zh"],
            name_en=sent["name_en"],
            steps=tuple(steps),
            assumed_bp=round((sent["assumed"] or 0) * 100),
            starts_itself=sent["starts_itself"],
            held_back_percent=sent["held_back_percent"],
            window_days=sent["window_days"],
        )


def steps_sent(rows: Any) -> list[Step]:
    """Give the steps of all rows, in the order that was typed; rows without a number stay where they are."""
    placed = []
    for number, row in enumerate(rows, 1):
        step = row.step()
        if step is not None:
            placed.append((row.cleaned_data["place"] or number, number, step))
    return [step for _place, _number, step in sorted(placed, key=lambda one: one[:2])]


def steps_shown(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Fill the rows with steps as they are."""
    return [
        {
            "place": number,
            "kind": step.kind.value,
            "days": step.days,
            "channel": step.channel.value,
            "holds": step.holds.value,
            "otherwise": step.otherwise.value,
            "zh": step.zh,
            "en": step.en,
            "cost": f"{step.cost_minor / 100:.2f}" if step.cost_minor else None,
        }
        for number, step in enumerate(steps, 1)
    ]


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxInput):
            style = "form-check-input"
        else:
            is_select = isinstance(field.widget, forms.Select)
            style = "form-select" if is_select else "form-control"
        field.widget.attrs.setdefault("class", style)
