"""What is wrong or odd about grading rules before anybody lets them hold. Pure, like the rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clew.capture.custom import CUSTOM, Definitions
from clew.grading.fields import fault_of, field_of, situations
from clew.grading.rules import (
    CHOICES,
    KINDS,
    LEAST,
    OPERATORS_OF,
    Condition,
    Rule,
    Value,
    test,
)

MOST_RULES = 60
MOST_CONDITIONS = 10
MOST_POINTS = 100
MOST_WORDS = 80
MOST_FIGURE = 1_000_000
MOST_LEADS = 100_000  # that a trial looks at
MOST_THRESHOLD = MOST_RULES * MOST_POINTS
LANGUAGES = ("zh-hans", "en")
BEYOND = 10 * MOST_FIGURE  # stands for every larger figure

Weight = Literal["error", "warning", "note"]
WEIGHTS: dict[str, Weight] = {
    "no_rules": "error",
    "too_many_rules": "error",
    "too_many_conditions": "error",
    "thresholds_crossed": "error",
    "threshold_too_large": "error",
    "same_key": "error",
    "words_missing": "error",
    "words_too_long": "error",
    "points_out_of_range": "error",
    "no_such_fact": "error",
    "operator_does_not_fit": "error",
    "value_does_not_fit": "error",
    "never_holds": "error",
    "always_holds": "warning",
    "no_points": "warning",
    "high_out_of_reach": "warning",
    "medium_out_of_reach": "warning",
    "all_high": "warning",
    "none_low": "warning",
    "for_every_lead": "note",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to say about a rule, one of its conditions, or all of the rules where `rule` is empty."""

    code: str
    rule: str = ""
    condition: int | None = None
    fact: str = ""

    @property
    def weight(self) -> Weight:
        """Tell whether it hinders (error), is hardly meant (warning), or is only good to know (note)."""
        return WEIGHTS[self.code]

    @property
    def is_fatal(self) -> bool:
        """Tell whether rules with it cannot hold."""
        return self.weight == "error"


def examine(
    rules: Sequence[Rule], high_from: int, medium_from: int, fields: Definitions
) -> list[Finding]:
    """Look at a whole set of rules: each by itself, then whether the grades can be reached.

    `fields` are the custom fields, which rules may ask for as well.
    """
    found = [finding for rule in rules for finding in examine_rule(rule, fields)]
    keys = [rule.key for rule in rules]
    found += [Finding("same_key", key) for key in sorted({k for k in keys if keys.count(k) > 1})]
    if not rules:
        found.append(Finding("no_rules"))
    if len(rules) > MOST_RULES:
        found.append(Finding("too_many_rules"))
    if high_from <= medium_from:
        found.append(Finding("thresholds_crossed"))
    if max(abs(high_from), abs(medium_from)) > MOST_THRESHOLD:
        found.append(Finding("threshold_too_large"))
    if not any(finding.is_fatal for finding in found):
        found += _out_of_reach(rules, high_from, medium_from, fields)
    return found


def examine_rule(rule: Rule, fields: Definitions) -> list[Finding]:
    """Look at one rule."""
    found = [*_outer(rule), *_conditions(rule, fields)]
    if not any(
        f.code in {"no_such_fact", "operator_does_not_fit", "value_does_not_fit"} for f in found
    ):
        found += _holding(rule, fields)
    return found


def fits(condition: Condition, fields: Definitions) -> str:
    """Say what does not fit in a condition by its code; nothing where all does."""
    if condition.fact.startswith(CUSTOM):
        return fault_of(condition, fields)
    kind = KINDS.get(condition.fact)
    if kind is None:
        return "no_such_fact"
    if condition.op not in OPERATORS_OF[kind]:
        return "operator_does_not_fit"
    return "" if _is_value(condition, kind) else "value_does_not_fit"


def _is_value(condition: Condition, kind: str) -> bool:
    value = condition.value
    if kind == "yes_no":
        return isinstance(value, bool)
    if kind == "number":
        return type(value) is int and 0 <= value <= MOST_FIGURE
    known = CHOICES[condition.fact]
    if condition.op == "in":
        return isinstance(value, list) and bool(value) and set(value) <= set(known)
    return isinstance(value, str) and value in known


def _outer(rule: Rule) -> Iterator[Finding]:
    words = [rule.words.get(language, "").strip() for language in LANGUAGES]
    if not all(words):
        yield Finding("words_missing", rule.key)
    if any(len(text) > MOST_WORDS for text in words):
        yield Finding("words_too_long", rule.key)
    if abs(rule.points) > MOST_POINTS:
        yield Finding("points_out_of_range", rule.key)
    if rule.points == 0:
        yield Finding("no_points", rule.key)
    if len(rule.when) > MOST_CONDITIONS:
        yield Finding("too_many_conditions", rule.key)


def _conditions(rule: Rule, fields: Definitions) -> Iterator[Finding]:
    for number, condition in enumerate(rule.when):
        if code := fits(condition, fields):
            yield Finding(code, rule.key, number, condition.fact)


def _holding(rule: Rule, fields: Definitions) -> list[Finding]:
    """Facts are taken to be independent, so each alone decides whether the rule can or must hold."""
    if not rule.when:
        return [Finding("for_every_lead", rule.key)]
    answers = {
        fact: _answers(conditions, fields) for fact, conditions in _by_fact(rule.when).items()
    }
    never = [fact for fact, held in answers.items() if not any(held)]
    if never:
        return [Finding("never_holds", rule.key, fact=never[0])]
    if all(all(held) for held in answers.values()):
        return [Finding("always_holds", rule.key)]
    return []


def _by_fact(conditions: Iterable[Condition]) -> dict[str, list[Condition]]:
    facts: dict[str, list[Condition]] = {}
    for condition in conditions:
        facts.setdefault(condition.fact, []).append(condition)
    return facts


def _answers(conditions: Sequence[Condition], fields: Definitions) -> list[bool]:
    """Whether conditions on one fact hold together, for every value that makes a difference."""
    values = _values(conditions[0].fact, [c.value for c in conditions], fields)
    return [_meets(conditions, value) for value in values]


def _meets(conditions: Iterable[Condition], value: Any) -> bool:
    return all(holds(value, wanted) for _, holds, wanted in map(test, conditions))


def _values(fact: str, compared: Iterable[Value], fields: Definitions) -> Sequence[Any]:
    """What a fact can be; of a custom field what all of them hold, as conditions look at it."""
    if field := field_of(fact, fields):
        return situations(field, compared)
    if KINDS[fact] == "yes_no":
        return (False, True)
    if KINDS[fact] == "choice":
        return CHOICES[fact]
    least = LEAST.get(fact, 0)
    near = {n for c in compared if isinstance(c, int) for n in (c - 1, c, c + 1) if n >= least}
    return sorted(near | {least, BEYOND})


def reach(rules: Sequence[Rule], fields: Definitions) -> tuple[int, int]:
    """Give bounds that no lead's points leave. Rules on one fact alone are taken together, so that those
    that shut each other out do not add up.
    """
    lowest = highest = 0
    alone: dict[str, list[Rule]] = {}
    for rule in rules:
        facts = {c.fact for c in rule.when}
        if len(facts) == 1:
            alone.setdefault(facts.pop(), []).append(rule)
        elif facts:
            lowest, highest = lowest + min(0, rule.points), highest + max(0, rule.points)
        else:
            lowest, highest = lowest + rule.points, highest + rule.points
    for fact, sharing in alone.items():
        sums = _sums(fact, sharing, fields)
        lowest, highest = lowest + min(sums), highest + max(sums)
    return lowest, highest


def _sums(fact: str, rules: Sequence[Rule], fields: Definitions) -> list[int]:
    """The points of rules on one fact, for every value that makes a difference."""
    values = _values(fact, [c.value for rule in rules for c in rule.when], fields)
    return [sum(r.points for r in rules if _meets(r.when, value)) for value in values]


def _out_of_reach(
    rules: Sequence[Rule], high_from: int, medium_from: int, fields: Definitions
) -> Iterator[Finding]:
    lowest, highest = reach(rules, fields)
    if highest < medium_from:
        yield Finding("medium_out_of_reach")
    elif highest < high_from:
        yield Finding("high_out_of_reach")
    if lowest >= high_from:
        yield Finding("all_high")
    elif lowest >= medium_from:
        yield Finding("none_low")
