"""Funnel and speed: how far leads come, and how soon somebody reached them. Every number opens its leads."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from clew.access.models import Member
from clew.pipeline.filters import NOBODY, PERIODS, Filter, read
from clew.pipeline.naming import PERIODS as PERIOD_WORDS
from clew.pipeline.stage_wording import BANDS, CHANNELS, HOURS, MEASURES, NAMES
from clew.pipeline.wording import ENDS, span, word
from clew.tally import speed as timing
from clew.tally.funnel import funnel
from clew.tally.numbers import Named, asked, named
from clew.web.office.flowing import APART, WIDTH, draw
from clew.web.office.requests import caller, clock

EVER = "all"
USUAL = "30d"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a report says, as it says it and settled for this reader and day."""

    said: Filter
    wanted: Filter
    known: Named

    def address(self, **changes: str) -> str:
        """Give the query of this report with some parts changed."""
        return self.said.address(**changes)


@require_safe
def show_funnel(request: HttpRequest) -> HttpResponse:
    """Where leads get to, and where they are lost."""
    seen = read_asked(request)
    report = funnel(caller(request), seen.wanted, seen.known)
    picked = next((s for s in report.steps if s.code == request.GET.get("at")), None)
    at = picked or max(report.steps, key=lambda step: step.left.count)  # where most are lost
    counts = [(s.passed.count, s.staying.count, s.left.count) for s in report.steps]
    context = frame(request, seen) | {
        "report": report,
        "at": at,
        "picked": picked,
        "reasons": [(word(ENDS, end), n) for end, n in at.reasons],
        "steps": [
            (step, NAMES[step.code], seen.address() + f"&at={step.code}") for step in report.steps
        ],
        "streams": list(zip(draw(counts), report.steps, strict=True)),
        "width": WIDTH,
        "apart": f"{APART:.0f}",
        "at_name": NAMES[at.code],
        "past": [(word(ENDS, end), n) for end, n in report.past],
        "heads": list(NAMES.values()),
        "channels_named": [(CHANNELS[line.name], line) for line in report.channels],
    }
    return render(request, "office/funnel.html", context)


@require_safe
def show_speed(request: HttpRequest) -> HttpResponse:
    """How soon leads were tried and answered, in clock and working hours."""
    seen = read_asked(request)
    measure = _one_of(request.GET.get("measure", ""), MEASURES)
    hours = _one_of(request.GET.get("hours", ""), HOURS)
    report = timing.speed(caller(request), seen.wanted, seen.known, measure, hours)
    base = seen.address()
    context = frame(request, seen) | {
        "report": report,
        "measure": measure,
        "hours": hours,
        "measures": [(c, w, f"{base}&measure={c}&hours={hours}") for c, w in MEASURES.items()],
        "hours_offered": [(c, w, f"{base}&measure={measure}&hours={c}") for c, w in HOURS.items()],
        "rows": [(BANDS[row.code], row) for row in report.rows],
        "heads": list(BANDS.values()),
        "median": _span(report.median),
        "sources": [(line, _span(line.median)) for line in report.sources],
        "teams": [(line, _span(line.median)) for line in report.teams],
    }
    return render(request, "office/speed.html", context)


def read_asked(request: HttpRequest) -> Asked:
    """Read what a report is asked for; the last 30 days where nothing is said."""
    viewer = caller(request)
    said = asked(read(request.GET))
    if said.opened not in {*PERIODS, EVER}:
        said = replace(said, opened="" if said.since or said.until else USUAL)
    meant = replace(said, opened="") if said.opened == EVER else said
    return Asked(said, meant.settled(viewer, timezone.localdate()), named(viewer))


def frame(request: HttpRequest, seen: Asked) -> dict[str, Any]:
    """Give what both reports show around their numbers: what they are narrowed by."""
    sources = [(one.key, one.name) for one in seen.known.sources.values()]
    teams = _teams(caller(request), seen.known)
    return {
        "seen": seen,
        "said": seen.said,
        "address": seen.address(),
        "now": clock(),
        "periods": [*PERIOD_WORDS.items(), (EVER, pgettext("period", "Whenever they came in"))],
        "sources_offered": sources,
        "teams_offered": teams,
        "channels": CHANNELS.items(),
        "is_gone": any(
            code and code not in dict(offered)
            for code, offered in (
                (seen.said.source, sources),
                (seen.said.team, teams),
                (seen.said.channel, CHANNELS),
            )
        ),
    }


def _teams(viewer: Member, known: Named) -> list[tuple[str, str]]:
    offered = [(str(pk), name) for pk, name in known.teams.items()]
    return [*offered, (NOBODY, "")] if viewer.role == "administrator" else offered


def _one_of(code: str, offered: Any) -> str:
    return code if code in offered else str(next(iter(offered)))


def _span(seconds: int | None) -> str:
    return "" if seconds is None else span(seconds)
