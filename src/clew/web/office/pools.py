"""When leads go back to the pools, and who may take them from there: by team, and for the company's pool."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clew.access.models import Role, Team
from clew.access.queries import teams
from clew.errors import ClewError, Missing
from clew.handoff.pools.actions import set_policy
from clew.handoff.pools.models import PoolPolicy
from clew.pipeline.moves.models import Stage
from clew.pipeline.recycling.actions import set_patience
from clew.pipeline.recycling.models import Patience
from clew.web.office.pool_forms import CompanyPoolForm, PoolForm
from clew.web.office.requests import actor, caller, clock, refusal

PAGE = ["GET", "HEAD", "POST"]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What holds in each team's pool, in short."""
    seen = list(teams(caller(request)).order_by("pk"))
    policies = {one.team_id: one for one in PoolPolicy.objects.select_related("overflow")}
    context = {
        "rows": [(team, policies.get(team.pk)) for team in seen],
        "company": policies.get(None),
        "may_set_company": caller(request).role == Role.ADMINISTRATOR,
    }
    return render(request, "office/pools.html", context)


@require_http_methods(PAGE)
def change(request: HttpRequest, team_id: int) -> HttpResponse:
    """What holds for a team's leads from now on."""
    team = teams(caller(request)).filter(pk=team_id).first()
    if team is None:
        raise Missing
    policy = PoolPolicy.objects.filter(team=team).first() or PoolPolicy()
    stages = _stages()
    patience = dict(Patience.objects.filter(team=team).values_list("stage_id", "days"))
    form = PoolForm(
        request.POST or None, policy=policy, stages=stages, patience=patience, others=_others(team)
    )
    error = None
    if form.is_valid():

        def keep() -> None:
            set_policy(team.pk, form.terms(), actor=actor(request), now=clock())
            set_patience(team.pk, form.patience(), actor=actor(request), now=clock())

        error = refusal(request, keep)
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:pools")
    return _page(request, form, error, team)


@require_http_methods(PAGE)
def change_company(request: HttpRequest) -> HttpResponse:
    """What holds in the company's pool from now on."""
    policy = PoolPolicy.objects.filter(team=None).first() or PoolPolicy()
    form, error = CompanyPoolForm(request.POST or None, policy=policy), None
    if form.is_valid():
        error = refusal(
            request, lambda: set_policy(None, form.terms(), actor=actor(request), now=clock())
        )
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:pools")
    return _page(request, form, error, None)


def _others(team: Team) -> list[Team]:
    """Give the other teams that take leads."""
    taking = Team.objects.filter(organisation=team.organisation_id, method__isnull=False)
    return list(taking.exclude(pk=team.pk).order_by("pk"))


def _stages() -> list[Stage]:
    """Give the stages in which patience can end: in use, and before the contract."""
    found: list[Stage] = []
    for side in ("online", "offline"):
        stages = Stage.objects.filter(pipeline__side=side, retired_at=None)
        for stage in stages.select_related("pipeline").order_by("position", "pk"):
            if stage.is_contract:
                break
            found.append(stage)
    return found


def _page(
    request: HttpRequest,
    form: CompanyPoolForm,
    error: ClewError | None,
    team: Team | None,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "error": error, "team": team}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/pool_policy.html", context, status=status)
