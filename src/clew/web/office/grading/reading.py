"""What a person typed about a rule: kept as typed while it is mended, read into a rule when it is sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clew.grading.checks import MOST_CONDITIONS, MOST_WORDS, Finding, examine_rule, fits
from clew.grading.rules import (
    CHOICES,
    KINDS,
    OPERATORS_OF,
    Condition,
    Kind,
    Operator,
    Rule,
    Value,
)
from clew.grading.wording import CHOICE_LABELS, FACT_LABELS, OPERATOR_LABELS, finding_in_words
from clew.web.office.requests import line

FIGURE = re.compile(r"[0-9]{1,7}")
POINTS = re.compile(r"([-−+]?)([0-9]{1,4})")
Option = tuple[str, str | Promise, bool]


@dataclass(frozen=True, slots=True)
class TypedCondition:
    """A condition as typed."""

    fact: str = ""
    op: str = ""
    values: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """What sort of fact it is about; none while no known fact is chosen."""
        return KINDS.get(self.fact)

    @property
    def facts(self) -> list[Option]:
        """The menu of facts; one that is not known any more stays in it while it is chosen."""
        known = [(fact, FACT_LABELS.get(fact, fact), fact == self.fact) for fact in KINDS]
        is_gone = self.fact and self.fact not in KINDS
        return [(self.fact, self.fact, True), *known] if is_gone else known

    @property
    def operators(self) -> list[Option]:
        """The ways of comparing that fit the fact."""
        fitting = OPERATORS_OF[self.kind] if self.kind else ()
        return [(op, OPERATOR_LABELS[op], op == self.op) for op in fitting]

    @property
    def choices(self) -> list[Option]:
        """What may be chosen."""
        return [(c, CHOICE_LABELS[c], c in self.values) for c in CHOICES.get(self.fact, ())]

    @property
    def value(self) -> str:
        """The one value, where there is one."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class TypedRule:
    """A rule as typed."""

    points: str = ""
    zh: str = ""
    en: str = ""
    conditions: tuple[TypedCondition, ...] = ()

    @property
    def is_full(self) -> bool:
        """Tell whether another condition would be one too many."""
        return len(self.conditions) >= MOST_CONDITIONS

    def with_another(self) -> "TypedRule":
        """Add an empty condition."""
        return (
            self if self.is_full else replace(self, conditions=(*self.conditions, TypedCondition()))
        )

    def without(self, number: str) -> "TypedRule":
        """Take a condition out; a number that none has takes out nothing."""
        kept = tuple(c for n, c in enumerate(self.conditions) if str(n) != number)
        return replace(self, conditions=kept)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a typed rule: the rule, or what is wrong by field (points, zh, en, condition number)."""

    rule: Rule | None
    faults: dict[str, str]
    findings: list[Finding]


def typed(post: QueryDict) -> TypedRule:
    """Take a rule out of a form, whatever it holds."""
    numbers = [n for n in range(MOST_CONDITIONS + 1) if f"fact-{n}" in post]
    return TypedRule(
        points=line(post.get("points", ""), 10),
        zh=line(post.get("zh", ""), MOST_WORDS * 2),
        en=line(post.get("en", ""), MOST_WORDS * 2),
        conditions=tuple(_typed_condition(post, n) for n in numbers),
    )


def _typed_condition(post: QueryDict, number: int) -> TypedCondition:
    fact = line(post.get(f"fact-{number}", ""), 60)
    op = post.get(f"op-{number}", "")
    values = tuple(line(v, 20) for v in post.getlist(f"value-{number}")[:20])
    kind = KINDS.get(fact)
    if kind is None:
        return TypedCondition(fact)
    known = OPERATORS_OF[kind]
    chosen = op if op in known else known[0]
    if kind == "choice" and chosen != "in":
        values = values[:1]
    return TypedCondition(fact, chosen, values)


def as_typed(rule: Rule) -> TypedRule:
    """Give a rule as somebody would type it."""
    return TypedRule(
        points=str(rule.points),
        zh=rule.words.get("zh-hans", ""),
        en=rule.words.get("en", ""),
        conditions=tuple(TypedCondition(c.fact, c.op, _as_texts(c.value)) for c in rule.when),
    )


def _as_texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(value) if isinstance(value, list) else (str(value),)


def read(given: TypedRule, key: str) -> Reading:
    """Read a typed rule, and say what is wrong with it."""
    faults: dict[str, str] = {}
    points = _number(given.points)
    conditions = [_condition(c) for c in given.conditions]
    for number, condition in enumerate(conditions):
        if code := fits(condition):
            faults[str(number)] = _fault(code, given.conditions[number])
    if points is None:
        faults["points"] = _("A whole number between −100 and 100.")
    words = {"zh-hans": given.zh, "en": given.en}
    rule = Rule(key, points or 0, words, conditions)
    findings = examine_rule(rule)
    faults |= _of_fields(given, findings)
    return Reading(None if faults else rule, faults, findings)


def _fault(code: str, given: TypedCondition) -> str:
    if not given.fact:
        return _("Choose a fact.")
    if code == "value_does_not_fit" and given.kind == "number":
        return _("A whole number from 0 to 1,000,000.")
    if code == "value_does_not_fit":
        return _("Choose a value.")
    return finding_in_words(Finding(code, fact=given.fact))


def _of_fields(given: TypedRule, findings: Sequence[Finding]) -> dict[str, str]:
    faults = {}
    codes = {finding.code for finding in findings}
    for field, text in (("zh", given.zh), ("en", given.en)):
        if not text:
            faults[field] = _("Say it in a few words.")
        elif len(text) > MOST_WORDS:
            faults[field] = finding_in_words(Finding("words_too_long"))
    if "points_out_of_range" in codes:
        faults["points"] = finding_in_words(Finding("points_out_of_range"))
    if "too_many_conditions" in codes:
        faults["conditions"] = finding_in_words(Finding("too_many_conditions"))
    return faults


def _number(text: str) -> int | None:
    found = POINTS.fullmatch(text)
    if found is None:
        return None
    return int(found[2]) if found[1] in {"", "+"} else -int(found[2])


def _condition(given: TypedCondition) -> Condition:
    """A value that cannot be read becomes a text, which fits no number and no yes or no."""
    op: Operator = next((op for op in OPERATORS_OF[given.kind] if op == given.op), "==") if given.kind else "=="  # fmt: skip
    return Condition(given.fact, op, _value(given))


def _value(given: TypedCondition) -> Value:
    if given.kind == "number" and FIGURE.fullmatch(given.value):
        return int(given.value)
    if given.kind == "yes_no" and given.value in {"yes", "no"}:
        return given.value == "yes"
    return list(given.values) if given.op == "in" else given.value


def threshold(text: str) -> int | None:
    """Read a threshold; None where it is no whole number."""
    return _number(line(text, 10))
