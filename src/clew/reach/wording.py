"""What people are told, in words. Translated where it is shown."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clew.reach.models import Delivery, Notice, Outlet
from clew.reach.rules import BREAKER, When

Kind, End = Notice.Kind, Notice.End

NEWS: Mapping[str, str | Promise] = {
    Kind.HOT: gettext_lazy("New lead of high intent"),
    Kind.GIVEN: gettext_lazy("A lead was given to you"),
    Kind.SOON: gettext_lazy("Time is running out"),
    Kind.LATE: gettext_lazy("Time has run out"),
    Kind.TAKEN: gettext_lazy("No longer yours: it went back to the pool"),
    Kind.UNREAD: gettext_lazy("A lead was not looked at"),
    Kind.UNMET: gettext_lazy("Nobody has met with a lead in time"),
    Kind.STUCK: gettext_lazy("A lead has been too long in its stage"),
}
ICONS = {
    Kind.HOT: "flame",
    Kind.GIVEN: "user-plus",
    Kind.SOON: "clock",
    Kind.LATE: "alert-triangle",
    Kind.TAKEN: "arrow-right",
    Kind.UNREAD: "eye",
    Kind.UNMET: "alert-triangle",
    Kind.STUCK: "alert-triangle",
}
TONES = {
    Kind.HOT: "acc",
    Kind.SOON: "soon",
    Kind.LATE: "late",
    Kind.UNREAD: "soon",
    Kind.UNMET: "late",
    Kind.STUCK: "late",
}
MISSED: Mapping[str, str | Promise] = {
    Kind.UNREAD: gettext_lazy("%(name)s has not looked at a lead"),
    Kind.UNMET: gettext_lazy("%(name)s has not met with a lead in time"),
    Kind.STUCK: gettext_lazy("%(name)s has had a lead for too long in its stage"),
}


def news(kind: str, by: str, holder: str) -> str:
    """Say what happened; `by` who did it or missed it, `holder` who has the lead now, as far as somebody did and has."""
    if kind == Kind.GIVEN and by:
        return _("%(name)s gave you a lead") % {"name": by}
    if kind == Kind.TAKEN and holder:
        return _("%(name)s has taken it over") % {"name": holder}
    if kind in MISSED and by:
        return str(MISSED[Kind(kind)]) % {"name": by}
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


VENDORS: Mapping[str, str | Promise] = {
    Outlet.Vendor.WECOM: gettext_lazy("WeCom"),
    Outlet.Vendor.DINGTALK: gettext_lazy("DingTalk"),
    Outlet.Vendor.FEISHU: gettext_lazy("Feishu"),
    Outlet.Vendor.EMAIL: gettext_lazy("E-mail"),
}
OUTCOMES: Mapping[str, str | Promise] = {
    Delivery.State.WAITING: gettext_lazy("%(outlet)s: on its way"),
    Delivery.State.SENDING: gettext_lazy("%(outlet)s: on its way"),
    Delivery.State.SENT: gettext_lazy("%(outlet)s: delivered"),
    Delivery.State.FAILED: gettext_lazy("%(outlet)s: failed"),
    Delivery.State.UNKNOWN: gettext_lazy("%(outlet)s: perhaps delivered"),
    Delivery.State.DROPPED: gettext_lazy("%(outlet)s: not needed any more"),
}
_KEY = gettext_lazy(
    "The messenger does not know this robot. Copy its address anew, or add it to the group again."
)
_SIGN = gettext_lazy(
    "The signature is refused. Paste the secret of the robot's safety settings anew, and see that this machine's clock is right."
)
_BUSY = gettext_lazy("The messenger says that too much was sent. It goes on by itself shortly.")
PROBLEMS: Mapping[str, str | Promise] = {
    "93000": _KEY,
    "300005": _KEY,
    "300001": _KEY,
    "19001": _KEY,
    "310000": gettext_lazy(
        "The robot's safety settings refuse it: paste its secret anew, and switch keywords and address lists off."
    ),
    "19021": _SIGN,
    "19022": gettext_lazy(
        "The robot takes messages from listed addresses alone. Add this machine's, or switch the list off."
    ),
    "19024": gettext_lazy(
        "The robot wants a keyword in every message. Switch keywords off and signing on."
    ),
    "45009": _BUSY,
    "45033": _BUSY,
    "130101": _BUSY,
    "11232": _BUSY,
    "9499": _BUSY,
    "http_429": _BUSY,
    "no_answer": gettext_lazy(
        "It was called and did not answer in time. What was said then may have arrived; it is not said again."
    ),
    "unreachable": gettext_lazy(
        "It cannot be reached. Look whether this machine may call it, and whether the name is right."
    ),
    "target_inside": gettext_lazy(
        "The address lies inside a private network. Allow it in CLEW_PRIVATE_TARGETS if it is meant."
    ),
    "target_unfit": gettext_lazy(
        "Only https at port 443 is called. Allow others in CLEW_PRIVATE_TARGETS if they are meant."
    ),
    "no_sense": gettext_lazy("What answers there is not this messenger. Copy the address anew."),
    "seal_broken": gettext_lazy(
        "Its address cannot be opened any more: it was sealed under another secret. Enter it anew."
    ),
}


EVENTS: Mapping[str, str | Promise] = {
    Kind.HOT: gettext_lazy("I get a new lead of high intent"),
    Kind.GIVEN: gettext_lazy("Somebody gives me a lead"),
    Kind.SOON: gettext_lazy("My time is running out"),
    Kind.LATE: gettext_lazy("My time has run out"),
    Kind.TAKEN: gettext_lazy("Somebody takes a lead from me"),
    Kind.UNREAD: gettext_lazy("Somebody of my team does not look"),
    Kind.UNMET: gettext_lazy("Somebody of my team lets the time pass"),
    Kind.STUCK: gettext_lazy("A lead of my team stays too long in a stage"),
}
OF_MANAGERS = (Kind.UNREAD, Kind.UNMET, Kind.STUCK)
TIMES: Mapping[str, str | Promise] = {
    When.NOW: gettext_lazy("at once"),
    When.UNREAD: gettext_lazy("only while unread"),
    When.HOURLY: gettext_lazy("collected, every hour"),
    When.NEVER: gettext_lazy("never"),
}


def problem(code: str) -> str:
    """Say what is wrong with a robot, and what to do."""
    if code in PROBLEMS:
        return str(PROBLEMS[code])
    if code.startswith("http_"):
        return _("It answers with an error of its own (%(code)s). It is tried again.") % {
            "code": code.removeprefix("http_")
        }
    return _("The messenger refuses with its number %(code)s.") % {"code": code}


def outlet_state(outlet: Outlet, now: datetime) -> tuple[str, str]:
    """Say how a robot does: tone and words."""
    if outlet.failures >= BREAKER:
        return "late", _("Does not take anything")
    if outlet.problem and (
        outlet.took_at is None or (outlet.failed_at and outlet.failed_at > outlet.took_at)
    ):
        return "soon", _("Has trouble")
    if outlet.took_at is None:
        return "", _("Never tried")
    return "ok", _("Works")


def outcome(vendor: str, state: str) -> str:
    """Say what became of a notice over one outlet."""
    return str(OUTCOMES[Delivery.State(state)]) % {"outlet": VENDORS[vendor]}
