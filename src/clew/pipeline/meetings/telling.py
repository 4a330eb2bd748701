"""Meetings in a lead's timeline."""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clew.base.models import Entry
from clew.pipeline.meetings.models import VisitNote
from clew.pipeline.meetings.queries import opened
from clew.pipeline.meetings.wording import KINDS, when
from clew.pipeline.timeline import Moment, Sources, Tell
from clew.pipeline.wording import word


def _offered(entry: Entry, sources: Sources) -> Moment:
    title = _("Other times offered") if entry.data["is_again"] else _("Invited to meet")
    detail = word(KINDS, entry.data["kind"])
    return Moment(entry.at, "calendar", title, _who(entry, sources), tone="acc", detail=detail)


def _confirmed(entry: Entry, sources: Sources) -> Moment:
    from_at, until_at = (datetime.fromisoformat(entry.data[k]) for k in ("from_at", "until_at"))
    title = _("Meeting agreed: %(time)s") % {"time": when(from_at, until_at)}
    who = _who(entry, sources)
    return Moment(entry.at, "circle-check", title, who, tone="acc")


def _noted(entry: Entry, sources: Sources) -> Moment | None:
    note = VisitNote.objects.filter(pk=entry.data["note_id"]).first()
    if note is None:
        return None
    said = "\n".join(f"{label}: {text}" for label, text in opened(note))
    return Moment(entry.at, "note", _("Visit noted"), _who(entry, sources), quote=said)


def _plain(icon: str, words: str | Promise, tone: str = "") -> Tell:
    def tell(entry: Entry, sources: Sources) -> Moment:
        return Moment(entry.at, icon, str(words), _who(entry, sources), tone=tone)

    return tell


def _who(entry: Entry, sources: Sources) -> str:
    return sources.members.get(entry.actor_id, "") if entry.actor_kind == "member" else ""


TELL: dict[str, Callable[[Entry, Sources], Moment | None]] = {
    "MeetingOffered": _offered,
    "MeetingConfirmed": _confirmed,
    "OtherTimeWished": _plain("clock", gettext_lazy("Asked for another time to meet"), "hot"),
    "MeetingDeclined": _plain("x", gettext_lazy("Does not want to meet"), "hot"),
    "MeetingHeld": _plain("circle-check", gettext_lazy("They came"), "acc"),
    "MeetingMissed": _plain("alert-triangle", gettext_lazy("They did not come"), "hot"),
    "VisitNoted": _noted,
    "MeetingCancelled": _plain("ban", gettext_lazy("Meeting called off")),
}
