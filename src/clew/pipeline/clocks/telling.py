"""Clocks in a lead's timeline: each step that it came to."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from clew.base.models import Entry
from clew.pipeline.timeline import Moment, Sources, Tell


def _warned(entry: Entry, sources: Sources) -> Moment:
    return Moment(entry.at, "clock", _("Time is running out, nobody has called yet"))


def _breached(entry: Entry, sources: Sources) -> Moment:
    return Moment(entry.at, "alert-triangle", _("Contact was due, nobody had called"), tone="hot")


def _escalated(entry: Entry, sources: Sources) -> Moment:
    title = _("Still nobody had called: the manager was told")
    return Moment(entry.at, "alert-triangle", title, tone="hot")


def _reclaimed(entry: Entry, sources: Sources) -> Moment:
    name = sources.seats.get(entry.data["seat_id"] or 0, "")
    title = _("Taken back from %(name)s: not called in time") % {"name": name}
    return Moment(entry.at, "clock", title, tone="hot")


TELL: Mapping[str, Tell] = {
    "ClockWarned": _warned,
    "ClockBreached": _breached,
    "ClockEscalated": _escalated,
    "ClockReclaimed": _reclaimed,
}
