"""The robots that people are told by: connected, tried, looked after, retired."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.reach.actions import outlets as actions
from clew.reach.actions.outlets import OutletData
from clew.reach.actions.wishes import be_patient
from clew.reach.errors import OutletMissing
from clew.reach.models import Outlet
from clew.reach.queries import health, mail_health, patience
from clew.web.office.notice_forms import PatienceForm, RobotForm
from clew.web.office.requests import caller, clock, refusal


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All robots, and how each does."""
    return _page(request, RobotForm(caller(request)))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Connect a robot."""
    form, error, by = RobotForm(caller(request), request.POST), None, caller(request)
    if form.is_valid():
        given = _given(form.cleaned_data)
        error = refusal(request, lambda: actions.add_outlet(given, by=by, now=clock()))
        if error is None:
            messages.success(request, _("Connected. Send a test to see that it works."))
            return redirect("office:robots")
    return _page(request, form, error, status=422)


@require_POST
def set_patience(request: HttpRequest) -> HttpResponse:
    """Set for how long something may stay unread."""
    form, by, error = PatienceForm(request.POST), caller(request), None
    if form.is_valid():
        error = refusal(request, lambda: be_patient(**form.cleaned_data, by=by, now=clock()))
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:robots")
    return _page(request, RobotForm(by), error, status=422, patient=form)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Change a robot; what is left empty of address and secret stays."""
    robot, by = _robot(robot_id), caller(request)
    form, error = RobotForm(by, request.POST or None, robot=robot), None
    if form.is_valid():
        given = _given(form.cleaned_data)
        error = refusal(request, lambda: actions.change_outlet(robot_id, given, by=by, now=clock()))
        if error is None:
            messages.success(request, _("Holds from now on."))
            return redirect("office:robots")
    context = {"robot": robot, "form": form, "error": error}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/robot.html", context, status=status)


@require_POST
def try_out(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Let a robot say that it works."""
    actions.try_outlet(robot_id, by=caller(request), now=clock())
    messages.success(request, _("On its way. Look into the group, then look here again."))
    return redirect("office:robots")


@require_POST
def retire(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Let a robot say nothing any more."""
    actions.retire_outlet(robot_id, by=caller(request), now=clock())
    messages.success(request, _("This robot says nothing any more."))
    return redirect("office:robots")


def _robot(robot_id: UUID) -> Outlet:
    found = Outlet.objects.filter(pk=robot_id, retired_at=None).first()
    if found is None:
        raise OutletMissing
    return found


def _given(data: dict[str, Any]) -> OutletData:
    team, member = data["team"], data["member"]
    return OutletData(
        vendor=data["vendor"],
        name=data["name"],
        team_id=team.pk if team else None,
        member_id=member.pk if member else None,
        address=data["address"],
        secret=data["secret"],
    )


def _page(
    request: HttpRequest,
    form: RobotForm,
    error: object = None,
    status: int = 200,
    patient: PatienceForm | None = None,
) -> HttpResponse:
    now, terms = clock(), patience()
    known = {"next_minutes": terms.next_minutes, "manager_minutes": terms.manager_minutes}
    context = {
        "form": form,
        "error": None if patient else error,
        "patience": patient or PatienceForm(initial=known),
        "patience_error": error if patient else None,
        "robots": health(now),
        "mail": mail_health() if settings.SMTP else None,
        "now": now,
    }
    return render(request, "office/robots.html", context, status=status)
