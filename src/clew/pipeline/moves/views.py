"""The board, and what moves a lead on it."""

from datetime import datetime
from typing import cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clew.access.models import Member, Role
from clew.access.queries import members
from clew.errors import Conflict, Invalid
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of, visible_lead
from clew.pipeline.errors import ValueUnreadable
from clew.pipeline.moves import board as boards
from clew.pipeline.moves.actions import leads as actions
from clew.pipeline.moves.course import choices, course
from clew.pipeline.moves.errors import EstimateUnreadable, ExitReasonMissing, StageMissing
from clew.pipeline.moves.forms import EstimateForm, LeaveForm, MoveForm
from clew.pipeline.moves.models import Pipeline
from clew.pipeline.moves.queries import name

FRAGMENT = "X-Fragment"
BACK_TO_BOARD = "board"


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show who is in which stage; only the columns where the page asks for a fragment."""
    viewer = _viewer(request)
    pipelines = list(Pipeline.objects.order_by("pk"))
    side = request.GET.get("side", Pipeline.Side.ONLINE)
    pipeline = next((one for one in pipelines if one.side == side), None)
    if pipeline is None:
        raise Http404
    people = {} if viewer.role == Role.SALESPERSON else _people(viewer)
    holder = people.get(request.GET.get("holder", ""))
    chosen = holder.pk if holder else None
    shown = boards.board(viewer, pipeline, _now(), holder=chosen)
    context = {
        "board": shown,
        "columns": [(column, _menu(request, column, shown, holder)) for column in shown.columns],
        "pipelines": [(one, name(one), _address(one.side, chosen)) for one in pipelines],
        "people": people.values(),
        "holder": holder,
        "here": _address(pipeline.side, chosen),
        "sees_ended": viewer.role != Role.SALESPERSON,
        "exits_since": boards.exits_since(_now()),
    }
    if request.headers.get(FRAGMENT):
        return render(request, "moves/_board.html", context | {"is_fragment": True})
    return render(request, "moves/board.html", context)


def _menu(
    request: HttpRequest, column: boards.Column, shown: boards.Board, holder: Member | None
) -> str:
    """Write where the cards of a column may go: the same for all of them, and so written once."""
    stages = [one.stage for one in shown.columns]
    context = {
        "stage": column.stage,
        "side": shown.pipeline.side,
        "holder": holder,
        "choices": choices(column.stage, stages, is_won=False),
        "csrf_token": get_token(request),
    }
    return get_template("moves/_choices.html").render(context)


@require_POST
def move(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Put a lead into another stage; a board that asked for a fragment is told no more than that it is done."""
    viewer, form = _viewer(request), MoveForm(request.POST)
    visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise StageMissing
    sent = form.cleaned_data
    try:
        stay = actions.move(
            lead_id, sent["stage"], member=viewer, now=_now(), note=sent["note"], seen=sent["seen"]
        )
    except (Conflict, Invalid) as refused:
        if request.headers.get(FRAGMENT):
            raise
        messages.error(request, _(refused.message))
        return _back(request, lead_id)
    if request.headers.get(FRAGMENT):
        return HttpResponse(status=204)
    messages.success(request, _("Moved: %(stage)s") % {"stage": name(stay.stage)})
    return _back(request, lead_id)


@require_GET
def finish(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Ask how a lead ends: won, or left for a reason of its stage. Only whoever has it is asked."""
    lead = visible_lead(_viewer(request), lead_id)
    place = placement_of(lead.pk)
    found = course(lead.pk, place, _now()) if place.kind == Placement.Kind.PERSON else None
    if found is None:
        return redirect("pipeline:lead", lead.pk)
    return render(request, "moves/finish.html", {"lead": lead, "course": found})


@require_POST
def leave(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Let a lead leave for a reason of its stage."""
    viewer, form = _viewer(request), LeaveForm(request.POST)
    visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise ValueUnreadable if "price" in form.errors else ExitReasonMissing
    left = actions.leave(lead_id, form.leaving(), member=viewer, now=_now())
    words = name(left.reason) if left.reason else ""
    messages.success(request, _("Left: %(reason)s") % {"reason": words})
    return redirect("plays:offer", left.lead_id)


@require_POST
def estimate(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Say what a lead may be worth."""
    viewer, form = _viewer(request), EstimateForm(request.POST)
    visible_lead(viewer, lead_id)
    if not form.is_valid():
        raise EstimateUnreadable
    actions.estimate(lead_id, form.value_minor(), member=viewer, now=_now())
    return redirect("pipeline:lead", lead_id)


def _back(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Go back to the board where the form stood on one, with what it showed, else to the lead."""
    if request.POST.get("back") != BACK_TO_BOARD:
        return redirect("pipeline:lead", lead_id)
    kept = {key: request.POST[key] for key in ("side", "holder") if request.POST.get(key)}
    return redirect(f"{reverse('moves:board')}?{urlencode(kept)}")


def _people(viewer: Member) -> dict[str, Member]:
    found = members(viewer).filter(seats__left_at=None, seats__isnull=False).distinct()
    return {str(one.pk): one for one in found.order_by("name")}


def _address(side: str, holder: int | None) -> str:
    return "?" + urlencode({"side": side} | ({"holder": holder} if holder else {}))


def _viewer(request: HttpRequest) -> Member:
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
