"""Writing on the draft: rules, their order, thresholds; publishing it or beginning again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.capture.custom import Definitions
from clew.capture.queries import all_definitions
from clew.errors import ClewError
from clew.grading import queries
from clew.grading.actions import publish_draft, write_draft
from clew.grading.changes import Rules
from clew.grading.checks import MOST_RULES, Finding, examine
from clew.grading.errors import (
    GradingDraftMoved,
    GradingRuleMissing,
    RulesInvalid,
    TooManyGradingRules,
)
from clew.grading.models import RuleDraft
from clew.grading.rules import Rule
from clew.grading.wording import conditions_in_words, rule_in_words
from clew.web.office.grading import wording
from clew.web.office.grading.pages import edition_of
from clew.web.office.grading.reading import Reading, TypedRule, as_typed, read, threshold, typed
from clew.web.office.requests import caller, clock, refusal

NEW = "new"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two fields as typed."""

    high: str
    medium: str


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The draft, what is odd about it, and what publishing it would change."""
    return page(request)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Let the draft hold from the next lead on."""
    edition = edition_of(request)
    error = refusal(
        request, lambda: publish_draft(edition=edition, member=caller(request), now=clock())
    )
    if error:
        return page(request, error)
    messages.success(request, _("These rules grade from the next lead on."))
    return redirect("office:grading")


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Begin again from what is in force."""
    return _change(request, lambda _rules: queries.rules_of(queries.in_force()))


@require_POST
def set_thresholds(request: HttpRequest) -> HttpResponse:
    """From how many points a lead is of high and of medium intent."""
    given = Thresholds(request.POST.get("high", "")[:10], request.POST.get("medium", "")[:10])
    high, medium = threshold(given.high), threshold(given.medium)
    if high is None or medium is None:
        return page(request, RulesInvalid(reasons=[_("Thresholds are whole numbers.")]), given)
    if not any(code.is_fatal for code in _of_thresholds(high, medium)):
        return _change(request, lambda r: replace(r, high_from=high, medium_from=medium), given)
    wrong = wording.said(_of_thresholds(high, medium), {})
    return page(request, RulesInvalid(reasons=[one.words for one in wrong]), given)


def _of_thresholds(high: int, medium: int) -> list[Finding]:
    codes = {"thresholds_crossed", "threshold_too_large"}
    return [f for f in examine([], high, medium, {}) if f.code in codes]


@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a rule out of the draft."""

    def without(rules: Rules) -> Rules:
        _rule(rules, key)
        return replace(rules, rules=[r for r in rules.rules if r.key != key])

    return _change(request, without)


@require_POST
def move(request: HttpRequest, key: str) -> HttpResponse:
    """Move a rule one place up or down: signals are listed in this order."""
    step = -1 if request.POST.get("way") == "up" else 1

    def moved(rules: Rules) -> Rules:
        here = list(rules.rules)
        at = here.index(_rule(rules, key))
        there = min(max(at + step, 0), len(here) - 1)
        here.insert(there, here.pop(at))
        return replace(rules, rules=here)

    return _change(request, moved, anchor=f"#rule-{key}")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """One rule: its points, its words, its conditions. What is typed stays until it is saved."""
    draft, fields = queries.draft(), all_definitions()
    if request.method != "POST":
        rule = _rule(queries.rules_of(draft), key) if key != NEW else None
        given = as_typed(rule, fields) if rule else TypedRule(fields=fields)
        return _form(request, key, given, draft)
    given, wish = typed(request.POST, fields), request.POST.get("do", "save")
    if wish == "add":
        return _form(request, key, given.with_another(), draft)
    if wish.startswith("remove-"):
        return _form(request, key, given.without(wish.removeprefix("remove-")), draft)
    if wish == "look":
        return _form(request, key, given, draft)
    return _save(request, key, given, draft)


def _save(request: HttpRequest, key: str, given: TypedRule, draft: RuleDraft) -> HttpResponse:
    made = f"d{draft.edition}" if key == NEW else key
    reading = read(given, made)
    rule = reading.rule
    if rule is None:
        return _form(request, key, given, draft, reading=reading, status=422)

    def effect() -> None:
        rules = queries.rules_of(draft)
        write_draft(
            replace(rules, rules=_with(rules.rules, rule)),
            edition=edition_of(request),
            member=caller(request),
            now=clock(),
        )

    error = refusal(request, effect)
    if error:
        return _form(request, key, given, queries.draft(), error=error, status=error.status)
    messages.success(request, _("Kept in the draft. Nothing is graded by it yet."))
    return redirect(reverse("office:grading_draft") + f"#rule-{made}")


def _with(kept: Sequence[Rule], rule: Rule) -> list[Rule]:
    if any(r.key == rule.key for r in kept):
        return [rule if r.key == rule.key else r for r in kept]
    if len(kept) >= MOST_RULES:
        raise TooManyGradingRules
    return [*kept, rule]


def _change(
    request: HttpRequest,
    change: Callable[[Rules], Rules],
    given: Thresholds | None = None,
    anchor: str = "",
) -> HttpResponse:
    """Change the draft that the sender had before them, or say why not beside the draft as it is."""

    def effect() -> None:
        write_draft(
            change(queries.rules_of(queries.draft())),
            edition=edition_of(request),
            member=caller(request),
            now=clock(),
        )

    error = refusal(request, effect)
    if isinstance(error, GradingRuleMissing):
        raise error
    if error:
        return page(request, error, given)
    return redirect(reverse("office:grading_draft") + anchor)


def _rule(rules: Rules, key: str) -> Rule:
    found = next((rule for rule in rules.rules if rule.key == key), None)
    if found is None:
        raise GradingRuleMissing
    return found


def page(
    request: HttpRequest, error: ClewError | None = None, given: Thresholds | None = None
) -> HttpResponse:
    """Show the draft as it is, and why something did not happen."""
    draft, now, fields = queries.draft(), queries.in_force(), all_definitions()
    rules = queries.rules_of(draft)
    lines, said = wording.lines(rules, fields), wording.of_the_whole(rules, fields)
    context = {
        "draft": draft,
        "now": now,
        "lines": lines,
        "said": said,
        "is_full": len(lines) >= MOST_RULES,
        "is_sound": not any(f.is_fatal for f in _findings(rules, fields)),
        "thresholds": given or Thresholds(str(rules.high_from), str(rules.medium_from)),
        "changes": wording.difference(queries.rules_of(now), rules, fields),
        "trial": queries.newest_trial(caller(request), draft.edition),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "office/grading/draft.html", context, status=status)


def _findings(rules: Rules, fields: Definitions) -> list[Finding]:
    return examine(rules.rules, rules.high_from, rules.medium_from, fields)


def _form(
    request: HttpRequest,
    key: str,
    given: TypedRule,
    draft: RuleDraft,
    *,
    reading: Reading | None = None,
    error: ClewError | None = None,
    status: int = 200,
) -> HttpResponse:
    """Keep the edition that the sender began from, until they were told that it has moved on."""
    is_told = isinstance(error, GradingDraftMoved)
    edition = draft.edition if request.method != "POST" or is_told else edition_of(request)
    seen = reading or read(given, key)
    odd = [f for f in seen.findings if f.code in {"never_holds", "always_holds", "no_points"}]
    faults = seen.faults if reading else {}
    context = {
        "key": key,
        "is_new": key == NEW,
        "given": given,
        "conditions": [(c, faults.get(str(n), "")) for n, c in enumerate(given.conditions)],
        "faults": faults,
        "said": wording.said(odd, given.fields) if given.points else [],
        "edition": edition,
        "draft": draft,
        "meanwhile": _meanwhile(draft, key, given.fields) if is_told else "",
        "error": error,
    }
    return render(request, "office/grading/rule.html", context, status=status)


def _meanwhile(draft: RuleDraft, key: str, fields: Definitions) -> str:
    """How the rule reads in the draft by now."""
    found = next((r for r in queries.rules_of(draft).rules if r.key == key), None)
    if found is None:
        return ""
    return _("In the draft it now reads: %(points)d, “%(words)s”, for %(conditions)s.") % {
        "points": found.points,
        "words": rule_in_words(found, wording.language()),
        "conditions": conditions_in_words(found.when, fields),
    }
