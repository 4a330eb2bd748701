"""Teams: adding one, and how it takes leads."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clew.access.actions import add_team
from clew.access.queries import teams
from clew.errors import Missing
from clew.handoff.actions.methods import Taking, set_method
from clew.handoff.models import Method
from clew.web.office.forms import MethodForm, TeamForm
from clew.web.office.requests import actor, caller, clock, refusal

PAGE = ["GET", "HEAD", "POST"]


@require_http_methods(PAGE)
def add(request: HttpRequest) -> HttpResponse:
    """A new team, taking leads from the start."""
    form, error = TeamForm(request.POST or None), None
    if form.is_valid():

        def found() -> None:
            name, home = form.cleaned_data["name"], caller(request).organisation
            team = add_team(home, name=name, actor=actor(request), now=clock())
            set_method(team.pk, _taking(form), actor=actor(request), now=clock())

        error = refusal(request, found)
        if error is None:
            return redirect("office:people")
    return _page(request, form, error)


@require_http_methods(PAGE)
def change(request: HttpRequest, team_id: int) -> HttpResponse:
    """How a team takes leads from the next one on."""
    team = teams(caller(request)).filter(pk=team_id).first()
    if team is None:
        raise Missing
    form, error = MethodForm(request.POST or None, initial=_initial(team_id)), None
    if form.is_valid():
        error = refusal(
            request,
            lambda: set_method(team_id, _taking(form), actor=actor(request), now=clock()),
        )
        if error is None:
            messages.success(request, _("Holds from the next lead on."))
            return redirect("office:people")
    return _page(request, form, error, team=team)


def _taking(form: MethodForm) -> Taking:
    data = form.cleaned_data
    return Taking(
        side=data["side"],
        calendar_id=data["calendar"].pk,
        high=data["high"],
        medium=data["medium"],
        low=data["low"],
    )


def _initial(team_id: int) -> dict[str, Any]:
    method = Method.objects.filter(team=team_id).values().first()
    return {**method, "calendar": method["calendar_id"]} if method else {}


def _page(request: HttpRequest, form: MethodForm, error: object, **more: object) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "error": error, **more}
    return render(request, "office/team.html", context, status=status)
