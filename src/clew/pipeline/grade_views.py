"""The grades of a lead: their history, a person's word about them, and its way back."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clew.access.models import Member
from clew.errors import Conflict, Invalid
from clew.grading import actions
from clew.handoff.belt.forgetting import tell
from clew.handoff.queries import visible_lead
from clew.pipeline.forms import GradeForm
from clew.pipeline.grading import told
from clew.pipeline.wording import intent

FRAGMENT = "X-Fragment"


@require_GET
def grades(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Tell every grade of a lead and why; only the list for a fragment."""
    lead = visible_lead(_viewer(request), lead_id)
    name = "pipeline/_grades.html" if request.headers.get(FRAGMENT) else "pipeline/grades.html"
    return render(request, name, {"lead": lead, "grades": told(lead.pk)})


@require_POST
def override(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Say what the grade is, whatever the rules say."""
    viewer, form = _viewer(request), GradeForm(request.POST)
    lead = visible_lead(viewer, lead_id)
    level, reason = form.given()
    try:
        grade = actions.override(lead.pk, level, reason, member=viewer, now=datetime.now(UTC))
    except Invalid as mistake:
        messages.error(request, _(mistake.message))
        return redirect("pipeline:lead", lead.pk)
    tell([lead.pk])
    messages.success(request, _("Graded by you: %(intent)s") % {"intent": intent(grade.level)})
    return redirect("pipeline:lead", lead.pk)


@require_POST
def lift(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Let the rules grade a lead again."""
    viewer = _viewer(request)
    lead = visible_lead(viewer, lead_id)
    try:
        grade = actions.lift(lead.pk, member=viewer, now=datetime.now(UTC))
    except Conflict as refused:
        messages.error(request, _(refused.message))
        return redirect("pipeline:lead", lead.pk)
    tell([lead.pk])
    messages.success(
        request, _("Graded by the rules: %(intent)s") % {"intent": intent(grade.level)}
    )
    return redirect("pipeline:lead", lead.pk)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)
