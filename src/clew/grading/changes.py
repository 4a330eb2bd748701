"""What another version of the rules does otherwise. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clew.grading.rules import Rule


@dataclass(frozen=True, slots=True)
class Rules:
    """A set of rules with its thresholds."""

    rules: Sequence[Rule]
    high_from: int
    medium_from: int


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise; `before` and `after` are there where the kind tells of both."""

    kind: Literal["added", "removed", "points", "words", "conditions", "order", "high", "medium"]
    before: Rule | int | None = None
    after: Rule | int | None = None


def changes(before: Rules, after: Rules) -> list[Change]:
    """Compare two sets of rules; rules are the same by their key."""
    old = {rule.key: rule for rule in before.rules}
    new = {rule.key: rule for rule in after.rules}
    found = [Change("added", None, rule) for key, rule in new.items() if key not in old]
    found += [Change("removed", rule, None) for key, rule in old.items() if key not in new]
    for key in old.keys() & new.keys():
        found += _of_rule(old[key], new[key])
    if not found and list(old) != list(new):
        found.append(Change("order"))
    if before.high_from != after.high_from:
        found.append(Change("high", before.high_from, after.high_from))
    if before.medium_from != after.medium_from:
        found.append(Change("medium", before.medium_from, after.medium_from))
    return found


def _of_rule(before: Rule, after: Rule) -> list[Change]:
    found: list[Change] = []
    if before.points != after.points:
        found.append(Change("points", before, after))
    if before.when != after.when:
        found.append(Change("conditions", before, after))
    if before.words != after.words:
        found.append(Change("words", before, after))
    return found
