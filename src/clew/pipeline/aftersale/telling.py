"""What follows a sale, in a lead's timeline."""

from django.utils.translation import gettext as _

from clew.base.models import Entry
from clew.pipeline.aftersale.models import CareStep, Survey
from clew.pipeline.aftersale.queries import note_of, words_of
from clew.pipeline.aftersale.wording import KINDS, MARKS
from clew.pipeline.timeline import Moment, Sources, Tell
from clew.pipeline.wording import word


def _done(entry: Entry, sources: Sources) -> Moment | None:
    if entry.actor_kind != "member":
        return None  # the answer itself is told
    step = CareStep.objects.filter(pk=entry.data["step_id"]).first()
    who = sources.members.get(entry.actor_id, "")
    title = _("Done: %(what)s") % {"what": word(KINDS, entry.data["kind"])}
    return Moment(entry.at, "check", title, who, quote=note_of(step) if step else "")


def _told(entry: Entry, sources: Sources) -> Moment:
    survey = Survey.objects.filter(pk=entry.data["survey_id"]).first()
    mark = entry.data["mark"]
    title = _("Wrote how satisfied they are")
    if mark:
        title = _("Says how satisfied: %(mark)s") % {"mark": MARKS[mark]}
    is_wrong = entry.data["is_complaint"]
    return Moment(
        entry.at,
        "alert-triangle" if is_wrong else "circle-check",
        _("Says that something is wrong") if is_wrong else title,
        tone="hot" if is_wrong or (mark or 5) <= 2 else "acc",
        quote=words_of(survey) if survey else "",
        detail=f"{mark} / 5" if mark else "",
    )


TELL: dict[str, Tell] = {"CareDone": _done, "SatisfactionTold": _told}
