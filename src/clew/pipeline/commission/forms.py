"""What the pages of commission send."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from clew.pipeline.commission.rules import TIERS_AT_MOST, Basis, Terms, Tier
from clew.pipeline.commission.wording import BASES

ROWS = 5
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # months have one before and one after


def amount() -> forms.DecimalField:
    """Give a field for an amount in yuan that may stay empty."""
    return forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)


class PlanForm(forms.Form):
    """A plan: amounts in yuan, rates in per cent. Rows of tiers that are left empty are none."""

    valid_from = forms.DateField()
    basis = forms.ChoiceField(choices=list(BASES.items()))
    method = forms.ChoiceField(choices=[("marginal", ""), ("whole", "")])
    per_deal = amount()
    cap = amount()
    seen = forms.IntegerField(min_value=0)

    def __init__(self, data: Mapping[str, Any] | None, *, shown: Terms) -> None:
        """Ask for as many tiers as there are, and a few more."""
        super().__init__(data)
        self.shown = shown
        self.count = min(TIERS_AT_MOST, max(ROWS, len(shown.tiers) + 1))
        for at in range(self.count):
            self.fields[f"from_{at}"] = amount()
            self.fields[f"rate_{at}"] = forms.DecimalField(
                max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Refuse half a tier."""
        sent: dict[str, Any] = self.cleaned_data
        for at in range(self.count):
            start, rate = sent.get(f"from_{at}"), sent.get(f"rate_{at}")
            if (start is None) != (rate is None):
                raise forms.ValidationError(
                    _("A tier needs both: from which amount, and the rate.")
                )
        return sent

    def terms(self) -> Terms:
        """Give the plan as the rules take it; they judge it."""
        sent = self.cleaned_data
        rows = [(sent[f"from_{at}"], sent[f"rate_{at}"]) for at in range(self.count)]
        return Terms(
            Basis(sent["basis"]),
            tuple(Tier(minor(start), minor(rate)) for start, rate in rows if rate is not None),
            sent["method"] == "marginal",
            minor(sent["per_deal"] or Decimal(0)),
            None if sent["cap"] is None else minor(sent["cap"]),
        )

    @property
    def tiers(self) -> list[tuple[int, str, str]]:
        """Give the rows as they are shown: what was typed, else what the plan says."""
        if self.is_bound:
            typed = self.data.get
            return [(n, typed(f"from_{n}", ""), typed(f"rate_{n}", "")) for n in range(self.count)]
        given = [(_shown(t.from_minor), _shown(t.rate_bp)) for t in self.shown.tiers]
        given += [("", "")] * (self.count - len(given))
        return [(n, *row) for n, row in enumerate(given)]

    @property
    def said(self) -> dict[str, str]:
        """Give the other fields as they are shown."""
        terms = self.shown
        said = {
            "basis": str(terms.basis),
            "method": "marginal" if terms.is_marginal else "whole",
            "per_deal": _shown(terms.per_deal_minor) if terms.per_deal_minor else "",
            "cap": "" if terms.cap_minor is None else _shown(terms.cap_minor),
            "valid_from": "",
        }
        return {name: self.data.get(name, given) for name, given in said.items()}


class MonthForm(forms.Form):
    """A month, by its first day or as 2026-11."""

    month = forms.DateField(
        input_formats=["%Y-%m", "%Y-%m-%d"],
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
    )

    def first(self) -> date | None:
        """Give its first day; None where it cannot be read."""
        if not self.is_valid():
            return None
        said: date = self.cleaned_data["month"]
        return said.replace(day=1)


def minor(amount: Decimal) -> int:
    """Give an amount, or per cent, in hundredths."""
    return int(amount * 100)


def _shown(hundredths: int) -> str:
    whole = Decimal(hundredths) / 100
    return f"{whole:f}".rstrip("0").rstrip(".") if hundredths % 100 else str(hundredths // 100)
