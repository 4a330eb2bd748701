"""Stages, ends and times until contact in words: short for a table, in full for a filter."""

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.pipeline import stages
from clew.pipeline.wording import ENDS, Words

NAMES: Words = {
    "received": pgettext_lazy("stage", "Received"),
    "given": pgettext_lazy("stage", "Given"),
    "tried": pgettext_lazy("stage", "Tried"),
    "answered": pgettext_lazy("stage", "Answered"),
    "won": pgettext_lazy("stage", "Won"),
}
STAGES: Words = {
    "received": gettext_lazy("Came no further than received"),
    "given": gettext_lazy("Came no further than to a person"),
    "tried": gettext_lazy("Tried, never answered"),
    "answered": gettext_lazy("Answered, not won"),
    "won": pgettext_lazy("stage", "Won"),
}
REACHED: Words = {
    "received": pgettext_lazy("stage", "Received"),
    "given": gettext_lazy("Was given to a person"),
    "tried": gettext_lazy("Was tried"),
    "answered": gettext_lazy("Has answered"),
    "won": pgettext_lazy("stage", "Won"),
}
ENDINGS: Words = {
    stages.OPEN: gettext_lazy("Not ended"),
    stages.LEFT: gettext_lazy("Left: ended, not won"),
    **ENDS,
}
CHANNELS: Words = {"online": gettext_lazy("Online"), "offline": gettext_lazy("Offline")}
PROMISES: Words = {
    "kept": gettext_lazy("First contact in time"),
    "broken": gettext_lazy("First contact not in time"),
}
CLOCKS: Words = {
    "running": gettext_lazy("Clock running"),
    "late": gettext_lazy("Late"),
    "told": gettext_lazy("Late, manager told"),
    "aged": gettext_lazy("Too long in its stage"),
}
MEASURES: Words = {
    "tried": gettext_lazy("First attempt"),
    "answered": gettext_lazy("First answered"),
}
HOURS: Words = {"clock": gettext_lazy("Clock hours"), "work": gettext_lazy("Working hours")}
BANDS: Words = {
    "5m": gettext_lazy("Within 5 minutes"),
    "1h": gettext_lazy("Within 1 hour"),
    "24h": gettext_lazy("Within 24 hours"),
    "later": pgettext_lazy("contact", "Later"),
    "never": pgettext_lazy("contact", "Not so far"),
}


def _speed(measure: str, hours: str, band: str) -> str:
    parts = {"measure": MEASURES[measure], "band": BANDS[band]}
    if band == stages.NEVER:
        return _("%(measure)s: %(band)s") % parts
    return _("%(measure)s: %(band)s, %(hours)s") % {**parts, "hours": HOURS[hours]}


_in_words = lazy(_speed, str)
SPEEDS: dict[str, str | Promise] = {
    code: _in_words(measure, hours, band.code)
    for code, (measure, hours, band) in stages.SPEEDS.items()
}
SPEEDS |= {
    f"{measure}_{stages.NEVER}": _in_words(measure, "", stages.NEVER) for measure in stages.MEASURES
}
