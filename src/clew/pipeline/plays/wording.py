"""Scripts, plays and what they are worth, in words. Translated where they are shown."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clew.pipeline.plays.measuring import Measured
from clew.pipeline.plays.queries import CHANNELS
from clew.pipeline.plays.rules import Interval
from clew.pipeline.plays.steps import Channel, Holds, Kind, Otherwise
from clew.pipeline.wording import SAID as ANSWERED
from clew.pipeline.wording import Words

SAID: Words = {"": gettext_lazy("How to begin"), **ANSWERED}
KIND_WORDS: Words = {
    Kind.TASK.value: pgettext_lazy("step", "Task"),
    Kind.MESSAGE.value: pgettext_lazy("step", "Message"),
    Kind.OFFER.value: pgettext_lazy("step", "Offer"),
    Kind.WAIT.value: pgettext_lazy("step", "Wait"),
    Kind.CONDITION.value: pgettext_lazy("step", "Condition"),
}
CHANNEL_WORDS: Words = {code.value: CHANNELS[code] for code in Channel}
HOLDS_WORDS: Words = {
    Holds.HAS_PHONE.value: gettext_lazy("there is a phone number"),
    Holds.HAS_WECHAT.value: gettext_lazy("there is a WeChat id"),
    Holds.HAS_EMAIL.value: gettext_lazy("there is an e-mail address"),
    Holds.INTENT.value: gettext_lazy("the intent is medium or high"),
}
OTHERWISE_WORDS: Words = {
    Otherwise.STOP.value: gettext_lazy("the play is over"),
    Otherwise.SKIP.value: gettext_lazy("the next step is left out"),
}
STATES: Words = {
    "draft": pgettext_lazy("play", "Draft"),
    "running": pgettext_lazy("play", "Running"),
    "promoted": pgettext_lazy("play", "For all"),
    "stopped": pgettext_lazy("play", "Stopped"),
}
BEGINS: Words = {
    "entered": gettext_lazy("who is in this stage"),
    "left": gettext_lazy("who left from this stage"),
}
WHYS: Words = {
    "answered": gettext_lazy("answered"),
    "wrote": gettext_lazy("wrote again"),
    "moved": gettext_lazy("moved to another stage"),
    "closed": gettext_lazy("was closed"),
    "pooled": gettext_lazy("went to the pool"),
    "through": gettext_lazy("all steps were done"),
    "condition": gettext_lazy("a condition did not hold"),
    "elsewhere": gettext_lazy("has a newer lead"),
    "by_hand": gettext_lazy("stopped by hand"),
    "stopped": gettext_lazy("the play was stopped"),
}
HALF, WIDE = 200, 190  # of the picture of an interval: its middle, and how far it reaches
NARROWEST = 0.1


def points(share: float) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    text = f"{abs(share) * 100:.1f}"
    return f"−{text}" if share < 0 and float(text) else f"+{text}"


@dataclass(frozen=True, slots=True)
class Picture:
    """An interval drawn to scale: where its ends, nothing, what was assumed and what was measured stand."""

    low: int
    width: int
    measured: int
    assumed: int
    limit: str


def picture(measured: Measured, assumed_bp: int) -> Picture:
    """Draw the interval of a measure, with what is assumed, around nothing."""
    bounds, assumed = measured.tally.interval(), assumed_bp / 10_000
    limit = max(NARROWEST, assumed, abs(bounds.low), abs(bounds.high))
    at = [
        round(HALF + WIDE * share / limit)
        for share in (bounds.low, bounds.high, measured.tally.difference, assumed)
    ]
    return Picture(at[0], at[1] - at[0], at[2], at[3], points(limit).lstrip("+"))


def verdict(measured: Measured) -> str:
    """Say what the measure shows, and what it does not."""
    if not measured.tally.count:
        return _("No lead counts yet: the first do %(days)d days after they began.") % {
            "days": measured.version.window_days
        }
    bounds: Interval = measured.tally.interval()
    words = {"low": points(bounds.low), "high": points(bounds.high)}
    if bounds.is_positive:
        return _("It helps: between %(low)s and %(high)s points.") % words
    if bounds.is_negative:
        return _("It harms: between %(low)s and %(high)s points.") % words
    return _("Not shown yet: it may be anything from %(low)s to %(high)s points.") % words
