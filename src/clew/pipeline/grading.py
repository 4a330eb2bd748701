"""The grades of one lead as its page tells them: each with its reasons, and who said otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language

from clew.grading.models import Grade, Override
from clew.grading.queries import history, in_words
from clew.grading.rules import level_of
from clew.pipeline.wording import intent


@dataclass(frozen=True, slots=True)
class ByPerson:
    """What a person said about a grade, and what the rules say meanwhile."""

    name: str
    reason: str
    at: datetime
    rules_say: str


@dataclass(frozen=True, slots=True)
class Told:
    """A grade in the history. `said` is what a person said, from the first grade that it held for."""

    at: datetime
    level: int
    points: int
    told_points: int | None
    intent: str
    version: int
    signals: list[tuple[str, int]]
    by_person: ByPerson | None
    lifted_by: str
    is_current: bool


def by_person(grade: Grade) -> ByPerson | None:
    """Give a person's word about a grade, where there is one; wants its override and rule set."""
    word = grade.override
    if word is None:
        return None
    rules = grade.rule_set
    ruled = level_of(grade.points, rules.high_from, rules.medium_from)
    return ByPerson(word.made_by.name, word.reason, word.made_at, intent(ruled))


def told(lead_id: UUID) -> list[Told]:
    """Tell every grade of a lead, newest first."""
    grades = history(lead_id)
    language = get_language() or "en"
    return [_one(grade, grades[n + 1 :], language) for n, grade in enumerate(grades)]


def _one(grade: Grade, earlier: Sequence[Grade], language: str) -> Told:
    return Told(
        at=grade.graded_at,
        level=grade.level,
        points=grade.points,
        told_points=grade.told_points,
        intent=intent(grade.level),
        version=grade.rule_set.version,
        signals=in_words(grade, language),
        by_person=by_person(grade),
        lifted_by=_lifted_by(earlier[0].override, grade) if earlier else "",
        is_current=grade.superseded_at is None,
    )


def _lifted_by(before: Override | None, grade: Grade) -> str:
    """Who let the rules grade again, where this grade came about by that."""
    is_lifted = before is not None and grade.override is None and before.lifted_by is not None
    return before.lifted_by.name if is_lifted and before and before.lifted_by else ""
