"""What people are told, in words. Translated where it is shown."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clew.reach.models import Notice

Kind, End = Notice.Kind, Notice.End

NEWS: Mapping[str, str | Promise] = {
    Kind.HOT: gettext_lazy("New lead of high intent"),
    Kind.GIVEN: gettext_lazy("A lead was given to you"),
    Kind.SOON: gettext_lazy("Time is running out"),
    Kind.LATE: gettext_lazy("Time has run out"),
    Kind.TAKEN: gettext_lazy("No longer yours: it went back to the pool"),
}
ICONS = {
    Kind.HOT: "flame",
    Kind.GIVEN: "user-plus",
    Kind.SOON: "clock",
    Kind.LATE: "alert-triangle",
    Kind.TAKEN: "arrow-right",
}
TONES = {Kind.HOT: "acc", Kind.SOON: "soon", Kind.LATE: "late"}


def news(kind: str, by: str, holder: str) -> str:
    """Say what happened; `by` who did it, `holder` who has the lead now, as far as somebody did and has."""
    if kind == Kind.GIVEN and by:
        return _("%(name)s gave you a lead") % {"name": by}
    if kind == Kind.TAKEN and holder:
        return _("%(name)s has taken it over") % {"name": holder}
    return str(NEWS[Kind(kind)])


def over(end: str, holder: str) -> str:
    """Say why nobody needs to read it any more."""
    if end == End.DONE:
        return _("Dealt with")
    if end == End.PASSED:
        return _("Time has run out")
    if holder:
        return _("%(name)s has it now") % {"name": holder}
    return _("No longer yours")
