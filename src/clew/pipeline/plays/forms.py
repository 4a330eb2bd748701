"""What writing a script sends. Checks of meaning are the actions'."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clew.pipeline.plays.actions.scripts import LONGEST_AVOID, LONGEST_LINE, MOST_LINES, Words
from clew.pipeline.plays.models import Script
from clew.pipeline.plays.wording import SAID

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
