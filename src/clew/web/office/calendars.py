"""Calendars: by which hours teams and people work, with days off and exchanged workdays."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.errors import Missing
from clew.handoff.models import Calendar
from clew.handoff.people import actions
from clew.handoff.people.holidays import known_years
from clew.handoff.people.notation import write_blocks
from clew.handoff.people.queries import calendars, users
from clew.web.office.planning import WEEKDAYS, CalendarForm, written
from clew.web.office.requests import actor, clock, refusal

PAGE = ["GET", "HEAD", "POST"]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """All calendars, and who works by each."""
    rows = [(one, _week(one), names) for one, names in calendars()]
    return render(request, "office/calendars.html", {"calendars": rows})


@require_http_methods(PAGE)
def add(request: HttpRequest) -> HttpResponse:
    """A new calendar."""
    return _edit(request, None)


@require_http_methods(PAGE)
def change(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Another plan for a calendar, from now on."""
    return _edit(request, _calendar(calendar_id))


@require_POST
def load_year(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Add a year's public holidays and exchanged workdays."""
    year = request.POST.get("year", "")
    number = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0
    calendar = _calendar(calendar_id)
    actions.add_public_days(calendar.pk, number, actor=actor(request), now=clock())
    messages.success(request, _("The public holidays of %(year)s are in.") % {"year": number})
    return redirect("office:calendar", calendar.pk)


@require_POST
def delete(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Delete a calendar that nobody uses."""
    calendar = _calendar(calendar_id)
    error = refusal(
        request, lambda: actions.delete_calendar(calendar.pk, actor=actor(request), now=clock())
    )
    if error is None:
        messages.success(request, _("The calendar is deleted."))
        return redirect("office:calendars")
    return _page(request, CalendarForm(initial=written(calendar)), calendar, error, status=409)


def _edit(request: HttpRequest, calendar: Calendar | None) -> HttpResponse:
    if request.method != "POST":
        form = CalendarForm(initial=written(calendar) if calendar else None)
        return _page(request, form, calendar)
    form, error = CalendarForm(request.POST), None
    if form.is_valid():
        error = refusal(
            request,
            lambda: actions.keep_calendar(
                form.plan(),
                actor=actor(request),
                now=clock(),
                calendar_id=calendar.pk if calendar else None,
            ),
        )
        if error is None:
            messages.success(request, _("Holds from now on, for every turn and clock."))
            return redirect("office:calendars")
    return _page(request, form, calendar, error, status=422)


def _page(
    request: HttpRequest,
    form: CalendarForm,
    calendar: Calendar | None,
    error: object = None,
    status: int = 200,
) -> HttpResponse:
    years = known_years()
    this_year = clock().year
    context = {
        "form": form,
        "error": error,
        "calendar": calendar,
        "users": users(calendar.pk) if calendar else [],
        "years": [year for year in years if year >= this_year],
        "first_year": years[0],
        "last_year": years[-1],
        "next_year": this_year + 1,
    }
    return render(request, "office/calendar.html", context, status=status)


def _week(calendar: Calendar) -> list[tuple[str, str]]:
    """Say the hours of a week, days with the same hours together: Monday–Friday 8:30–18:00."""
    names = [str(name) for name in WEEKDAYS]
    said: list[tuple[int, int, str]] = []
    for number, blocks in enumerate(write_blocks(calendar.week)):
        if said and said[-1][2] == blocks and said[-1][1] == number - 1:
            said[-1] = said[-1][0], number, blocks
        else:
            said.append((number, number, blocks))
    return [
        (names[first] if first == last else f"{names[first]}–{names[last]}", blocks)
        for first, last, blocks in said
        if blocks
    ]


def _calendar(calendar_id: int) -> Calendar:
    found = Calendar.objects.filter(pk=calendar_id).first()
    if found is None:
        raise Missing
    return found
