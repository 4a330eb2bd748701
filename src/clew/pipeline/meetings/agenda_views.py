"""The day's agenda."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from clew.pipeline.meetings.agenda import agenda, people
from clew.pipeline.meetings.views import local_now, viewer_of
from clew.pipeline.meetings.wording import zone


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """Show a day's meetings: today's where no other is asked for."""
    viewer, now = viewer_of(request), local_now()
    today = timezone.localdate(now)
    shown = _day(request.GET.get("day", ""), today)
    offered = people(viewer)
    asked = request.GET.get("who", "")
    who = next((one.pk for one in offered if str(one.pk) == asked), None)
    if who is None and asked != "all" and any(one.pk == viewer.pk for one in offered):
        who = viewer.pk
    context = {
        "agenda": agenda(viewer, shown, now, who),
        "day": date_format(shown, pgettext("date format", "D j M")),
        "is_today": shown == today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "who": who,
        "people": offered if len(offered) > 1 else [],
        "zone": zone(),
    }
    return render(request, "meetings/agenda.html", context)


def _day(text: str, today: date) -> date:
    """Read the day that is asked for; what is none, or far away, is today."""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today
    return asked if abs(asked.year - today.year) <= 10 else today
