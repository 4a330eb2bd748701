"""The rules in force: read, play a lead through, go back to an earlier version, end a pilot."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from msgspec import convert

from clew.access.models import Team
from clew.base.ids import uuid7
from clew.capture.custom import Definitions
from clew.capture.inputs import add_inputs, given_in, inputs_of
from clew.capture.models import Source
from clew.capture.queries import all_definitions
from clew.capture.regions import name_of, resolve
from clew.handoff.actions import routing as actions
from clew.handoff.models import Routing
from clew.handoff.queries import draft, known, versions
from clew.handoff.routing import Given, Rule, examine
from clew.handoff.simulation import Simulation, simulate
from clew.pipeline.wording import REASONS, word
from clew.tally.pilots import compare
from clew.web.office.distribution.forms import PlayForm
from clew.web.office.distribution.wording import CONDITIONS, Row, rows, title
from clew.web.office.requests import caller, clock, refusal


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What holds now, in order; and where one lead would go by it."""
    return page(request)


@require_POST
def roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """Let an earlier version hold again."""
    error = refusal(
        request,
        lambda: actions.roll_back(version, known=known(), member=caller(request), now=clock()),
    )
    if error is None:
        messages.success(request, _("The earlier rules hold again, from the next lead on."))
        return redirect("office:distribution")
    return page(request, error=error, status=422)


@require_POST
def end_pilot(request: HttpRequest, pilot_id: int) -> HttpResponse:
    """End a pilot: keep its rules for all leads, or go on with those in force."""
    is_kept = request.POST.get("keep") == "yes"
    error = refusal(
        request,
        lambda: actions.end_pilot(
            pilot_id, is_kept=is_kept, known=known(), member=caller(request), now=clock()
        ),
    )
    if error is None:
        return redirect("office:distribution")
    return page(request, error=error, status=422)


def page(request: HttpRequest, *, error: object = None, status: int = 200) -> HttpResponse:
    """The page of what holds now, also with a refusal on it."""
    every = versions()
    in_force = next((v for v in every if not v.is_trial), None)
    running = next((v.pilot for v in every if v.is_trial and v.pilot.ended_at is None), None)
    rules = rules_of(in_force)
    context = {
        "in_force": in_force,
        "rows": in_words(rules),
        "versions": every,
        "has_changes": draft(clock()).rules != (in_force.rules if in_force else []),
        "pilot": running,
        "pilot_rows": in_words(rules_of(running.routing)) if running else [],
        "pilot_regions": [name_of(code) for code in running.regions] if running else [],
        "arms": compare(running, clock()) if running else [],
        "error": error,
        **played(request, rules),
    }
    return render(request, "office/distribution/page.html", context, status=status)


def rules_of(routing: Routing | None) -> list[Rule]:
    """Read the rules of a version."""
    return convert(routing.rules, list[Rule]) if routing else []


def in_words(rules: list[Rule], fits: Sequence[int] = ()) -> list[Row]:
    """Put rules into words, with what is wrong with them by now."""
    teams = dict(Team.objects.values_list("pk", "name"))
    there = known()
    return rows(rules, examine(rules, there), teams, names_of_sources(), there.fields, fits=fits)


def names_of_sources() -> dict[str, str]:
    """Names of the sources by key."""
    return dict(Source.objects.values_list("key", "name"))


def played(request: HttpRequest, rules: list[Rule]) -> dict[str, Any]:
    """The form for a lead to play through, and where it would go."""
    is_asked = "level" in request.GET
    form = PlayForm(request.GET if is_asked else None, auto_id="play_%s")
    fields = all_definitions()
    asked = {one.field for rule in rules for one in rule.custom}
    add_inputs(form, [field for key, field in fields.items() if key in asked])
    form.dress()
    if not (is_asked and form.is_valid()):
        return {"play": form, "play_fields": inputs_of(form)}
    given = form.cleaned_data
    source = given["source"]
    lead = Given(
        level=given["level"],
        source=source.key,
        kind=source.kind,
        region=resolve(given["region"]).code if given["region"] else None,
        category=given["category"],
        wanted=given["wanted"],
        company=given["company"],
        is_online=source.is_online,
        is_introduced=given["is_introduced"],
        custom={key: value for key, value in given_in(form).items() if value is not None},
    )
    simulation = simulate(lead, rules, lead_id=uuid7(), now=clock())
    region = name_of(lead.region) if lead.region else ""
    return {
        "play": form,
        "play_fields": inputs_of(form),
        "play_region": region,
        **_in_steps(simulation, fields),
    }


def _in_steps(simulation: Simulation, fields: Definitions) -> dict[str, Any]:
    sources = names_of_sources()
    steps = [
        (title(rule, sources, fields), CONDITIONS[missed] if missed else "")
        for rule, missed in simulation.steps
    ]
    asked = [(one, word(REASONS, one.reason)) for one in simulation.asked]
    return {"steps": steps, "is_by_side": simulation.number is None, "asked": asked}
