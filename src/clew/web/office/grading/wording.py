"""Rules, versions and findings as the pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import get_language

from clew.capture.custom import Definitions
from clew.grading.changes import Rules, changes
from clew.grading.checks import Finding, examine
from clew.grading.models import RuleSet
from clew.grading.queries import rules_of
from clew.grading.wording import (
    change_in_words,
    condition_in_words,
    finding_in_words,
    rule_in_words,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words; `tone` is error, warning or note."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as a line of a table."""

    key: str
    points: int
    words: str
    conditions: list[str]
    said: list[Said]


@dataclass(frozen=True, slots=True)
class Version:
    """A version in the history, with what it did otherwise than the one before."""

    rule_set: RuleSet
    changes: list[str]


def language() -> str:
    """The language of the reader."""
    return get_language() or "en"


def lines(rules: Rules, fields: Definitions) -> list[Line]:
    """Give every rule in words, with what is odd about it."""
    found = examine(rules.rules, rules.high_from, rules.medium_from, fields)
    return [
        Line(
            rule.key,
            rule.points,
            rule_in_words(rule, language()),
            [condition_in_words(condition, fields) for condition in rule.when],
            said((f for f in found if f.rule == rule.key), fields),
        )
        for rule in rules.rules
    ]


def of_the_whole(rules: Rules, fields: Definitions) -> list[Said]:
    """Say what is odd about all rules together."""
    found = examine(rules.rules, rules.high_from, rules.medium_from, fields)
    return said((f for f in found if not f.rule), fields)


def said(findings: Iterable[Finding], fields: Definitions) -> list[Said]:
    """Put findings in words, once each."""
    return list(dict.fromkeys(Said(f.weight, finding_in_words(f, fields)) for f in findings))


def difference(before: Rules, after: Rules, fields: Definitions) -> list[str]:
    """Say what the rules after do otherwise than those before."""
    return [change_in_words(change, language(), fields) for change in changes(before, after)]


def told(versions: Sequence[RuleSet], before: RuleSet | None, fields: Definitions) -> list[Version]:
    """Tell of versions, newest first; `before` is the one that the oldest of them followed."""
    older = [*versions[1:], before]
    return [
        Version(one, difference(rules_of(other), rules_of(one), fields) if other else [])
        for one, other in zip(versions, older, strict=True)
    ]
