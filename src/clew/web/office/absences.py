"""One's own absences: planned ahead, and taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clew.errors import Missing
from clew.handoff.people import actions
from clew.handoff.people.queries import absences, own_seats
from clew.web.office.planning import AbsenceForm
from clew.web.office.requests import actor, caller, clock, refusal


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """When one is away, and a form for the next time; it holds for all of one's seats."""
    form, error, viewer = AbsenceForm(request.POST or None), None, caller(request)
    if request.method == "POST" and form.is_valid():
        from_at, until_at = form.span()
        error = refusal(
            request,
            lambda: actions.plan_absence(
                list(own_seats(viewer).values_list("pk", flat=True)),
                from_at=from_at,
                until_at=until_at,
                reason=form.cleaned_data["reason"],
                planner=viewer,
                now=clock(),
            ),
        )
        if error is None:
            messages.success(request, _("Noted. No lead comes by turn in this time."))
            return redirect("office:my_absences")
    seats = own_seats(viewer)
    context = {
        "form": form,
        "error": error,
        "absences": absences(seats, clock()),
        "has_seat": seats.exists(),
        "now": clock(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "office/absences.html", context, status=status)


@require_POST
def cancel_mine(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Come back earlier, or do not go."""
    found = absences(own_seats(caller(request)), clock()).filter(pk=absence_id).first()
    if found is None:
        raise Missing
    actions.cancel_absence(found.pk, actor=actor(request), now=clock())
    messages.success(request, _("Cancelled. Leads come by turn again."))
    return redirect("office:my_absences")
