"""What is done to many leads, and why some are left, in words."""

from collections.abc import Callable
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.access.models import Member
from clew.capture.custom import shown
from clew.capture.queries import all_definitions
from clew.handoff.pools.queries import pools
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.dossier import colleagues
from clew.pipeline.wording import BACK, ENDS, FACTS, GRADES, Words, fact_in_words, word

ACTS: Words = {
    "assign": gettext_lazy("Give to somebody"),
    "plan": gettext_lazy("Plan the next contact"),
    "close": pgettext_lazy("many leads", "Close"),
    "reopen": gettext_lazy("Take up again"),
    "grade": gettext_lazy("Grade yourself"),
    "lift": gettext_lazy("Let the rules grade"),
    "field": gettext_lazy("Fill a field"),
    "category": gettext_lazy("Correct the category"),
    "region": gettext_lazy("Correct the region"),
    "pool": gettext_lazy("Back to the pool"),
    "move": gettext_lazy("Put into another pool"),
    "undo": gettext_lazy("Take back"),
}
LEFT: Words = {
    "closed_already": gettext_lazy("Closed already"),
    "with_person": gettext_lazy("Not in a pool: somebody has it"),
    "lead_not_pooled": gettext_lazy("Somebody has changed it meanwhile"),
    "pool_unknown": gettext_lazy("That team takes no leads any more"),
    "in_pool": gettext_lazy("In the pool: somebody must claim it first"),
    "pooled_already": gettext_lazy("In the pool already"),
    "lead_not_claimed": gettext_lazy("Somebody has changed it meanwhile"),
    "there_already": gettext_lazy("With that person already"),
    "open_already": gettext_lazy("Open already"),
    "not_graded": gettext_lazy("Not graded yet"),
    "graded_so": gettext_lazy("Graded so by a person already"),
    "not_by_person": gettext_lazy("Graded by the rules already"),
    "holds_already": gettext_lazy("Holds that already"),
    "values_changed": gettext_lazy("Somebody has changed it meanwhile"),
    "values_refused": gettext_lazy("The field cannot hold that any more"),
    "gone": gettext_lazy("Not there any more"),
    "lead_missing": gettext_lazy("Not yours to see any more"),
    "lead_moved": gettext_lazy("Somebody has changed it meanwhile"),
    "act_denied": gettext_lazy("You may not do this any more"),
    "contact_busy": gettext_lazy("The same person has a newer open enquiry"),
    "seat_missing": gettext_lazy("The person does not work there any more"),
    "next_time_passed": gettext_lazy("The time has passed meanwhile"),
}


def deed(act: str, terms: Terms, viewer: Member) -> str:
    """Say what exactly is to be done."""
    if act == "assign" and terms.seat_id:
        names = {seat.seat_id: seat.name for seat in colleagues(viewer)}
        return _("Give to %(name)s") % {"name": names.get(terms.seat_id, "?")}
    if act == "move" and terms.team_id is not None:
        names = dict(pools(viewer))
        pool = names.get(terms.team_id) or _("Company's pool")
        return _("Into the pool: %(pool)s") % {"pool": pool}
    if act in SAID and terms != Terms():
        return SAID[act](terms)
    return word(ACTS, act)


def _plan(terms: Terms) -> str:
    at = localtime(datetime.fromisoformat(terms.due_at))
    return _("Next contact %(time)s") % {"time": f"{at:%Y-%m-%d %H:%M}"}


def _close(terms: Terms) -> str:
    return _("Close: %(reason)s") % {"reason": word(ENDS, terms.end)}


def _grade(terms: Terms) -> str:
    grade = word(GRADES, str(terms.level))
    return _("Grade %(grade)s: %(why)s") % {"grade": grade, "why": terms.why}


def _pool(terms: Terms) -> str:
    return _("Back to the pool: %(reason)s") % {"reason": word(BACK, terms.reason)}


def _fact(fact: str) -> Callable[[Terms], str]:
    def said(terms: Terms) -> str:
        words = {"field": word(FACTS, fact), "value": fact_in_words(fact, str(terms.value))}
        return _("%(field)s: %(value)s") % words

    return said


def _field(terms: Terms) -> str:
    field = all_definitions().get(terms.field)
    if field is None:
        return word(ACTS, "field")
    words = {"field": field.label, "value": shown(field, terms.value)}
    return _("%(field)s: %(value)s") % words if words["value"] else _("Empty %(field)s") % words


SAID: dict[str, Callable[[Terms], str]] = {
    "plan": _plan,
    "close": _close,
    "grade": _grade,
    "field": _field,
    "category": _fact("category"),
    "region": _fact("region"),
    "pool": _pool,
}
