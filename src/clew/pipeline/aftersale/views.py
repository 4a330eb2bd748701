"""A customer's step as its page shows it, the numbers, and a team's plan."""

from datetime import datetime, timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from clew.access.models import Member, Role
from clew.access.queries import teams
from clew.base.digits import number
from clew.base.ledger import Actor
from clew.contacts.actions import reveal as reveal_identifiers
from clew.errors import ClewError, Conflict, Invalid, Missing
from clew.pipeline.aftersale import queries
from clew.pipeline.aftersale.actions import caring
from clew.pipeline.aftersale.errors import StepOver
from clew.pipeline.aftersale.models import CareStep
from clew.pipeline.aftersale.rules import Plan
from clew.pipeline.aftersale.wording import KINDS, LANGUAGES, MARKS, PERIOD_WORDS, ready_text

LATER = {"tomorrow": 1, "three_days": 3, "week": 7}  # days
PLAN = ("check_days", "ask_days", "low_until", "high_from")


@require_GET
def show(request: HttpRequest, step_id: int) -> HttpResponse:
    """Show what is to be done for a customer, with the text to send."""
    return _page(request, step_id)


@require_POST
def reveal(request: HttpRequest, step_id: int) -> HttpResponse:
    """Show the full numbers of a customer whom one looks after, on the record, as long as there is something to do."""
    viewer = _viewer(request)
    found = queries.step(viewer, step_id)
    if found.done_at:
        messages.error(request, _(StepOver().message))
        return redirect("aftersale:step", found.pk)
    numbers = reveal_identifiers(
        found.lead, purpose="call", actor=Actor("member", str(viewer.pk)), now=_now()
    )
    return _page(request, step_id, numbers=numbers)


@require_POST
def ask(request: HttpRequest, step_id: int) -> HttpResponse:
    """Make the link under which the customer answers."""
    found = queries.step(_viewer(request), step_id)
    try:
        caring.ask(found.pk, member=_viewer(request), now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    return redirect("aftersale:step", found.pk)


@require_POST
def finish(request: HttpRequest, step_id: int) -> HttpResponse:
    """Say that it is done."""
    viewer = _viewer(request)
    found = queries.step(viewer, step_id)
    try:
        caring.finish(found.pk, request.POST.get("note", ""), member=viewer, now=_now())
    except (Conflict, Invalid) as refused:
        messages.error(request, _(refused.message))
        return redirect("aftersale:step", found.pk)
    messages.success(request, _("Done and kept"))
    return redirect("pipeline:my_day")


@require_POST
def put_off(request: HttpRequest, step_id: int) -> HttpResponse:
    """Do it on a later day."""
    viewer, now = _viewer(request), _now()
    found = queries.step(viewer, step_id)
    days = LATER.get(request.POST.get("later", ""), 1)
    try:
        caring.put_off(found.pk, now + timedelta(days=days), member=viewer, now=now)
    except (Conflict, Invalid) as refused:
        messages.error(request, _(refused.message))
    return redirect("pipeline:my_day")


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Show how satisfied customers are, and the answers that a number counts."""
    viewer, now = _viewer(request), _now()
    period, mark = request.GET.get("period", ""), request.GET.get("mark", "")
    period = period if period in PERIOD_WORDS else "90d"
    own = teams(viewer).order_by("pk").first() if viewer.role != Role.SALESPERSON else None
    context = {
        "figures": queries.figures(viewer, period, now),
        "answers": [
            (one, queries.words_of(one)) for one in queries.answers(viewer, mark, period, now)
        ],
        "most": queries.PAGE,
        "period": period,
        "mark": mark,
        "periods": PERIOD_WORDS.items(),
        "team": own,
    }
    return render(request, "aftersale/figures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, team_id: int) -> HttpResponse:
    """Show and set how a team looks after its customers."""
    viewer = _viewer(request)
    team = teams(viewer).filter(pk=team_id).first()
    if team is None:
        raise Missing
    error: ClewError | None = None
    shown = queries.plan_of(team.pk)
    if request.method == "POST":
        shown = Plan(*(number(request.POST.get(name, "")) or 0 for name in PLAN))
        try:
            caring.set_plan(team.pk, shown, member=viewer, now=_now())
        except Invalid as refused:
            error = refused
        else:
            messages.success(request, _("Kept. It holds from the next sale on"))
            return redirect("aftersale:plan", team.pk)
    context = {
        "team": team,
        "teams": teams(viewer).order_by("pk"),
        "plan": shown,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "aftersale/plan.html", context, status=status)


def _page(
    request: HttpRequest, step_id: int, *, numbers: list[tuple[str, str]] | None = None
) -> HttpResponse:
    found = queries.step(_viewer(request), step_id)
    survey = queries.survey_for(found)
    language = request.GET.get("in", "")
    if language not in LANGUAGES:
        language = "zh" if (get_language() or "").startswith("zh") else "en"
    needs_link = found.kind == CareStep.Kind.ASK and survey is None
    context = {
        "step": found,
        "title": found.lead.contact.name or _("Customer"),
        "kind": KINDS[found.kind],
        "ways": queries.ways(found),
        "numbers": numbers,
        "survey": survey,
        "mark": MARKS.get(survey.mark or 0, "") if survey else "",
        "words": queries.words_of(survey) if survey else "",
        "note": queries.note_of(found),
        "needs_link": needs_link,
        "text": "" if needs_link else ready_text(found, survey, language),
        "text_in": language,
        "is_open": found.done_at is None,
    }
    return render(request, "aftersale/step.html", context)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
