"""One seat: its hours, absences, what it takes on, and what becomes of its leads when it closes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.capture.gazetteer import divisions
from clew.capture.regions import name_of
from clew.errors import ClewError, Missing
from clew.handoff.models import Seat
from clew.handoff.people import actions
from clew.handoff.people.actions import LONGEST_CATEGORY
from clew.handoff.people.divisions import inside, path, provinces, search
from clew.handoff.people.queries import absences, handover, seats_of
from clew.web.office.planning import AbsenceForm, HoursForm
from clew.web.office.requests import actor, caller, clock, line, refusal


@require_safe
def show(request: HttpRequest, seat_id: int) -> HttpResponse:
    """All that is planned for a seat."""
    return _page(request, _seat(request, seat_id), AbsenceForm())


@require_POST
def set_hours(request: HttpRequest, seat_id: int) -> HttpResponse:
    """A calendar of its own, or the team's."""
    seat, form = _seat(request, seat_id), HoursForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["calendar"]
        number = chosen.pk if chosen else None
        actions.set_hours(seat.pk, number, actor=actor(request), now=clock())
        messages.success(request, _("Holds from the next lead on."))
    return redirect("office:plan_seat", seat.pk)


@require_POST
def plan_absence(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Let a seat take no turn for a time."""
    seat, form, error = _seat(request, seat_id), AbsenceForm(request.POST), None
    if form.is_valid():
        from_at, until_at = form.span()
        error = refusal(
            request,
            lambda: actions.plan_absence(
                [seat.pk],
                from_at=from_at,
                until_at=until_at,
                reason=form.cleaned_data["reason"],
                planner=caller(request),
                now=clock(),
            ),
        )
        if error is None:
            messages.success(request, _("Noted. No lead comes by turn in this time."))
            return redirect("office:plan_seat", seat.pk)
    return _page(request, seat, form, error, status=422)


@require_POST
def cancel_absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    """End an absence, or let it not take place."""
    found = absences(seats_of(caller(request)), clock()).filter(pk=absence_id).first()
    if found is None:
        raise Missing
    actions.cancel_absence(found.pk, actor=actor(request), now=clock())
    messages.success(request, _("Cancelled. Leads come by turn again."))
    return redirect("office:plan_seat", found.seat_id)


@require_http_methods(["GET", "HEAD", "POST"])
def takes(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Product groups and regions; looking around keeps the ticks, only saving saves."""
    seat = _seat(request, seat_id)
    if request.method != "POST":
        chosen = [first for first, _end in seat.territories]
        return _takes_page(request, seat, "\n".join(seat.categories), chosen)
    typed = request.POST.get("categories", "")[:4000].splitlines()
    categories = "\n".join(line(one, LONGEST_CATEGORY + 1) for one in typed)
    chosen = _codes(request.POST.getlist("region"))
    if "save" not in request.POST:
        return _takes_page(request, seat, categories, chosen)
    error = refusal(
        request,
        lambda: actions.set_takes(
            seat.pk,
            categories=categories.splitlines(),
            regions=chosen,
            actor=actor(request),
            now=clock(),
        ),
    )
    if error:
        return _takes_page(request, seat, categories, chosen, error)
    messages.success(request, _("Holds from the next lead on."))
    return redirect("office:plan_seat", seat.pk)


def _takes_page(
    request: HttpRequest,
    seat: Seat,
    categories: str,
    chosen: list[int],
    error: ClewError | None = None,
) -> HttpResponse:
    asked = line(request.POST.get("q", ""), 60)
    at = next(iter(_codes([request.POST.get("open", "")])), 0)
    context = {
        "seat": seat,
        "error": error,
        "categories": categories,
        "q": asked,
        "found": [(code, name_of(code)) for code in search(asked) if code not in chosen],
        "chosen": [(code, name_of(code)) for code in sorted(chosen)],
        "tree": _tree(at, chosen),
    }
    return render(request, "office/takes.html", context, status=422 if error else 200)


def _codes(sent: list[str]) -> list[int]:
    """Give the divisions among what was sent, each once."""
    known = {str(code): code for code in divisions()}
    return [known[text] for text in dict.fromkeys(sent) if text in known]


def _tree(at: int, chosen: list[int]) -> list[tuple[int, str, int, bool, bool]]:
    """Give code, name, depth, whether it is chosen, and whether it can be opened; along the way to `at`."""
    way = path(at)
    rows: list[tuple[int, str, int, bool, bool]] = []

    def grow(codes: tuple[int, ...], depth: int) -> None:
        for code in codes:
            is_open = code in way
            can_open = not is_open and code % 100 == 0 and bool(inside(code))
            rows.append((code, divisions()[code], depth, code in chosen, can_open))
            if is_open and code % 100 == 0:
                grow(inside(code), depth + 1)

    grow(provinces(), 0)
    return rows


def _page(
    request: HttpRequest,
    seat: Seat,
    form: AbsenceForm,
    error: object = None,
    status: int = 200,
) -> HttpResponse:
    now = clock()
    own = Seat.objects.filter(pk=seat.pk)
    context = {
        "seat": seat,
        "form": form,
        "error": error,
        "hours": HoursForm(initial={"calendar": seat.calendar_id}),
        "absences": absences(own, now),
        "territories": [name_of(first) for first, _end in seat.territories],
        "handover": handover([seat], now),
        "now": now,
    }
    return render(request, "office/seat.html", context, status=status)


def _seat(request: HttpRequest, seat_id: int) -> Seat:
    found = seats_of(caller(request)).filter(pk=seat_id).first()
    if found is None:
        raise Missing
    return found
