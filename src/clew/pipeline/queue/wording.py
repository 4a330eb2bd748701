"""Why a lead stands where it stands in the day, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clew.pipeline.queue.rules import Case, Figures, left_after
from clew.pipeline.rules import Group
from clew.pipeline.wording import Words

AN_HOUR = 60.0
HARDLY = 3  # per cent


STRAYS: Words = {
    "lead_missing": gettext_lazy("The lead is with somebody else now, or gone."),
    "lead_not_claimed": gettext_lazy("The lead is in the pool or closed by now."),
    "call_of_another_lead": gettext_lazy("This call was already logged for another lead."),
    "next_time_passed": gettext_lazy("The next contact lay before the call."),
    "next_time_missing": gettext_lazy("No day was said for the next contact."),
    "result_unreadable": gettext_lazy("The result cannot be read."),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What waiting costs one lead, in words: short for its row, and how it comes about."""

    costs: str
    how: str


def weighed(case: Case, by: Figures, *, now: datetime) -> Weighed:
    """Say what another hour costs a lead that waits; nothing of what is planned for later."""
    if case.group is Group.LATER:
        return Weighed("", "")
    left, later = (left_after(case, by, now=now, more=more) for more in (0.0, AN_HOUR))
    lost = round(100 * (1 - later / left)) if left else 0
    costs = _("−%(lost)d%% in an hour") % {"lost": lost}
    if lost < HARDLY:
        costs = _("can wait an hour")
    chance = by.rates[case.place, case.met]
    words = {"now": _percent(chance * left), "later": _percent(chance * later)}
    how = _("Chance of an order about %(now)s now, %(later)s in an hour.") % words
    return Weighed(costs, f"{how} {_source(by)}")


def _source(by: Figures) -> str:
    if by.effect is None:
        return _("Starting values, until enough leads of your own have come to an end.")
    return _("From %(leads)d leads of your own.") % {"leads": by.effect.leads}


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%" if share < 0.1 else f"{100 * share:.0f}%"
