"""For managers: online against offline, and where each person loses leads beside the others."""

from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clew.access.models import Team
from clew.access.queries import teams
from clew.pipeline.filters import PERIODS
from clew.pipeline.moves.queries import name
from clew.pipeline.naming import PERIODS as PERIOD_WORDS
from clew.pipeline.stage_wording import CHANNELS, NAMES
from clew.pipeline.wording import span
from clew.tally.coaching import Coaching, Person, coaching
from clew.tally.rules import Compared, Verdict
from clew.tally.sides import sides
from clew.web.office.reports import frame, read_asked
from clew.web.office.requests import caller, clock
from clew.web.templatetags.office import in_percent

USUAL = "90d"


@require_safe
def show_sides(request: HttpRequest) -> HttpResponse:
    """What online and offline leads come to, side by side."""
    seen = read_asked(request)
    found = sides(caller(request), seen.wanted, seen.known)
    context = frame(request, seen) | {
        "sides": [
            (CHANNELS[side.code], side, [span(one) for one in side.seconds or ()]) for side in found
        ],
        "is_empty": not any(side.received.count for side in found),
    }
    return render(request, "office/sides.html", context)


@require_safe
def show_coaching(request: HttpRequest) -> HttpResponse:
    """Each person of a team at each step, and what chance does not explain."""
    led = list(teams(caller(request)).order_by("pk"))
    period, wanted = request.GET.get("opened", ""), request.GET.get("team", "")
    period = period if period in PERIODS else USUAL
    team = next((one for one in led if str(one.pk) == wanted), led[0] if led else None)
    context: dict[str, Any] = {
        "led": led,
        "team": team,
        "period": period,
        "periods": PERIOD_WORDS.items(),
        "now": clock(),
    }
    if team:
        context |= _coached(team, period)
    return render(request, "office/coaching.html", context)


def _coached(team: Team, period: str) -> dict[str, Any]:
    since, until = _days(period)
    found = coaching(team, since, until)
    return {
        "steps": [(NAMES[code], one) for code, one in zip(found.steps, found.whole, strict=True)],
        "people": [(one, one.steps, _told(one, found)) for one in found.people],
        "stages": [
            (name(one.stage), one.whole, [_apart(who, c) for who, c in one.apart])
            for one in found.stages
        ],
    }


def _days(period: str) -> tuple[datetime, datetime]:
    """Give the first moment of a period that ends today, and the first after it."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    begins = tomorrow - timedelta(days=PERIODS[period])
    zone = timezone.get_current_timezone()
    return datetime.combine(begins, time(), zone), datetime.combine(tomorrow, time(), zone)


def _told(one: Person, found: Coaching) -> list[tuple[str, str]]:
    """Tell in words what stands out of somebody's steps, with its tone; nothing where chance explains all."""
    told = []
    for at, tone, words in (
        (
            one.weakest,
            "late",
            _("Loses most at “%(step)s”: %(own)s go on, with the others %(others)s."),
        ),
        (
            one.strongest,
            "ok",
            _("Strong at “%(step)s”: %(own)s go on, with the others %(others)s."),
        ),
    ):
        if at is not None:
            step = one.steps[at]
            shares = {"own": in_percent(step.own.share), "others": in_percent(step.others.share)}
            told.append((tone, words % {"step": NAMES[found.steps[at]], **shares}))
    return told


def _apart(who: str, found: Compared) -> str:
    words = {
        "name": who,
        "own": in_percent(found.own.share),
        "others": in_percent(found.others.share),
    }
    if found.verdict == Verdict.BELOW:
        return _("%(name)s less: %(own)s, the others %(others)s") % words
    return _("%(name)s more: %(own)s, the others %(others)s") % words
