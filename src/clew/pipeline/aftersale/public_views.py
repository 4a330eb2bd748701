"""The page of a customer: one tap gives a mark. Its token takes the place of signing in."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clew.base.sealing import lookup
from clew.capture.actions import visits
from clew.errors import ClewError
from clew.pipeline.aftersale import queries
from clew.pipeline.aftersale.actions import answering
from clew.pipeline.aftersale.errors import SurveyOld
from clew.pipeline.aftersale.models import Survey
from clew.pipeline.aftersale.wording import MARKS

MOST = 30  # answers in ten minutes from one network


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the five marks, or keep the answer and thank."""
    now = datetime.now(timezone.get_current_timezone())
    error: ClewError | None = None
    if request.method == "POST":
        try:
            _answer(request, token, now)
        except ClewError as refused:
            error = refused
        else:
            return HttpResponseRedirect(request.path, status=303)
    return _page(request, queries.by_link(token), now, error)


def _answer(request: HttpRequest, token: str, now: datetime) -> None:
    queries.by_link(token)
    address = visits.network(str(request.META.get("REMOTE_ADDR", "")))
    visits.visit(lookup(address, "satisfaction address"), most=MOST, now=now)
    mark = request.POST.get("mark", "")
    if mark:
        answering.rate(token, int(mark) if mark in {"1", "2", "3", "4", "5"} else 0, now=now)
        return
    words, is_wrong = request.POST.get("words", ""), "wrong" in request.POST
    answering.add_words(token, words, is_complaint=is_wrong, now=now)


def _page(
    request: HttpRequest, survey: Survey, now: datetime, error: ClewError | None
) -> HttpResponse:
    is_old = survey.expires_at <= now
    context = {
        "page": {"organisation": survey.member.organisation},
        "survey": survey,
        "is_old": is_old,
        "marks": MARKS.items(),
        "has_words": survey.words is not None or survey.is_complaint,
        "error": error,
        "most": answering.WORDS_AT_MOST,
    }
    status = error.status if error else SurveyOld.status if is_old else 200
    response = render(request, "aftersale/answer.html", context, status=status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
