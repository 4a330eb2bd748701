"""Whose the credit for a lead is, said on its page."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clew.access.models import Member
from clew.errors import Denied, Invalid
from clew.handoff.pools.actions import share_credit
from clew.handoff.pools.errors import CreditUnsound
from clew.handoff.queries import visible_lead


@require_POST
def share(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Keep the parts that were chosen; lines without a person are none."""
    viewer = cast(Member, request.user)
    lead = visible_lead(viewer, lead_id)
    try:
        share_credit(lead.pk, _parts(request), member=viewer, now=datetime.now(UTC))
    except (Invalid, Denied) as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("Kept."))
    return redirect("pipeline:lead", lead.pk)


def _parts(request: HttpRequest) -> list[tuple[int, int]]:
    """Read the lines of the form. Raises CreditUnsound."""
    lines = zip(request.POST.getlist("member"), request.POST.getlist("percent"), strict=False)
    try:
        return [(int(who), int(percent)) for who, percent in lines if who]
    except ValueError as strange:
        raise CreditUnsound from strange
