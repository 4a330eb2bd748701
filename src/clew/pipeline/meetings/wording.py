"""Meetings in words: how one meets, how it stands, what is written to the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext, pgettext_lazy

from clew.pipeline.meetings.links import address_of
from clew.pipeline.meetings.models import Meeting

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "video": pgettext_lazy("meeting", "Video"),
    "visit": pgettext_lazy("meeting", "At theirs"),
    "shop": pgettext_lazy("meeting", "At ours"),
}
TO_THEM: Words = {
    "video": gettext_lazy("A video meeting"),
    "visit": gettext_lazy("A visit at yours"),
    "shop": gettext_lazy("A meeting at ours"),
}
STATES: Words = {
    "offered": pgettext_lazy("meeting", "Times offered"),
    "wished": pgettext_lazy("meeting", "Wants another time"),
    "confirmed": pgettext_lazy("meeting", "Confirmed"),
    "declined": pgettext_lazy("meeting", "Declined"),
    "cancelled": pgettext_lazy("meeting", "Called off"),
    "held": pgettext_lazy("meeting", "Came"),
    "missed": pgettext_lazy("meeting", "Did not come"),
}
TONES = {"confirmed": "ok", "held": "ok", "wished": "soon", "declined": "late", "missed": "late"}
USUAL_LABELS = (
    gettext_lazy("What they need"),
    gettext_lazy("Who decides, and when"),
    gettext_lazy("Budget, and who else is asked"),
    gettext_lazy("What they doubt"),
    gettext_lazy("What was agreed"),
)
ZONES: Words = {"Asia/Shanghai": gettext_lazy("Beijing time")}
COLUMNS: Words = {
    "invited": pgettext_lazy("meetings", "Invited"),
    "agreed": pgettext_lazy("meetings", "Agreed"),
    "came": pgettext_lazy("meetings", "Came"),
    "missed": pgettext_lazy("meetings", "Did not come"),
    "untold": pgettext_lazy("meetings", "Not told"),
}
PERIOD_WORDS: Words = {
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "365d": gettext_lazy("A year"),
    "all": pgettext_lazy("period", "All"),
}
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def when(at: datetime, until: datetime | None = None) -> str:
    """Say a time with its day: Tue 1 Dec 14:00–14:30."""
    local = timezone.localtime(at)
    said = f"{date_format(local, pgettext('date format', 'D j M'))} {local:%H:%M}"
    return f"{said}–{timezone.localtime(until):%H:%M}" if until else said


def zone() -> str:
    """Name the time zone that times are told in."""
    name = timezone.get_current_timezone_name()
    return str(ZONES.get(name, name))


@dataclass(frozen=True, slots=True)
class Choice:
    """A time as a button: what is sent, what is read."""

    code: str
    words: str
    is_chosen: bool = False


def choice(at: datetime, minutes: int, *, is_chosen: bool = False) -> Choice:
    """Give a time as a button."""
    return Choice(code(at), when(at, at + timedelta(minutes=minutes)), is_chosen)


def code(at: datetime) -> str:
    """Write a time as a page carries it."""
    return at.astimezone(UTC).isoformat(timespec="minutes")


def ready_text(meeting: Meeting, language: str) -> str:
    """Write what a salesperson sends: the invitation, or the time that is settled. `language` is zh or en.

    Raises nothing where the link has to be renewed first: it is left out.
    """
    with override(LANGUAGES[language]):
        words = {
            "name": meeting.organiser.name,
            "company": meeting.organiser.organisation.name,
            "what": TO_THEM[meeting.kind],
            "minutes": meeting.minutes,
            "place": meeting.place,
            "time": when(meeting.from_at) if meeting.from_at else "",
            "link": address_of(meeting),
        }
        return _template(meeting) % words


def _template(meeting: Meeting) -> str:
    if meeting.state == Meeting.State.CONFIRMED:
        return _(
            "Hello, this is %(name)s of %(company)s. We meet on %(time)s: %(place)s. If something comes up, tell me here: %(link)s"
        )
    if meeting.follows_id:
        return _(
            "Hello, this is %(name)s of %(company)s. A pity that we missed each other. Shall we try another time? Tap here to choose one: %(link)s"
        )
    return _(
        "Hello, this is %(name)s of %(company)s. %(what)s of about %(minutes)d minutes: tap here to choose a time, or tell me that none suits: %(link)s"
    )
