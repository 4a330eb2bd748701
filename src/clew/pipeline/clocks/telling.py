"""Clocks in a lead's timeline: each step that it came to."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from clew.base.models import Entry
from clew.pipeline.clocks.models import Policy
from clew.pipeline.timeline import Moment, Sources, Tell


def _warned(entry: Entry, sources: Sources) -> Moment:
    if _is_of_stage(entry):
        return Moment(entry.at, "clock", _("Its time in the stage is running out"))
    return Moment(entry.at, "clock", _("Time is running out, nobody has called yet"))


def _breached(entry: Entry, sources: Sources) -> Moment:
    title = _("Contact was due, nobody had called")
    if _is_of_stage(entry):
        title = _("Its time in the stage had run out")
    return Moment(entry.at, "alert-triangle", title, tone="hot")


def _escalated(entry: Entry, sources: Sources) -> Moment:
    title = _("Still nobody had called: the manager was told")
    if _is_of_stage(entry):
        title = _("Still in the same stage: the manager was told")
    return Moment(entry.at, "alert-triangle", title, tone="hot")


def _reclaimed(entry: Entry, sources: Sources) -> Moment:
    title = _("Taken back from %(name)s: not called in time")
    if _is_of_stage(entry):
        title = _("Taken back from %(name)s: too long in the stage")
    name = sources.seats.get(entry.data["seat_id"] or 0, "")
    return Moment(entry.at, "clock", title % {"name": name}, tone="hot")


def _is_of_stage(entry: Entry) -> bool:
    return bool(entry.data.get("kind") == Policy.Kind.STAGE)


TELL: Mapping[str, Tell] = {
    "ClockWarned": _warned,
    "ClockBreached": _breached,
    "ClockEscalated": _escalated,
    "ClockReclaimed": _reclaimed,
}
