"""Shape of what comes into a no-intent pool, how often it is touched, and by whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from clew.access.models import Member
from clew.pipeline.moves.actions.stages import LOSSES
from clew.pipeline.resting.actions.policies import RestTerms
from clew.pipeline.resting.models import RestPolicy
from clew.pipeline.resting.rules import LONGEST_DAYS, MOST_TOUCHES, USUAL
from clew.pipeline.wording import ENDS
from clew.web.office.forms import Styled

MOST = 1_000
LONGEST_BACK = 3_650


def _count(label: Any, most: int = MOST, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, min_value=1, max_value=most
    )


class RestForm(Styled):
    """What rests, and who is patient. What stays empty takes nothing."""

    ends = forms.MultipleChoiceField(
        label=_("Leads that were lost for"),
        choices=[(end, ENDS[end]) for end in LOSSES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    tries = _count(_("In the pool, after so many calls without an answer"))
    turns = _count(_("In the pool, after so many people had it in vain"))
    pooled_days = _count(_("In the pool, after so many days without a claim"), LONGEST_BACK)
    back_days = _count(
        _("Also what was lost within so many days before today"),
        LONGEST_BACK,
        _("Once, in the background. Their first touches are spread over the interval."),
    )
    every_days = _count(_("Working days between two touches"), LONGEST_DAYS)
    touches_at_most = _count(
        _("Touches at most"),
        MOST_TOUCHES,
        _("After that a lead rests until it gives a sign of life."),
    )
    keepers = forms.TypedMultipleChoiceField(
        label=_("Who looks after them"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        policy: RestPolicy | None,
        kept_by: Sequence[int],
        people: Sequence[Member],
        **kwargs: Any,
    ) -> None:
        """Begin with what holds. `people`: who may be named."""
        held = policy or RestPolicy(
            every_days=USUAL.every_days, touches_at_most=USUAL.touches_at_most
        )
        initial = {key: getattr(held, key) for key in RestTerms.__dataclass_fields__}
        initial["keepers"] = list(kept_by)
        super().__init__(*args, initial=initial, prefix="rest", **kwargs)
        choices = [(one.pk, one.name) for one in people]
        cast(forms.MultipleChoiceField, self.fields["keepers"]).choices = choices

    @property
    def taking(self) -> list[forms.BoundField]:
        """What comes in."""
        return [self[key] for key in ("ends", "tries", "turns", "pooled_days", "back_days")]

    @property
    def keeping(self) -> list[forms.BoundField]:
        """How it is looked after."""
        return [self[key] for key in ("every_days", "touches_at_most", "keepers")]

    def terms(self) -> RestTerms:
        """Give what was typed as the action takes it."""
        data = self.cleaned_data
        return RestTerms(
            ends=tuple(data["ends"]),
            tries=data["tries"],
            turns=data["turns"],
            pooled_days=data["pooled_days"],
            every_days=data["every_days"] or USUAL.every_days,
            touches_at_most=data["touches_at_most"] or USUAL.touches_at_most,
        )

    def since(self, now: datetime) -> datetime | None:
        """Give from when on leads that ended before are taken in, where that was asked for."""
        days = self.cleaned_data["back_days"]
        return now - timedelta(days=days) if days else None
