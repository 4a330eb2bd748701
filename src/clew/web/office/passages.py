"""How leads pass through the stages of a pipeline, and what more of them would bring."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clew.capture.values import plain_digits
from clew.capture.ways import narrow
from clew.handoff.models import Seat
from clew.pipeline.moves.models import Pipeline, Stage
from clew.pipeline.moves.queries import name
from clew.pipeline.plays.measuring import measured_lifts
from clew.pipeline.plays.models import Play
from clew.pipeline.wording import span
from clew.tally.passages import Passage, Passages, passages
from clew.tally.whatif import Leg, Terms, outcome
from clew.web.office.reports import Asked, frame, read_asked
from clew.web.office.requests import caller, clock

LIFT = "lift-"
MOST = Decimal(10**9)
SALARY = Decimal(10_000)  # yuan a month, until somebody says otherwise
DAYS_OF_A_MONTH = 30
DAYS_OF_ALL_TIME = 365
LONGEST, LONGEST_SHOWN = 30, 20  # digits
COMMA = re.compile(r"\d+,\d{1,2}", re.ASCII)
EITHER = re.compile(r"\d{1,3}(\.\d{3})+|0,\d{3}", re.ASCII)  # 1.000 may be a thousand, or one


@dataclass(frozen=True, slots=True)
class Row:
    """A stage of the what-if: how many come so far today and how many would."""

    stage_id: int
    name: str
    today: int
    then: float
    rate: float
    lift: str


@require_safe
def show_stages(request: HttpRequest) -> HttpResponse:
    """Who came into which stage, stayed and left, and every way between stages."""
    seen = read_asked(request)
    pipeline = _pipeline(seen)
    report = passages(caller(request), seen.wanted, pipeline)
    context = _frame(request, seen, pipeline) | {
        "report": report,
        "rows": [(one, span(one.seconds) if one.seconds else "") for one in report.stages],
        "ways": _ways(report),
    }
    return render(request, "office/stages.html", context)


@require_safe
def show_what_if(request: HttpRequest) -> HttpResponse:
    """What sales would come to if more went on at each stage; today stands beside it."""
    seen = read_asked(request)
    pipeline = _pipeline(seen)
    report = passages(caller(request), seen.wanted, pipeline)
    stages = _to_winning(report.stages)
    lifts = {one.stage.pk: _amount(request.GET.get(f"{LIFT}{one.stage.pk}", "")) for one in stages}
    legs = [
        Leg(one.reached, after.reached, float(lifts[one.stage.pk] or 0))
        for one, after in itertools.pairwise(stages)
    ]
    terms, given = _terms(request.GET, report, pipeline, seen)
    today = outcome(legs, terms, is_lifted=False)
    then = outcome(legs, terms, is_lifted=True)
    context = _frame(request, seen, pipeline) | {
        "report": report,
        "legs": [
            Row(
                one.stage.pk,
                one.name,
                one.reached,
                then.reached[i],
                100 * legs[i].rate,
                request.GET.get(f"{LIFT}{one.stage.pk}", ""),
            )
            for i, one in enumerate(stages[:-1])
        ],
        "winning": stages[-1].name if stages else "",
        "today": today,
        "then": then,
        "given": given,
        "misread": _misread(request.GET, [*given, *(f"{LIFT}{pk}" for pk in lifts)]),
        "assumed": _with_lifts(seen, pipeline, given, _assumed(stages)),
        "measured": (found := _measured(stages)) and _with_lifts(seen, pipeline, given, found),
        "none": _with_lifts(seen, pipeline, given, {}),
        "is_lifted": any(lifts.values()),
    }
    return render(request, "office/what_if.html", context)


def _frame(request: HttpRequest, seen: Asked, pipeline: Pipeline) -> dict[str, Any]:
    pipelines = Pipeline.objects.order_by("pk")
    return frame(request, seen) | {
        "pipeline": pipeline,
        "sides": [(one, name(one), seen.address(channel=one.side)) for one in pipelines],
        "is_staged": True,
    }


def _pipeline(seen: Asked) -> Pipeline:
    """Give the pipeline of the channel that was asked for; the online one where none was."""
    found = {one.side: one for one in Pipeline.objects.all()}
    return found.get(seen.said.channel) or found[Pipeline.Side.ONLINE]


def _ways(report: Passages) -> list[tuple[str, list[tuple[int, int]]]]:
    """Lay out how often leads went from each stage (rows) into each (columns), with a strength from 0 to 4."""
    most = max(report.went.values(), default=1)
    ids = [one.stage.pk for one in report.stages]
    counts = {before: [report.went.get((before, after), 0) for after in ids] for before in ids}
    return [
        (one.name, [(n, -(-4 * n // most)) for n in counts[one.stage.pk]]) for one in report.stages
    ]


def _to_winning(stages: Sequence[Passage]) -> list[Passage]:
    """Give the stages in use as far as the one that wins."""
    in_use = [one for one in stages if one.stage.retired_at is None]
    at = next((i for i, s in enumerate(in_use) if s.stage.enters_on == Stage.Sign.WON), -1)
    return in_use[: at + 1]


def _terms(
    query: Mapping[str, str], report: Passages, pipeline: Pipeline, seen: Asked
) -> tuple[Terms, dict[str, str]]:
    """Read what a sale is worth and what people cost, or take what is known; say both as the form shows them."""
    own = [pk for pk in seen.known.teams if seen.wanted.team in {"", str(pk)}]
    sitting = Seat.objects.filter(left_at=None, team__in=own, team__method__side=pipeline.side)
    usual = {
        "ticket": Decimal(report.money.ticket_minor) / 100,
        "people": Decimal(sitting.count()),
        "salary": SALARY,
    }
    given = {key: _amount(query.get(key, "")) for key in usual}
    meant = {key: usual[key] if value is None else value for key, value in given.items()}
    months = Decimal(_days(seen)) / DAYS_OF_A_MONTH
    terms = Terms(
        ticket_minor=int(meant["ticket"] * 100),
        salaries_minor=int(meant["people"] * meant["salary"] * months * 100),
        ads_minor=report.money.cost_minor,
    )
    return terms, {key: f"{value:.2f}".removesuffix(".00") for key, value in meant.items()}


def _days(seen: Asked) -> int:
    """Count the days of the time that was asked for; a year where it has no beginning."""
    try:
        begin = date.fromisoformat(seen.wanted.since)
        end = date.fromisoformat(seen.wanted.until) if seen.wanted.until else timezone.localdate()
    except ValueError:
        return DAYS_OF_ALL_TIME
    return max(1, (end - begin).days + 1)


def _assumed(stages: Sequence[Passage]) -> dict[int, str]:
    return {one.stage.pk: f"{one.stage.lift_bp / 100:g}" for one in stages if one.stage.lift_bp}


def _measured(stages: Sequence[Passage]) -> dict[int, str]:
    """Give by how many points plays raise the share that goes on: what wins back who left counts for their share."""
    best: dict[int, float] = {}
    rates = {
        one.stage.pk: after.reached / one.reached
        for one, after in itertools.pairwise(stages)
        if one.reached
    }
    for found in measured_lifts(clock()):
        if found.stage_id in rates:
            share = 1 - rates[found.stage_id] if found.begins == Play.Begins.LEFT else 1.0
            best[found.stage_id] = max(best.get(found.stage_id, 0.0), found.lift * share)
    return {pk: f"{100 * lift:.1f}" for pk, lift in best.items()}


def _with_lifts(
    seen: Asked, pipeline: Pipeline, given: Mapping[str, str], lifts: Mapping[int, str]
) -> str:
    return f"{seen.address(channel=pipeline.side)}&" + urlencode(
        {**given, **{f"{LIFT}{pk}": text for pk, text in lifts.items()}}
    )


def _misread(query: Mapping[str, str], names: Iterable[str]) -> str:
    """Give what somebody typed that is no number, or could be two."""
    typed = [query.get(name, "").strip() for name in names]
    return " · ".join(text[:LONGEST_SHOWN] for text in typed if text and _amount(text) is None)


def _amount(text: str) -> Decimal | None:
    """Read a number as people type it: 10000, 10,000, 10.5, 10,5, 3%. None where it is none, or could be two."""
    plain = narrow(text).strip().removesuffix("%").rstrip()
    unsigned = plain[1:] if plain[:1] in {"+", "-", "−"} else plain
    if EITHER.fullmatch(unsigned):
        return None
    digits = unsigned.replace(",", ".") if COMMA.fullmatch(unsigned) else plain_digits(unsigned)
    if not digits or len(digits) > LONGEST or digits.startswith("-"):
        return None
    found = Decimal(digits)
    return None if found >= MOST else found.copy_negate() if plain[:1] in {"-", "−"} else found
