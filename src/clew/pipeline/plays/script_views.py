"""The pages of the scripts: all of them for everybody, writing them for managers."""

from datetime import UTC, datetime
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member, Role
from clew.errors import ClewError
from clew.pipeline.plays.actions import scripts as actions
from clew.pipeline.plays.errors import ScriptMissing
from clew.pipeline.plays.forms import NewScriptForm, ScriptForm, words_of
from clew.pipeline.plays.models import Script
from clew.pipeline.plays.speaking import place, places, scripts, shelves
from clew.pipeline.plays.wording import SAID


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show what to say, stage by stage."""
    context = {"shelves": shelves(), "said": SAID, "may_write": _may_write(request)}
    return render(request, "plays/scripts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Write a script for something that has none at a stage."""
    form, error = NewScriptForm(request.POST or None, stages=places()), None
    if form.is_valid():
        stage_id, said = form.place()
        try:
            actions.write(
                form.words(), stage_id=stage_id, said=said, member=_viewer(request), now=_now()
            )
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("Kept. It shows in the call sheet from now on."))
            return redirect("plays:scripts")
    return _page(request, form, error, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, script_id: int) -> HttpResponse:
    """Put another wording in the place of a script."""
    script = scripts().filter(pk=script_id).first()
    if script is None and request.method != "POST":
        raise ScriptMissing
    initial = words_of(script) if script else None
    form, error = ScriptForm(request.POST or None, initial=initial), None
    if form.is_valid():
        try:
            actions.rewrite(script_id, form.words(), member=_viewer(request), now=_now())
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("Kept. It shows in the call sheet from now on."))
            return redirect("plays:scripts")
    return _page(request, form, error, script)


@require_POST
def retire(request: HttpRequest, script_id: int) -> HttpResponse:
    """Show a script no more."""
    try:
        actions.retire(script_id, member=_viewer(request), now=_now())
    except ClewError as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("This script is not shown any more."))
    return redirect("plays:scripts")


def _page(
    request: HttpRequest, form: ScriptForm, error: ClewError | None, script: Script | None
) -> HttpResponse:
    context = {
        "form": form,
        "error": error,
        "script": script,
        "said": SAID[script.said] if script else "",
        "place": place(script.stage) if script and script.stage else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "plays/script.html", context, status=status)


def _may_write(request: HttpRequest) -> bool:
    return _viewer(request).role != Role.SALESPERSON


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
