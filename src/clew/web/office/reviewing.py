"""Loss review: a drawn sample of lost leads, each agreed with or tried a second time."""

from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clew.access.queries import teams
from clew.errors import Conflict, Invalid, Missing
from clew.pipeline.reviews.actions import draw_sample, judge
from clew.pipeline.reviews.errors import ReviewMissing
from clew.pipeline.reviews.queries import judged, reviews, waiting
from clew.pipeline.wording import ENDS, word
from clew.tally.rules import rate
from clew.web.office.requests import caller, clock

DAYS = (7, 30, 90)
SIZES = (10, 20, 50)
SHOWN = 50


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What is to be looked at, and of whose losses how many were worth a second try."""
    viewer = caller(request)
    context = {
        "led": teams(viewer).order_by("pk"),
        "days": DAYS,
        "sizes": SIZES,
        "waiting": [(one, word(ENDS, one.reason)) for one in waiting(viewer, SHOWN)],
        "judged": [(one, rate(one.reopened, one.looked_at)) for one in judged(viewer)],
    }
    return render(request, "office/reviews.html", context)


@require_POST
def draw(request: HttpRequest, team_id: int) -> HttpResponse:
    """Draw a sample of what a team lost lately."""
    viewer, now = caller(request), clock()
    team = teams(viewer).filter(pk=team_id).first()
    if team is None:
        raise Missing
    days, size = _one_of(request, "days", DAYS), _one_of(request, "size", SIZES)
    local = timezone.localtime(now)
    since = datetime.combine(local.date() - timedelta(days=days), time(), local.tzinfo)
    try:
        sample = draw_sample(
            team.pk, since, now, size=size, seed=_seed(request), member=viewer, now=now
        )
    except Conflict as refused:
        messages.error(request, _(refused.message))
    else:
        count = sample.reviews.count()
        words = ngettext("%(n)d of %(of)d drawn.", "%(n)d of %(of)d drawn.", count)
        messages.success(request, words % {"n": count, "of": sample.of_count})
    return redirect("office:reviews")


@require_POST
def say(request: HttpRequest, review_id: int) -> HttpResponse:
    """Agree with a loss, or let it be tried a second time."""
    viewer = caller(request)
    if not reviews(viewer).filter(pk=review_id).exists():
        raise ReviewMissing
    verdict, why = request.POST.get("verdict", ""), request.POST.get("why", "")
    try:
        judge(review_id, verdict=verdict, why=why, member=viewer, now=clock())
    except (Conflict, Invalid) as refused:
        messages.error(request, _(refused.message))
    return redirect("office:reviews")


def _seed(request: HttpRequest) -> str:
    """Draw by what the form brought along, so that a double click draws once."""
    try:
        return UUID(request.POST.get("once", "")).hex
    except ValueError:
        return uuid4().hex


def _one_of(request: HttpRequest, name: str, offered: tuple[int, ...]) -> int:
    sent = request.POST.get(name, "")
    return next((one for one in offered if str(one) == sent), offered[1])
