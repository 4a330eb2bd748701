"""The draft of the distribution rules: written, tried, published, piloted."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from msgspec import convert

from clew.access.models import Team
from clew.base.digits import number
from clew.errors import ClewError
from clew.handoff.actions import routing as actions
from clew.handoff.errors import RuleMissing
from clew.handoff.queries import draft, known, versions
from clew.handoff.routing import Rule
from clew.handoff.simulation import Trial, try_on_past
from clew.web.office.distribution.forms import PilotForm, RuleForm, initial
from clew.web.office.distribution.pages import in_words, played, rules_of
from clew.web.office.requests import caller, clock, refusal

PAST = 5_000  # leads: half a second
Change = Callable[[list[Rule]], list[Rule]]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The rules as they are being written, what is wrong with them, what they would have done."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new rule, the last one."""
    return _rule_page(request, None, lambda rule: lambda rules: [*rules, rule])


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change one rule; `number` counts from 1."""
    rules = _rules()
    if not 1 <= number <= len(rules):
        raise RuleMissing
    at = number - 1
    return _rule_page(
        request, rules[at], lambda rule: lambda rules: [*rules[:at], rule, *rules[at + 1 :]]
    )


@require_POST
def move(request: HttpRequest, number: int) -> HttpResponse:
    """Let a rule be asked one place earlier."""
    at = number - 1

    def up(rules: list[Rule]) -> list[Rule]:
        if not 1 <= at < len(rules):
            raise RuleMissing
        return [*rules[: at - 1], rules[at], rules[at - 1], *rules[at + 1 :]]

    return _changed(request, up)


@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take a rule out."""

    def without(rules: list[Rule]) -> list[Rule]:
        if not 1 <= number <= len(rules):
            raise RuleMissing
        return [*rules[: number - 1], *rules[number:]]

    return _changed(request, without)


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Begin the draft again from what holds now."""
    in_force = next((v for v in versions() if not v.is_trial), None)
    return _changed(request, lambda _rules: rules_of(in_force))


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Let the draft hold from the next lead on."""
    error = refusal(
        request,
        lambda: actions.publish_draft(
            edition=_edition(request), known=known(), member=caller(request), now=clock()
        ),
    )
    if error is None:
        messages.success(request, _("These rules hold from the next lead on."))
        return redirect("office:distribution")
    return _page(request, error=error, status=422)


@require_POST
def pilot(request: HttpRequest) -> HttpResponse:
    """Let the draft hold for a share of the leads."""
    form, error = PilotForm(request.POST), None
    if form.is_valid():
        error = refusal(
            request,
            lambda: actions.start_pilot(
                form.cleaned_data["percent"],
                form.cleaned_data["regions"],
                edition=_edition(request),
                known=known(),
                member=caller(request),
                now=clock(),
            ),
        )
        if error is None:
            return redirect("office:distribution")
    return _page(request, pilot_form=form, error=error, status=422)


def _rules() -> list[Rule]:
    return convert(draft(clock()).rules, list[Rule])


def _edition(request: HttpRequest) -> int:
    return number(request.POST.get("edition", "")) or 0


def _write(request: HttpRequest, change: Change) -> ClewError | None:
    return refusal(
        request,
        lambda: actions.write_draft(
            change(_rules()), edition=_edition(request), member=caller(request), now=clock()
        ),
    )


def _changed(request: HttpRequest, change: Change) -> HttpResponse:
    error = _write(request, change)
    if error is None:
        return redirect("office:distribution_draft")
    return _page(request, error=error, status=422)


def _page(
    request: HttpRequest,
    *,
    pilot_form: PilotForm | None = None,
    error: object = None,
    status: int = 200,
) -> HttpResponse:
    written = draft(clock())
    every = versions()
    in_force = next((v for v in every if not v.is_trial), None)
    rules = convert(written.rules, list[Rule])
    tried = try_on_past(rules, PAST)
    listed = in_words(rules, tried.by_rule)
    is_broken = any(fatal for row in listed for _words, fatal in row.notes)
    context = {
        "draft": written,
        "rows": listed,
        "has_changes": written.rules != (in_force.rules if in_force else []),
        "is_broken": is_broken,
        "tried": tried,
        "teams": _by_team(tried),
        "has_pilot": any(v.is_trial and v.pilot.ended_at is None for v in every),
        "pilot_form": pilot_form or PilotForm(auto_id="pilot_%s"),
        "error": error,
        **played(request, rules),
    }
    return render(request, "office/distribution/draft.html", context, status=status)


def _by_team(tried: Trial) -> list[tuple[str, int, int]]:
    names = dict(Team.objects.values_list("pk", "name"))
    ordered = sorted(tried.before.keys() | tried.after.keys(), key=lambda t: -tried.after[t])
    return [(names.get(t) or _("no team"), tried.before[t], tried.after[t]) for t in ordered]


def _rule_page(
    request: HttpRequest, rule: Rule | None, put: Callable[[Rule], Change]
) -> HttpResponse:
    form = RuleForm(request.POST or None, initial=initial(rule) if rule else None)
    error = None
    if form.is_valid():
        error = _write(request, put(form.rule()))
        if error is None:
            return redirect("office:distribution_draft")
    edition = (
        draft(clock()).edition if rule is None else _edition(request) or draft(clock()).edition
    )
    context = {"form": form, "rule": rule, "error": error, "edition": edition}
    status = 422 if request.method == "POST" else 200
    return render(request, "office/distribution/rule.html", context, status=status)
