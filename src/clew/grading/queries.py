"""Reading grades."""

from uuid import UUID

import msgspec

from clew.grading.models import Grade
from clew.grading.rules import Facts, Rule, compile_rules
from clew.grading.rules import grade as judge


def current(lead_id: UUID) -> Grade:
    """Give the grade in force, with its rule set. Raises Grade.DoesNotExist."""
    return Grade.objects.select_related("rule_set").get(lead=lead_id, superseded_at=None)


def history(lead_id: UUID) -> list[Grade]:
    """Give all grades of a lead, newest first, each with its rule set."""
    return list(Grade.objects.select_related("rule_set").filter(lead=lead_id).order_by("-id"))


def in_words(grade: Grade, language: str) -> list[tuple[str, int]]:
    """Give each signal in words of a language, with its points; they add up to the grade's points."""
    words = {rule["key"]: rule["words"] for rule in grade.rule_set.rules}
    return [(words[key].get(language) or words[key]["en"], points) for key, points in grade.signals]


def recomputed_equal(grade: Grade) -> bool:
    """Grade the stored facts again by the stored rules and compare."""
    rules = compile_rules(msgspec.convert(grade.rule_set.rules, list[Rule]))
    facts = Facts(**grade.facts)
    verdict = judge(facts, rules, grade.rule_set.high_from, grade.rule_set.medium_from)
    signals = [list(signal) for signal in verdict.signals]
    return (verdict.level, verdict.points, signals) == (grade.level, grade.points, grade.signals)
