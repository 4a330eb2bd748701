"""What the pages of pipelines send."""

from decimal import Decimal

from django import forms

from clew.pipeline.actions.leads import NOTE_AT_MOST
from clew.pipeline.moves.actions.leads import Leaving
from clew.pipeline.moves.actions.stages import Naming, StageIn
from clew.pipeline.moves.models import Stage


class MoveForm(forms.Form):
    """Into which stage, from which as the page showed it, and why."""

    stage = forms.IntegerField()
    seen = forms.IntegerField(required=False)
    note = forms.CharField(max_length=NOTE_AT_MOST, required=False)


class LeaveForm(forms.Form):
    """Why a lead leaves; the action judges the reason."""

    reason = forms.IntegerField()
    rival = forms.CharField(required=False)
    price = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)

    def leaving(self) -> Leaving:
        """Give what the action takes."""
        sent = self.cleaned_data
        return Leaving(sent["reason"], sent["rival"], cents(sent["price"]))


class EstimateForm(forms.Form):
    """What a lead may be worth."""

    value = forms.DecimalField(min_value=0, max_digits=12, decimal_places=2)

    def value_minor(self) -> int:
        """Give it in cents."""
        return int(self.cleaned_data["value"] * 100)


class StageForm(forms.Form):
    """A stage: the action judges the names."""

    name_zh = forms.CharField(required=False)
    name_en = forms.CharField(required=False)
    enters_on = forms.ChoiceField(choices=[(s, s) for s in Stage.Sign.values], required=False)
    is_contract = forms.BooleanField(required=False)
    lift = forms.DecimalField(
        required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2
    )

    def stage(self) -> StageIn:
        """Give what the action takes."""
        sent = self.cleaned_data
        return StageIn(
            name=Naming(sent["name_zh"], sent["name_en"]),
            enters_on=sent["enters_on"],
            is_contract=sent["is_contract"],
            lift_bp=int((sent["lift"] or Decimal(0)) * 100),
        )


class ReasonForm(forms.Form):
    """A reason for leaving a stage: the action judges it."""

    name_zh = forms.CharField(required=False)
    name_en = forms.CharField(required=False)
    end = forms.CharField(required=False)
    asks_rival = forms.BooleanField(required=False)


def cents(amount: Decimal | None) -> int | None:
    """Give an amount in cents, where there is one."""
    return None if amount is None else int(amount * 100)
