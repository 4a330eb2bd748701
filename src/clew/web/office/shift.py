"""The team as it stands: who is on, what each has, and a lead handed on with the reason."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clew.base.digits import number
from clew.errors import Conflict
from clew.handoff.errors import SeatMissing
from clew.handoff.queries import visible_lead
from clew.pipeline.clocks.actions import reassign
from clew.pipeline.dossier import colleagues
from clew.pipeline.wording import HANDED_ON, moment
from clew.tally.shift import State, shifts
from clew.web.office.errors import ReasonUnchosen
from clew.web.office.requests import caller, clock

FRAGMENT = "X-Fragment"
KEY = 18  # digits of the key of a placement
STATES = {
    State.ON: (gettext_lazy("on"), "ok"),
    State.OFF_HOURS: (gettext_lazy("off hours"), ""),
    State.AWAY: (gettext_lazy("away"), "soon"),
    State.ABSENT: (gettext_lazy("absent"), "soon"),
}


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Each of one's teams now; only the inside where the page asks for a fragment."""
    now = timezone.localtime(clock())
    found = shifts(caller(request), now)
    context = {
        "shifts": [
            (
                one,
                [
                    (
                        worker,
                        *STATES[worker.state],
                        [(c, moment(c.due_at, now=now)) for c in worker.clocks],
                    )
                    for worker in one.workers
                ],
            )
            for one in found
        ],
        "reasons": HANDED_ON.items(),
        "now": now,
    }
    name = "office/_shift.html" if request.headers.get(FRAGMENT) else "office/shift.html"
    return render(request, name, context)


@require_POST
def hand_on(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Give a lead to somebody of one's teams, for a reason that stays with it, unless somebody was faster."""
    viewer = caller(request)
    lead = visible_lead(viewer, lead_id)
    seats = {str(seat.seat_id): seat for seat in colleagues(viewer)}
    chosen = seats.get(request.POST.get("seat", ""))
    if chosen is None:
        raise SeatMissing
    reason = request.POST.get("reason", "")
    if reason not in HANDED_ON:
        raise ReasonUnchosen
    stands = number(request.POST.get("stands", ""), KEY) or 0
    try:
        reassign(
            lead.pk,
            seat_id=chosen.seat_id,
            stands=stands,
            member=viewer,
            now=clock(),
            reason=reason,
        )
    except Conflict as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("Given to %(name)s") % {"name": chosen.name})
    return redirect("office:shift")
