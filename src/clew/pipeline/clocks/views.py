"""What waits for a manager: leads whose time ran out, with whoever is to have them instead."""

from collections import defaultdict
from datetime import datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clew.access.models import Member
from clew.errors import Conflict
from clew.handoff.errors import SeatMissing
from clew.handoff.queries import Share, visible_lead
from clew.pipeline.clocks.actions import reassign
from clew.pipeline.clocks.forms import ReassignForm
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import escalated
from clew.pipeline.dossier import colleagues
from clew.pipeline.leads import listed
from clew.pipeline.wording import moment, span


@require_GET
def late(request: HttpRequest) -> HttpResponse:
    """List the leads that the viewer was told of, the longest waiting first."""
    viewer, now = _viewer(request), _now()
    found = escalated(viewer, now)
    rows = listed([one.lead_id for one in found])
    seats: dict[int, list[Share]] = defaultdict(list)
    for seat in colleagues(viewer) if rows else []:
        seats[seat.team_id].append(seat)
    shown = [
        {
            "row": rows[one.lead_id],
            "is_of_stage": one.kind == Policy.Kind.STAGE,
            "late": span(int((now - one.due_at).total_seconds())) if one.due_at else "",
            "told": moment(one.told_at, now=now),
            "told_at": one.told_at,
            "placement": one.placement,
            "seats": seats[one.placement.team_id or 0],
        }
        for one in found
        if one.lead_id in rows
    ]
    return render(request, "clocks/late.html", {"rows": shown})


@require_POST
def give_to(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Give a late lead to somebody else; where somebody was faster, say so and change nothing."""
    viewer, form = _viewer(request), ReassignForm(request.POST)
    found = visible_lead(viewer, lead_id)
    seats = {seat.seat_id: seat for seat in colleagues(viewer)}
    chosen = seats.get(form.cleaned_data["seat_id"]) if form.is_valid() else None
    if chosen is None:
        raise SeatMissing
    stands = form.cleaned_data["stands"]
    try:
        reassign(found.pk, seat_id=chosen.seat_id, stands=stands, member=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("Given to %(name)s") % {"name": chosen.name})
    return redirect("pipeline:late")


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
