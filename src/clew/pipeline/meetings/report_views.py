"""Who shows up, and the meetings that each number counts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clew.pipeline.filters import clean
from clew.pipeline.meetings import report as reports
from clew.pipeline.meetings.queries import opened_by
from clew.pipeline.meetings.report import PERIODS, USUAL, Wanted
from clew.pipeline.meetings.views import local_now, viewer_of
from clew.pipeline.meetings.wording import COLUMNS, KINDS, PERIOD_WORDS, STATES, TONES, when


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """Show who shows up, by person and by source."""
    viewer, now, wanted = viewer_of(request), local_now(), _wanted(request)
    context = {
        "report": reports.report(viewer, wanted, now),
        "heads": COLUMNS.values(),
        "periods": [
            (code, words, wanted.address(period=code)) for code, words in PERIOD_WORDS.items()
        ],
        "period": wanted.period,
        "now": now,
    }
    return render(request, "meetings/report.html", context)


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """List the meetings that a number of the report counts."""
    viewer, now, wanted = viewer_of(request), local_now(), _wanted(request)
    rows, after = reports.page(viewer, wanted, now, request.GET.get("after", ""))
    open_to = opened_by(viewer, rows)
    context = {
        "rows": [
            (
                row,
                row.pk in open_to,
                when(row.from_at, row.until_at) if row.from_at else "",
                KINDS[row.kind],
                STATES[row.state],
                TONES.get(row.state, ""),
            )
            for row in rows
        ],
        "what": COLUMNS.get(wanted.state, COLUMNS["invited"]),
        "period_words": PERIOD_WORDS.get(wanted.period, ""),
        "back": wanted.address(state=""),
        "next": wanted.address(after=str(after)) if after else "",
    }
    return render(request, "meetings/listed.html", context)


def _wanted(request: HttpRequest) -> Wanted:
    said = {name: clean(request.GET.get(name, "")) for name in ("period", "who", "source", "state")}
    if said["period"] not in {*PERIODS, "all"}:
        said["period"] = USUAL
    return Wanted(**said)
