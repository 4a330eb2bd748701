"""The stages of the pipelines and the reasons for leaving them, as managers and administrators write them."""

from datetime import UTC, datetime
from typing import cast

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clew.access.models import Member
from clew.base.digits import number
from clew.errors import Conflict, Invalid
from clew.pipeline.moves.actions import stages as actions
from clew.pipeline.moves.errors import ExitReasonMissing, LiftUnreadable, StageMissing
from clew.pipeline.moves.forms import ReasonForm, StageForm
from clew.pipeline.moves.models import ExitReason, Pipeline, Stage
from clew.pipeline.moves.queries import name, reasons_of, stages_of
from clew.pipeline.moves.wording import SIGNS
from clew.pipeline.wording import ENDS


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """List the stages of both pipelines."""
    pipelines = [
        (one, name(one), [(s, name(s), SIGNS[s.enters_on]) for s in _in_use(one.pk)])
        for one in Pipeline.objects.order_by("pk")
    ]
    return render(request, "moves/stages.html", {"pipelines": pipelines})


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """Add a stage at the end, or say what is wrong with it."""
    pipeline = Pipeline.objects.filter(pk=pipeline_id).first()
    if pipeline is None:
        raise StageMissing
    form = StageForm(request.POST or None)
    context = {"pipeline": pipeline, "title": name(pipeline), "signs": SIGNS.items(), "form": form}
    if request.method == "GET":
        return render(request, "moves/stage.html", context)
    stages = _in_use(pipeline_id)
    try:
        given = _stage(form)
        made = actions.add_stage(
            pipeline_id,
            given,
            after=stages[-1].pk if stages else None,
            member=_viewer(request),
            now=_now(),
        )
    except (Conflict, Invalid) as refused:
        again = context | {"error": _(refused.message)}
        return render(request, "moves/stage.html", again, status=refused.status)
    messages.success(request, _("Added: %(stage)s") % {"stage": name(made)})
    return redirect("moves:stage", made.pk)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, stage_id: int) -> HttpResponse:
    """Show a stage with its reasons, or change it."""
    stage = _found(stage_id)
    if request.method == "GET":
        return render(request, "moves/stage.html", _of(stage))
    form = StageForm(request.POST)
    try:
        actions.change_stage(stage.pk, _stage(form), member=_viewer(request), now=_now())
    except (Conflict, Invalid) as refused:
        again = _of(stage) | {"form": form, "error": _(refused.message)}
        return render(request, "moves/stage.html", again, status=refused.status)
    messages.success(request, _("Kept"))
    return redirect("moves:stage", stage.pk)


@require_POST
def put(request: HttpRequest, stage_id: int) -> HttpResponse:
    """Move a stage one place up or down."""
    by = -1 if request.POST.get("way") == "up" else 1
    actions.put_stage(_found(stage_id).pk, by=by, member=_viewer(request), now=_now())
    return redirect("moves:stages")


@require_POST
def retire(request: HttpRequest, stage_id: int) -> HttpResponse:
    """Take a stage out of use, and let its leads go into another one."""
    stage, into = _found(stage_id), request.POST.get("into", "")
    try:
        actions.retire_stage(
            stage.pk,
            into=number(into) or 0,
            member=_viewer(request),
            now=_now(),
        )
    except Invalid as refused:
        messages.error(request, _(refused.message))
        return redirect("moves:stage", stage.pk)
    messages.success(request, _("Retired: %(stage)s") % {"stage": name(stage)})
    return redirect("moves:stages")


@require_POST
def add_reason(request: HttpRequest, stage_id: int) -> HttpResponse:
    """Add a reason for leaving a stage."""
    return _keep(request, _found(stage_id), None)


@require_POST
def edit_reason(request: HttpRequest, reason_id: int) -> HttpResponse:
    """Change a reason for leaving a stage."""
    found = ExitReason.objects.select_related("stage").filter(pk=reason_id, retired_at=None).first()
    if found is None:
        raise StageMissing
    return _keep(request, found.stage, found.pk)


@require_POST
def retire_reason(request: HttpRequest, reason_id: int) -> HttpResponse:
    """Take a reason out of use."""
    if not ExitReason.objects.filter(pk=reason_id, retired_at=None).exists():
        raise StageMissing
    gone = actions.retire_reason(reason_id, member=_viewer(request), now=_now())
    return redirect("moves:stage", gone.stage_id)


def _keep(request: HttpRequest, stage: Stage, reason_id: int | None) -> HttpResponse:
    form = ReasonForm(request.POST)
    try:
        if not form.is_valid():
            raise ExitReasonMissing
        sent = form.cleaned_data
        actions.keep_reason(
            stage.pk,
            actions.Naming(sent["name_zh"], sent["name_en"]),
            end=sent["end"],
            asks_rival=sent["asks_rival"],
            member=_viewer(request),
            now=_now(),
            reason_id=reason_id,
        )
    except Invalid as refused:
        messages.error(request, _(refused.message))
    return redirect("moves:stage", stage.pk)


def _of(stage: Stage) -> dict[str, object]:
    open_count = Count("pk", filter=Q(left_at=None))
    return {
        "stage": stage,
        "title": name(stage),
        "form": StageForm(
            initial={
                "name_zh": stage.name_zh,
                "name_en": stage.name_en,
                "enters_on": stage.enters_on,
                "is_contract": stage.is_contract,
                "lift": f"{stage.lift_bp / 100:g}",
            }
        ),
        "signs": SIGNS.items(),
        "reasons": reasons_of(stage.pk),
        "ends": [(code, ENDS[code]) for code in actions.LOSSES],
        "others": [(s.pk, name(s)) for s in _in_use(stage.pipeline_id) if s.pk != stage.pk],
        "resting": stage.stays.aggregate(count=open_count)["count"],
    }


def _stage(form: StageForm) -> actions.StageIn:
    if not form.is_valid():
        raise LiftUnreadable if "lift" in form.errors else StageMissing
    return form.stage()


def _found(stage_id: int) -> Stage:
    found = Stage.objects.filter(pk=stage_id, retired_at=None).first()
    if found is None:
        raise StageMissing
    return found


def _in_use(pipeline_id: int) -> list[Stage]:
    return [stage for stage in stages_of(pipeline_id) if stage.retired_at is None]


def _viewer(request: HttpRequest) -> Member:
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
