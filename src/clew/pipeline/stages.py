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
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from clew.capture.models import Source
from clew.handoff.models import Placement
from clew.pipeline.models import IS_CONTACT, Call, Clock, FirstContact

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
    """Find the places of leads that ended for a reason, or in any way but won."""
    is_so = ~Q(reason=WON) if code == LEFT else Q(reason=code)
    return Q(kind=Placement.Kind.CLOSED) & is_so


def came_by(channel: str) -> Q:
    """Find leads by whether their source is online."""
    if channel not in CHANNELS:
        return NOTHING
    sources = Source.objects.filter(is_online=CHANNELS[channel])
    return Q(source__in=list(sources.values_list("pk", flat=True)))


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
        late = Q(_is_there(contact.filter(tried_at__gt=F("promised_at"))))
        breached = Clock.objects.filter(IS_CONTACT, lead=OuterRef("pk"), breached_at__isnull=False)
        return late | (~Q(_is_there(contact)) & Q(_is_there(breached)))
    return NOTHING


def clocked(code: str) -> Q:
    """Find leads whose clock runs, whose time has run out, of which managers were told, or too long in their stage."""
    all_running = Clock.objects.filter(lead=OuterRef("pk"), stopped_at__isnull=True)
    running = all_running.filter(IS_CONTACT)
    asked = {
        "running": running,
        "late": running.filter(breached_at__isnull=False),
        "told": running.filter(escalated_at__isnull=False),
        "aged": all_running.exclude(IS_CONTACT).filter(breached_at__isnull=False),
    }
    return Q(Exists(asked[code])) if code in asked else NOTHING


def _sign(stage: str) -> Q:
    """Find leads that show a stage by themselves."""
    contact = FirstContact.objects.filter(lead=OuterRef("pk"))
    places = Placement.objects.filter(lead=OuterRef("pk"))
    signs: dict[str, QuerySet[Any]] = {
        "given": places.filter(kind=Placement.Kind.PERSON),
        "tried": contact,
        "answered": contact.filter(answered_at__isnull=False),
        "won": places.filter(closed_at__isnull=True).filter(ended(WON)),
    }
    return Q(_is_there(signs[stage]))


def _is_there(rows: QuerySet[Any]) -> Coalesce:
    """Look for rows lead by lead: of alternatives the planner would gather each in full, for a page of fifty."""
    return Coalesce(Subquery(rows.values(found=Value(value=True))[:1]), Value(value=False))


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
