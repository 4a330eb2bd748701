"""What is done to many leads, and why some are left, in words."""

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.access.models import Member
from clew.capture.custom import shown
from clew.capture.queries import all_definitions
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.dossier import colleagues
from clew.pipeline.wording import ENDS, GRADES, Words, word

ACTS: Words = {
    "assign": gettext_lazy("Give to somebody"),
    "plan": gettext_lazy("Plan the next contact"),
    "close": pgettext_lazy("many leads", "Close"),
    "reopen": gettext_lazy("Take up again"),
    "grade": gettext_lazy("Grade yourself"),
    "lift": gettext_lazy("Let the rules grade"),
    "field": gettext_lazy("Fill a field"),
    "undo": gettext_lazy("Take back"),
}
LEFT: Words = {
    "closed_already": gettext_lazy("Closed already"),
    "in_pool": gettext_lazy("In the pool: somebody must claim it first"),
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
    if act == "plan" and terms.due_at:
        at = localtime(datetime.fromisoformat(terms.due_at))
        return _("Next contact %(time)s") % {"time": f"{at:%Y-%m-%d %H:%M}"}
    if act == "close" and terms.end:
        return _("Close: %(reason)s") % {"reason": word(ENDS, terms.end)}
    if act == "grade" and terms.level:
        grade = word(GRADES, str(terms.level))
        return _("Grade %(grade)s: %(why)s") % {"grade": grade, "why": terms.why}
    if act == "field" and terms.field:
        return _field(terms)
    return word(ACTS, act)


def _field(terms: Terms) -> str:
    field = all_definitions().get(terms.field)
    if field is None:
        return word(ACTS, "field")
    words = {"field": field.label, "value": shown(field, terms.value)}
    return _("%(field)s: %(value)s") % words if words["value"] else _("Empty %(field)s") % words
