"""Shapes of the rules of a pool, as operators type them: hours where they are kept in minutes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from clew.access.models import Team
from clew.handoff.pools.actions import PoolTerms
from clew.handoff.pools.models import PoolPolicy
from clew.pipeline.moves.models import Stage
from clew.pipeline.moves.queries import name
from clew.web.office.forms import Styled

MINUTES = 60
MOST_DAYS = 250
MOST = 10_000
STAGE = "stage_"


def _days(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=MOST_DAYS)


class CompanyPoolForm(Styled):
    """Who may take how much from a pool. What stays empty is not limited."""

    claims_per_day = forms.IntegerField(
        label=_("Claims per person and day, at most"), required=False, min_value=0, max_value=MOST
    )
    views_per_day = forms.IntegerField(
        label=_("Closer looks per person and day, at most"),
        help_text=_("With a limit, a lead shows only what kind it is until somebody looks closer."),
        required=False,
        min_value=0,
        max_value=MOST,
    )
    waits_hours = forms.IntegerField(
        label=_("Hours until whoever had a lead may claim it again"),
        required=False,
        min_value=0,
        max_value=MOST,
    )
    is_veiled = forms.BooleanField(
        label=_("Hide names and numbers from salespeople until they claim"), required=False
    )

    def __init__(self, *args: Any, policy: PoolPolicy, **kwargs: Any) -> None:
        """Begin with what holds."""
        initial = {key: getattr(policy, key) for key in PoolTerms.__dataclass_fields__}
        if policy.uncontacted_minutes:
            initial["uncontacted_hours"] = round(policy.uncontacted_minutes / MINUTES, 2)
        super().__init__(*args, initial=initial, **kwargs)

    def terms(self) -> PoolTerms:
        """Give what was typed as the action takes it."""
        data = self.cleaned_data
        return PoolTerms(
            claims_per_day=data["claims_per_day"],
            views_per_day=data["views_per_day"],
            waits_hours=data["waits_hours"] or 0,
            is_veiled=data["is_veiled"],
        )


class PoolForm(CompanyPoolForm):
    """The same for a team, and when its leads go back."""

    uncontacted_hours = forms.FloatField(
        label=_("Working hours without a first call"),
        required=False,
        min_value=0.1,
        max_value=MOST,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    idle_days_high = _days(_("High intent: working days without progress"))
    idle_days_medium = _days(_("Medium intent: working days without progress"))
    idle_days_low = _days(_("Low intent: working days without progress"))
    takes_excess = forms.BooleanField(
        label=_("What somebody holds beyond their limit goes back a working day later"),
        required=False,
    )
    turns = forms.IntegerField(
        label=_("How often such a lead is given out again by turn"),
        help_text=_("Never to whoever it was taken from. After that it waits to be claimed."),
        required=False,
        min_value=0,
        max_value=100,
    )
    is_public = forms.BooleanField(
        label=_("It goes to the company's pool instead of the team's"), required=False
    )
    is_lifelong = forms.BooleanField(
        label=_("A person's next enquiry comes back to whoever had them"),
        help_text=_("As long as they are there and have room; else it goes as all others do."),
        required=False,
    )
    overflow_id = forms.TypedChoiceField(
        label=_("When everybody is full, this team takes the leads"),
        required=False,
        coerce=int,
        empty_value=None,
    )
    field_order = (
        "uncontacted_hours",
        "idle_days_high",
        "idle_days_medium",
        "idle_days_low",
        "takes_excess",
        "turns",
        "is_public",
    )

    def __init__(
        self,
        *args: Any,
        stages: Sequence[Stage],
        patience: Mapping[int, int],
        others: Sequence[Team],
        **kwargs: Any,
    ) -> None:
        """Ask for days by stage too. `others`: the teams that may come in."""
        super().__init__(*args, **kwargs)
        choices = [("", _("none: they wait in the pool")), *((t.pk, t.name) for t in others)]
        cast(forms.ChoiceField, self.fields["overflow_id"]).choices = choices
        for stage in stages:
            label = pgettext("stage of a pipeline", "%(pipeline)s: %(stage)s") % {
                "pipeline": name(stage.pipeline),
                "stage": name(stage),
            }
            field = _days(label)
            field.initial = patience.get(stage.pk)
            self.fields[f"{STAGE}{stage.pk}"] = field
        self.dress()

    @property
    def returning(self) -> list[forms.BoundField]:
        """When leads go back, and where to."""
        return [self[key] for key in self.field_order]

    @property
    def arriving(self) -> list[forms.BoundField]:
        """Who gets what comes in."""
        return [self["is_lifelong"], self["overflow_id"]]

    @property
    def claiming(self) -> list[forms.BoundField]:
        """Who may take how much."""
        return [self[key] for key in CompanyPoolForm.base_fields]

    @property
    def has_patience(self) -> bool:
        """Whether a stage has days of its own."""
        return any(field.value() for field in self.by_stage)

    @property
    def by_stage(self) -> list[forms.BoundField]:
        """Days by stage."""
        return [self[key] for key in self.fields if key.startswith(STAGE)]

    def terms(self) -> PoolTerms:
        """Give what was typed as the action takes it."""
        data, hours = self.cleaned_data, self.cleaned_data["uncontacted_hours"]
        return PoolTerms(
            uncontacted_minutes=None if hours is None else max(1, round(hours * MINUTES)),
            idle_days_high=data["idle_days_high"],
            idle_days_medium=data["idle_days_medium"],
            idle_days_low=data["idle_days_low"],
            takes_excess=data["takes_excess"],
            turns=data["turns"] or 0,
            is_public=data["is_public"],
            claims_per_day=data["claims_per_day"],
            views_per_day=data["views_per_day"],
            waits_hours=data["waits_hours"] or 0,
            is_veiled=data["is_veiled"],
            is_lifelong=data["is_lifelong"],
            overflow_id=data["overflow_id"],
        )

    def patience(self) -> dict[int, int]:
        """Give the days by stage that were typed."""
        return {
            int(key.removeprefix(STAGE)): days
            for key, days in self.cleaned_data.items()
            if key.startswith(STAGE) and days
        }
