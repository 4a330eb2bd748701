"""The page of an invited person: one tap chooses a time. Its token takes the place of signing in.

It says whom they meet and nothing about the lead, since whoever has the link sees it. Browsers inside other
apps keep no cookies, so there are none; without the link nobody can send anything.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clew.base.sealing import lookup
from clew.capture.actions import visits
from clew.errors import ClewError
from clew.pipeline.meetings import queries
from clew.pipeline.meetings.actions import answering
from clew.pipeline.meetings.errors import LinkOld
from clew.pipeline.meetings.forms import read_time
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.wording import TO_THEM, choice, when, zone

MOST = 30  # answers in ten minutes from one network
State = Meeting.State


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the times, or keep the answer and show what holds now."""
    now = datetime.now(timezone.get_current_timezone())
    error: ClewError | None = None
    if request.method == "POST":
        try:
            _answer(request, token, now)
        except ClewError as refused:
            error = refused
        else:
            return HttpResponseRedirect(request.path, status=303)
    meeting = queries.by_link(token)
    return _page(request, meeting, now, error)


def _answer(request: HttpRequest, token: str, now: datetime) -> None:
    queries.by_link(token)
    address = visits.network(str(request.META.get("REMOTE_ADDR", "")))
    visits.visit(lookup(address, "meeting address"), most=MOST, now=now)
    if "at" in request.POST:
        answering.choose(token, read_time(request.POST["at"]), now=now)
    elif "decline" in request.POST:
        answering.decline(token, now=now)
    else:
        answering.wish(token, request.POST.get("words", ""), now=now)


def _page(
    request: HttpRequest, meeting: Meeting, now: datetime, error: ClewError | None
) -> HttpResponse:
    is_old = queries.is_old(meeting, now) and meeting.state != State.WISHED
    times = [] if is_old or meeting.from_at else queries.left(meeting, now)
    context = {
        "page": {"organisation": meeting.organiser.organisation},
        "meeting": meeting,
        "is_old": is_old,
        "what": TO_THEM[meeting.kind],
        "times": [choice(at, meeting.minutes) for at in times],
        "time": when(meeting.from_at, meeting.until_at) if meeting.from_at else "",
        "zone": zone(),
        "error": error,
        "most": answering.WISH_AT_MOST,
    }
    status = error.status if error else LinkOld.status if is_old else 200
    response = render(request, "meetings/invitation.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
