"""Plans and lines in words. Translated where they are shown."""

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from clew.base.money import money
from clew.pipeline.commission.models import Line
from clew.pipeline.commission.rules import TIERS_AT_MOST, Basis, Kind, Part, Terms

BASES: dict[str, str | Promise] = {
    Basis.VALUE: pgettext_lazy("basis", "Value"),
    Basis.MARGIN: pgettext_lazy("basis", "Margin"),
}
COUNTED: dict[str, str | Promise] = {
    Basis.VALUE: pgettext_lazy("of the month's", "value"),
    Basis.MARGIN: pgettext_lazy("of the month's", "margin"),
}
CAUSES: dict[str, str | Promise] = {
    Line.Cause.WON: gettext_lazy("Won"),
    Line.Cause.WORTH: gettext_lazy("Value corrected"),
    Line.Cause.SHARE: gettext_lazy("Credit shared otherwise"),
    Line.Cause.REOPENED: gettext_lazy("Taken up again"),
}
FAULTS: dict[str, str | Promise] = {
    "tiers_missing": gettext_lazy("The first tier begins at 0."),
    "tiers_too_many": gettext_lazy("A plan has at most %(n)d tiers."),
    "tiers_out_of_order": gettext_lazy("Each tier begins above the one before it."),
    "rate_out_of_range": gettext_lazy("A rate is between 0 and 100 %%."),
    "whole_rate_falls": gettext_lazy(
        "Where the tier that was reached counts for all, the rates must not fall: who sells more would lose."
    ),
    "amount_out_of_range": gettext_lazy("An amount is too large, or below nothing."),
}


def rate(bp: int) -> str:
    """Write basis points as per cent: 150 is 1.5 %."""
    return f"{Decimal(bp) / 100:f}".rstrip("0").rstrip(".") + " %" if bp % 100 else f"{bp // 100} %"


def in_words(terms: Terms) -> str:
    """Tell a plan in a line."""
    of = COUNTED[terms.basis]
    if len(terms.tiers) == 1:
        told = [
            _("%(rate)s of the %(basis)s") % {"rate": rate(terms.tiers[0].rate_bp), "basis": of}
        ]
    else:
        steps = [
            _("%(rate)s from %(amount)s")
            % {"rate": rate(t.rate_bp), "amount": _short(t.from_minor)}
            for t in terms.tiers
        ]
        tiers = pgettext("between tiers", ", ").join(steps)
        told = [_("of the month's %(basis)s: %(tiers)s") % {"basis": of, "tiers": tiers}]
        told.append(
            _("each part by its own tier")
            if terms.is_marginal
            else _("all of it by the tier that was reached")
        )
    if terms.per_deal_minor:
        told.append(_("%(amount)s for each deal") % {"amount": _short(terms.per_deal_minor)})
    if terms.cap_minor is not None:
        told.append(_("at most %(amount)s a month") % {"amount": _short(terms.cap_minor)})
    return pgettext("between rules", "; ").join(told)


def _short(minor: int) -> str:
    return money(minor).removesuffix(".00")


def part_in_words(part: Part) -> str:
    """Tell of what a part of a line consists."""
    if part.kind == Kind.FIXED:
        return _("for the deal")
    if part.kind == Kind.CAP:
        return _("the cap of the month")
    words = {"base": money(part.base), "rate": rate(abs(part.rate_bp))}
    if part.kind == Kind.RATE:
        return _("%(base)s at %(rate)s") % words
    if part.rate_bp > 0:
        return _("%(base)s before it, now %(rate)s more") % words
    return _("%(base)s beside it, now %(rate)s less") % words


def faults_in_words(codes: list[str]) -> list[str]:
    """Tell what is wrong with a plan."""
    return [str(FAULTS[code]) % {"n": TIERS_AT_MOST} for code in codes]
