"""What a person typed about a rule: kept as typed while it is mended, read into a rule when it is sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clew.capture import custom
from clew.capture.custom import CUSTOM, MOST_CHOICES, Definition, Definitions, written
from clew.grading.checks import MOST_CONDITIONS, MOST_WORDS, Finding, examine_rule, fits
from clew.grading.fields import choices_of, field_of, kind_of, operators_of
from clew.grading.rules import KINDS, Condition, Kind, Operator, Rule, Value
from clew.grading.wording import CHOICE_LABELS, FACT_LABELS, OPERATOR_LABELS, finding_in_words
from clew.web.office.requests import line

LONGEST_VALUE = 200  # of a text that a custom field is compared with
FIGURE = re.compile(r"[0-9]{1,7}")
POINTS = re.compile(r"([-−+]?)([0-9]{1,4})")
Option = tuple[str, str | Promise, bool]


@dataclass(frozen=True, slots=True)
class TypedCondition:
    """A condition as typed. `fields` are the custom fields that it may be about."""

    fact: str = ""
    op: str = ""
    values: tuple[str, ...] = ()
    fields: Definitions = part(default_factory=dict, compare=False, repr=False)

    @property
    def kind(self) -> Kind | None:
        """What sort of value it asks for; none while no known fact is chosen."""
        kind = kind_of(self.fact, self.fields)
        return "yes_no" if kind and self.op == "filled" else kind

    @property
    def is_custom(self) -> bool:
        """Tell whether it is about a field of the operator's own."""
        return field_of(self.fact, self.fields) is not None

    @property
    def unit(self) -> str:
        """What its figures are of."""
        one = field_of(self.fact, self.fields)
        return (one.currency if one.kind == "money" else one.unit) if one else ""

    @property
    def facts(self) -> list[Option]:
        """The menu of facts; one that is not known any more stays in it while it is chosen."""
        known = [(fact, FACT_LABELS.get(fact, fact), fact == self.fact) for fact in KINDS]
        known += [
            (fact, one.label, fact == self.fact)
            for one in self.fields.values()
            if not one.is_retired or one.key == self.fact.removeprefix(CUSTOM)
            for fact in (CUSTOM + one.key,)
        ]
        is_gone = self.fact and kind_of(self.fact, self.fields) is None
        return [(self.fact, self.fact, True), *known] if is_gone else known

    @property
    def operators(self) -> list[Option]:
        """The ways of comparing that fit the fact."""
        fitting = operators_of(self.fact, self.fields)
        return [(op, OPERATOR_LABELS[op], op == self.op) for op in fitting]

    @property
    def choices(self) -> list[Option]:
        """What may be chosen."""
        one = field_of(self.fact, self.fields)
        labels = {c.key: c.label for c in one.choices} if one else CHOICE_LABELS
        return [(c, labels[c], c in self.values) for c in choices_of(self.fact, self.fields)]

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
    fields: Definitions = part(default_factory=dict, compare=False, repr=False)

    @property
    def is_full(self) -> bool:
        """Tell whether another condition would be one too many."""
        return len(self.conditions) >= MOST_CONDITIONS

    def with_another(self) -> "TypedRule":
        """Add an empty condition."""
        if self.is_full:
            return self
        return replace(self, conditions=(*self.conditions, TypedCondition(fields=self.fields)))

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


def typed(post: QueryDict, fields: Definitions) -> TypedRule:
    """Take a rule out of a form, whatever it holds."""
    numbers = [n for n in range(MOST_CONDITIONS + 1) if f"fact-{n}" in post]
    return TypedRule(
        points=line(post.get("points", ""), 10),
        zh=line(post.get("zh", ""), MOST_WORDS * 2),
        en=line(post.get("en", ""), MOST_WORDS * 2),
        conditions=tuple(_typed_condition(post, n, fields) for n in numbers),
        fields=fields,
    )


def _typed_condition(post: QueryDict, number: int, fields: Definitions) -> TypedCondition:
    fact = line(post.get(f"fact-{number}", ""), 60)
    op = post.get(f"op-{number}", "")
    most = LONGEST_VALUE if fact.startswith(CUSTOM) else 20
    values = tuple(line(v, most) for v in post.getlist(f"value-{number}")[:MOST_CHOICES])
    known = operators_of(fact, fields)
    if not known:
        return TypedCondition(fact, fields=fields)
    chosen = op if op in known else known[0]
    return TypedCondition(fact, chosen, values if chosen == "in" else values[:1], fields)


def as_typed(rule: Rule, fields: Definitions) -> TypedRule:
    """Give a rule as somebody would type it."""
    return TypedRule(
        points=str(rule.points),
        zh=rule.words.get("zh-hans", ""),
        en=rule.words.get("en", ""),
        conditions=tuple(
            TypedCondition(c.fact, c.op, _as_texts(c.value, field_of(c.fact, fields)), fields)
            for c in rule.when
        ),
        fields=fields,
    )


def _as_texts(value: Value, one: Definition | None) -> tuple[str, ...]:
    if one and not isinstance(value, bool | list):
        return (written(one, value),)
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(value) if isinstance(value, list) else (str(value),)


def read(given: TypedRule, key: str) -> Reading:
    """Read a typed rule, and say what is wrong with it."""
    faults: dict[str, str] = {}
    points = _number(given.points)
    conditions = [_condition(c) for c in given.conditions]
    for number, condition in enumerate(conditions):
        if code := fits(condition, given.fields):
            faults[str(number)] = _fault(code, given.conditions[number])
    if points is None:
        faults["points"] = _("A whole number between −100 and 100.")
    words = {"zh-hans": given.zh, "en": given.en}
    rule = Rule(key, points or 0, words, conditions)
    findings = examine_rule(rule, given.fields)
    faults |= _of_fields(given, findings)
    return Reading(None if faults else rule, faults, findings)


def _fault(code: str, given: TypedCondition) -> str:
    if not given.fact:
        return _("Choose a fact.")
    if code == "value_does_not_fit" and given.kind == "number":
        return _("A whole number from 0 to 1,000,000.")
    if code == "value_does_not_fit" and given.kind == "figure":
        return _("A number, as the field can hold it.")
    if code == "value_does_not_fit" and given.kind == "words":
        return _("Write what to look for.")
    if code == "value_does_not_fit":
        return _("Choose a value.")
    return finding_in_words(Finding(code, fact=given.fact), given.fields)


def _of_fields(given: TypedRule, findings: Sequence[Finding]) -> dict[str, str]:
    faults = {}
    codes = {finding.code for finding in findings}
    for field, text in (("zh", given.zh), ("en", given.en)):
        if not text:
            faults[field] = _("Say it in a few words.")
        elif len(text) > MOST_WORDS:
            faults[field] = finding_in_words(Finding("words_too_long"), given.fields)
    if "points_out_of_range" in codes:
        faults["points"] = finding_in_words(Finding("points_out_of_range"), given.fields)
    if "too_many_conditions" in codes:
        faults["conditions"] = finding_in_words(Finding("too_many_conditions"), given.fields)
    return faults


def _number(text: str) -> int | None:
    found = POINTS.fullmatch(text)
    if found is None:
        return None
    return int(found[2]) if found[1] in {"", "+"} else -int(found[2])


def _condition(given: TypedCondition) -> Condition:
    """A value that cannot be read becomes a text, which fits no number and no yes or no."""
    fitting = operators_of(given.fact, given.fields)
    op: Operator = next((op for op in fitting if op == given.op), "==")
    return Condition(given.fact, op, _value(given))


def _value(given: TypedCondition) -> Value:
    if given.kind == "number" and FIGURE.fullmatch(given.value):
        return int(given.value)
    if given.kind == "yes_no" and given.value in {"yes", "no"}:
        return given.value == "yes"
    if given.op == "in":
        return list(given.values)
    one = field_of(given.fact, given.fields)
    found = custom.read(one, given.value)[0] if one else None
    return given.value if found is None else found


def threshold(text: str) -> int | None:
    """Read a threshold; None where it is no whole number."""
    return _number(line(text, 10))
