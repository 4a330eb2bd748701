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
from clew.pipeline.resting.actions.policies import set_policy as set_rest
from clew.pipeline.resting.queries import candidates, policy_of, told
from clew.web.office.pool_forms import CompanyPoolForm, PoolForm
from clew.web.office.requests import actor, caller, clock, refusal
from clew.web.office.rest_forms import RestForm

PAGE = ["GET", "HEAD", "POST"]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What holds in each team's pool, in short."""
    seen = list(teams(caller(request)).order_by("pk"))
    policies = {one.team_id: one for one in PoolPolicy.objects.select_related("overflow")}
    rests = told()
    context = {
        "rows": [(team, policies.get(team.pk), rests.get(team.pk)) for team in seen],
        "company": policies.get(None),
        "company_rest": rests.get(None),
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
    rest, error = _rest_form(request, team), None
    if form.is_valid() and rest.is_valid():

        def keep() -> None:
            set_policy(team.pk, form.terms(), actor=actor(request), now=clock())
            set_patience(team.pk, form.patience(), actor=actor(request), now=clock())
            _keep_rest(request, rest, team)

        error = refusal(request, keep)
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:pools")
    return _page(request, form, error, team, rest)


@require_http_methods(PAGE)
def change_company(request: HttpRequest) -> HttpResponse:
    """What holds in the company's pool from now on."""
    policy = PoolPolicy.objects.filter(team=None).first() or PoolPolicy()
    form, error = CompanyPoolForm(request.POST or None, policy=policy), None
    rest = _rest_form(request, None)
    if form.is_valid() and rest.is_valid():

        def keep() -> None:
            set_policy(None, form.terms(), actor=actor(request), now=clock())
            _keep_rest(request, rest, None)

        error = refusal(request, keep)
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:pools")
    return _page(request, form, error, None, rest)


def _rest_form(request: HttpRequest, team: Team | None) -> RestForm:
    policy = policy_of(team.pk if team else None)
    kept_by = list(policy.keepers.values_list("member", flat=True)) if policy else []
    people = list(candidates(team).filter(organisation=caller(request).organisation_id))
    return RestForm(request.POST or None, policy=policy, kept_by=kept_by, people=people)


def _keep_rest(request: HttpRequest, form: RestForm, team: Team | None) -> None:
    now = clock()
    set_rest(
        team,
        form.terms(),
        form.cleaned_data["keepers"],
        actor=actor(request),
        now=now,
        since=form.since(now),
    )


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
    rest: RestForm,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "error": error, "team": team, "rest": rest}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/pool_policy.html", context, status=status)
