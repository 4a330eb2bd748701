"""How far a lead has come, and how fast it was reached: the stages and bands, each as what finds its leads.

The stages come one after another, and a lead has reached all before the furthest that there is a sign of:
who was won without a call has been given, tried and answered as well. So entered is passed, left and
still there, at every stage.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable

from clew.handoff.models import Placement
from clew.pipeline.models import Call, Clock, FirstContact

STAGES = ("received", "given", "tried", "answered", "won")
ANSWERS = (Call.Result.ANSWERED, Call.Result.REFUSED, Call.Result.WECHAT_ADDED)
WON = "won"
OPEN = "open"
LEFT = "left"  # ended in any way but won
CHANNELS = {"online": True, "offline": False}
PROMISES = ("kept", "broken")
MEASURES = ("tried", "answered")
HOURS = ("clock", "work")
NEVER = "never"
NOTHING = Q(pk__in=())


@dataclass(frozen=True, slots=True)
class Band:
    """Later than so much, and up to so much; no bound where there is none."""

    code: str
    above: timedelta | None
    until: timedelta | None


FIVE_MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24)
BANDS = (
    Band("5m", None, FIVE_MINUTES),
    Band("1h", FIVE_MINUTES, HOUR),
    Band("24h", HOUR, DAY),
    Band("later", DAY, None),
)
SPEEDS = {
    f"{measure}_{hours}_{band.code}": (measure, hours, band)
    for measure in MEASURES
    for hours in HOURS
    for band in BANDS
}


def reached(code: str) -> Q:
    """Find leads that have come to a stage, or behind it; what is no stage finds none."""
    if code not in STAGES:
        return NOTHING
    if code == STAGES[0]:
        return Q()
    signs = [_sign(stage) for stage in STAGES[STAGES.index(code) :]]
    return reduce(or_, signs)


def furthest(code: str) -> Q:
    """Find leads that have come to a stage and not behind it."""
    if code not in STAGES:
        return NOTHING
    behind = STAGES[STAGES.index(code) + 1 :]
    return reached(code) & ~reached(behind[0]) if behind else reached(code)


def ended(code: str) -> Q:
    """Find leads by how they ended: for a reason, in any way but won, or not at all."""
    closed = _here().filter(kind=Placement.Kind.CLOSED)
    if code == OPEN:
        return ~Q(Exists(closed))
    return Q(Exists(closed.exclude(reason=WON) if code == LEFT else closed.filter(reason=code)))


def came_by(channel: str) -> Q:
    """Find leads by whether their source is online."""
    return Q(source__is_online=CHANNELS[channel]) if channel in CHANNELS else NOTHING


def reached_in(code: str) -> Q:
    """Find leads by the band of their first attempt or first answered contact."""
    contact = FirstContact.objects.filter(lead=OuterRef("pk"))
    measure = code.partition("_")[0]
    if measure in MEASURES and code == f"{measure}_{NEVER}":
        return ~Q(Exists(contact.filter(**{f"{measure}_at__isnull": False})))
    if code not in SPEEDS:
        return NOTHING
    measure, hours, band = SPEEDS[code]
    if hours == "work":
        return Q(Exists(contact.filter(_within(f"{measure}_seconds", _seconds(band)))))
    return Q(Exists(contact.filter(_within(f"{measure}_at", _moments(band)))))


def promised(code: str) -> Q:
    """Find leads whose first contact came in time, or too late or not at all though it was due."""
    contact = FirstContact.objects.filter(lead=OuterRef("pk"))
    if code == "kept":
        return Q(Exists(contact.filter(tried_at__lte=F("promised_at"))))
    if code == "broken":
        late = Q(Exists(contact.filter(tried_at__gt=F("promised_at"))))
        breached = Clock.objects.filter(lead=OuterRef("pk"), breached_at__isnull=False)
        return late | (~Q(Exists(contact)) & Q(Exists(breached)))
    return NOTHING


def _here() -> QuerySet[Placement]:
    return Placement.objects.filter(lead=OuterRef("pk"), closed_at__isnull=True)


def _sign(stage: str) -> Q:
    """Find leads that show a stage by themselves."""
    contact = FirstContact.objects.filter(lead=OuterRef("pk"))
    signs = {
        "given": Q(Exists(Placement.objects.filter(lead=OuterRef("pk"), kind="person"))),
        "tried": Q(Exists(contact)),
        "answered": Q(Exists(contact.filter(answered_at__isnull=False))),
        "won": Q(Exists(_here().filter(kind=Placement.Kind.CLOSED, reason=WON))),
    }
    return signs[stage]


def _within(name: str, bounds: tuple[Any, Any]) -> Q:
    above, until = bounds
    found = Q(**{f"{name}__isnull": False})
    if above is not None:
        found &= Q(**{f"{name}__gt": above})
    return found & Q(**{f"{name}__lte": until}) if until is not None else found


def _seconds(band: Band) -> tuple[Any, Any]:
    above, until = band.above, band.until
    return above and int(above.total_seconds()), until and int(until.total_seconds())


def _moments(band: Band) -> tuple[Any, Any]:
    above, until = band.above, band.until
    return above and _opened_and(above), until and _opened_and(until)


def _opened_and(span: timedelta) -> Combinable:
    return ExpressionWrapper(OuterRef("opened_at") + Value(span), output_field=DateTimeField())
