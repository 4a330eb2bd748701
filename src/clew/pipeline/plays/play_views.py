"""The pages of plays: all of them, one with what it is worth, writing it, deciding about it."""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member
from clew.errors import ClewError
from clew.pipeline.plays import wording
from clew.pipeline.plays.actions import plays as actions
from clew.pipeline.plays.errors import PlayMissing
from clew.pipeline.plays.forms import PlayForm, StepForms, steps_sent, steps_shown
from clew.pipeline.plays.measuring import measure
from clew.pipeline.plays.models import Play, Version
from clew.pipeline.plays.places import choices, chosen
from clew.pipeline.plays.queries import (
    LISTED_AT_MOST,
    in_language,
    leads_of,
    named,
    play_seen,
    rows,
    where,
)
from clew.pipeline.plays.rules import HELD_BACK_PERCENT
from clew.pipeline.plays.steps import read

NEW = {"held_back_percent": HELD_BACK_PERCENT, "window_days": 30, "starts_itself": False}


@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """List all plays, stage by stage."""
    return render(request, "plays/plays.html", {"rows": rows(_now()), "states": wording.STATES})


@require_safe
def show(request: HttpRequest, play_id: int) -> HttpResponse:
    """Show a play, what it is worth, and what was decided."""
    play = play_seen(play_id)
    versions = list(play.versions.order_by("-number"))
    asked = request.GET.get("version", "")
    version = next((v for v in versions if str(v.number) == asked), versions[0])
    return _play_page(request, play, version, versions)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Write a new play."""
    form = PlayForm(request.POST or None, initial=NEW, places=choices())
    steps = StepForms(request.POST or None)
    error = None
    if request.method == "POST" and form.is_valid() and steps.is_valid():
        try:
            place = chosen(form.cleaned_data["place"])
            given = form.play(steps_sent(steps))
            play = actions.add(place, given, member=_viewer(request), now=_now())
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("Kept as a draft. Start it when it is ready."))
            return redirect("plays:play", play.pk)
    return _form_page(request, form, steps, error, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, play_id: int) -> HttpResponse:
    """Change a play: leads that are in it go on as before."""
    play = play_seen(play_id)
    newest = play.versions.latest("number")
    form = PlayForm(request.POST or None, initial=_initial(play, newest))
    steps = StepForms(request.POST or None, initial=steps_shown(read(newest.steps)))
    error = None
    if request.method == "POST" and form.is_valid() and steps.is_valid():
        try:
            given = form.play(steps_sent(steps))
            edition = form.cleaned_data["edition"] or 0
            actions.change(play_id, given, edition=edition, member=_viewer(request), now=_now())
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("Kept. Leads that are in it go on as before."))
            return redirect("plays:play", play_id)
    return _form_page(request, form, steps, error, play)


@require_POST
def decide(request: HttpRequest, play_id: int) -> HttpResponse:
    """Start, promote or stop a play, with the reason."""
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    try:
        actions.decide(play_id, state, reason=reason, member=_viewer(request), now=_now())
    except PlayMissing:
        raise
    except ClewError as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, str(wording.STATES[state]))
    return redirect("plays:play", play_id)


@require_safe
def list_leads(request: HttpRequest, play_id: int) -> HttpResponse:
    """List the leads that a number of the page counts."""
    play = play_seen(play_id)
    asked = request.GET.get("version", "")
    versions = play.versions.order_by("-number")
    version = next((v for v in versions if str(v.number) == asked), versions[0])
    context = {
        "play": play,
        "name": named(play),
        "version": version,
        "found": leads_of(_viewer(request), version.pk, request.GET.get("arm", "")),
        "most": LISTED_AT_MOST,
        "whys": wording.WHYS,
    }
    return render(request, "plays/leads.html", context)


def _play_page(
    request: HttpRequest, play: Play, version: Version, versions: list[Version]
) -> HttpResponse:
    measured = measure(version, _now())
    context = {
        "play": play,
        "name": named(play),
        "where": where(play),
        "begins": wording.BEGINS[play.begins],
        "state": wording.STATES[play.state],
        "version": version,
        "versions": versions,
        "measured": measured,
        "interval": measured.tally.interval(),
        "picture": wording.picture(measured, play.assumed_bp),
        "verdict": wording.verdict(measured),
        "steps": [(step, in_language(step)) for step in read(version.steps)],
        "decisions": play.decisions.select_related("member", "version").order_by("-pk"),
        "whys": [(wording.WHYS[why], count) for why, count in measured.whys],
        "may": [state for state, before in actions.NEXT.items() if play.state in before],
        "words": wording,
    }
    return render(request, "plays/play.html", context)


def _form_page(
    request: HttpRequest,
    form: PlayForm,
    steps: Any,
    error: ClewError | None,
    play: Play | None,
) -> HttpResponse:
    context = {
        "form": form,
        "steps": steps,
        "error": error,
        "play": play,
        "name": named(play) if play else "",
        "where": where(play) if play else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "plays/edit.html", context, status=status)


def _initial(play: Play, newest: Version) -> dict[str, Any]:
    return {
        "edition": play.edition,
        "name_zh": play.name_zh,
        "name_en": play.name_en,
        "assumed": f"{play.assumed_bp / 100:g}",
        "held_back_percent": newest.held_back_percent,
        "window_days": newest.window_days,
        "starts_itself": play.starts_itself,
    }


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
