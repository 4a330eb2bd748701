"""What people do with the play of a lead: start it, do its steps, stop it; and all steps that wait for them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.base.digits import number
from clew.errors import ClewError
from clew.handoff.errors import LeadMissing
from clew.pipeline.plays import wording
from clew.pipeline.plays.actions import runs as actions
from clew.pipeline.plays.queries import (
    DUE_AT_MOST,
    due_steps,
    in_language,
    lead_left,
    named,
    offers_of,
)


@require_safe
def due(request: HttpRequest) -> HttpResponse:
    """Show the steps that wait, oldest first."""
    context = {
        "steps": due_steps(_viewer(request)),
        "most": DUE_AT_MOST,
        "kinds": wording.KIND_WORDS,
        "channels": wording.CHANNEL_WORDS,
    }
    return render(request, "plays/due.html", context)


@require_safe
def offer(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Offer the plays of a lead that has just left; go on with the day where there is none."""
    lead, offers = offers_of(_viewer(request), lead_id)
    if not offers:
        return redirect("pipeline:my_day")
    context = {
        "lead": lead,
        "offers": [
            (play, named(play), [(step, in_language(step)) for step in steps])
            for play, steps in offers
        ],
        "words": wording,
    }
    return render(request, "plays/offer.html", context)


@require_POST
def start(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Let a lead into a play; chance may hold it back, and says so."""
    viewer = _viewer(request)

    def begin() -> str:
        run = actions.start(lead_id, _number(request, "play"), member=viewer, now=_now())
        if run.is_held_back:
            return _("Chance holds this lead back, to measure the play: work on it as usual.")
        return _("The play goes on with this lead.")

    return _done(request, lead_id, begin)


@require_POST
def stop(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Stop the play of a lead."""

    def end() -> str:
        actions.stop(lead_id, member=_viewer(request), now=_now())
        return _("The play is stopped for this lead.")

    return _done(request, lead_id, end)


@require_POST
def done(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Say that the step is done."""

    def meet() -> str:
        actions.meet(lead_id, _number(request, "step"), member=_viewer(request), now=_now())
        return _("Kept: this step is done.")

    return _done(request, lead_id, meet)


def _done(request: HttpRequest, lead_id: UUID, deed: Callable[[], str]) -> HttpResponse:
    found = lead_left(_viewer(request), lead_id)
    try:
        messages.success(request, deed())
    except LeadMissing:
        raise
    except ClewError as refused:
        messages.error(request, _(refused.message))
    back = {"due": "plays:due", "day": "pipeline:my_day"}.get(request.POST.get("back", ""))
    if back:
        return redirect(back)
    return redirect("pipeline:lead", found.pk)


def _number(request: HttpRequest, name: str) -> int:
    sent = number(request.POST.get(name, ""))
    return -1 if sent is None else sent


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
