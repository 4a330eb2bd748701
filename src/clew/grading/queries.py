"""Reading grades."""

from uuid import UUID

import msgspec
from django.db.models import QuerySet

from clew.access.models import Member, Role
from clew.grading.changes import Rules
from clew.grading.errors import NoRules, RuleSetMissing, TrialMissing
from clew.grading.models import Grade, RuleDraft, RuleSet, Trial
from clew.grading.rules import Rule, judge


def current(lead_id: UUID) -> Grade:
    """Give the grade in force, with its rule set. Raises Grade.DoesNotExist."""
    return Grade.objects.select_related("rule_set", "override").get(
        lead=lead_id, superseded_at=None
    )


def history(lead_id: UUID) -> list[Grade]:
    """Give all grades of a lead, newest first, each with its rule set."""
    return list(
        Grade.objects.select_related("rule_set", "override__made_by", "override__lifted_by")
        .filter(lead=lead_id)
        .order_by("-id")
    )


def in_words(grade: Grade, language: str) -> list[tuple[str, int]]:
    """Give each signal in words of a language, with its points; they add up to the grade's points."""
    words = {rule["key"]: rule["words"] for rule in grade.rule_set.rules}
    return [(words[key].get(language) or words[key]["en"], points) for key, points in grade.signals]


def recomputed_equal(grade: Grade) -> bool:
    """Grade the stored facts again by the stored rules and compare; the level of a person is theirs."""
    rules = msgspec.convert(grade.rule_set.rules, list[Rule])
    verdict = judge(rules, grade.rule_set.high_from, grade.rule_set.medium_from)(grade.facts)
    level = grade.override.level if grade.override else verdict.level
    signals = [list(signal) for signal in verdict.signals]
    return (level, verdict.points, signals) == (grade.level, grade.points, grade.signals)


def rules_of(kept: RuleSet | RuleDraft) -> Rules:
    """Read the rules of a version or of the draft."""
    return Rules(msgspec.convert(kept.rules, list[Rule]), kept.high_from, kept.medium_from)


def in_force() -> RuleSet:
    """Give the version that grades. Raises NoRules."""
    newest = RuleSet.objects.select_related("publisher", "again").order_by("-version").first()
    if newest is None:
        raise NoRules
    return newest


def draft() -> RuleDraft:
    """Give the draft; where nobody has written on it yet it is what is in force. Raises NoRules."""
    kept = RuleDraft.objects.select_related("editor").filter(pk=1).first()
    if kept:
        return kept
    now = in_force()
    return RuleDraft(
        rules=now.rules,
        high_from=now.high_from,
        medium_from=now.medium_from,
        changed_at=now.published_at,
    )


def versions() -> QuerySet[RuleSet]:
    """Give all versions, newest first."""
    return RuleSet.objects.select_related("publisher", "again").order_by("-version")


def version(number: int) -> RuleSet:
    """Give one version. Raises RuleSetMissing."""
    found = versions().filter(version=number).first()
    if found is None:
        raise RuleSetMissing
    return found


def trial(viewer: Member, trial_id: UUID) -> Trial:
    """Give a trial to whoever asked for it, or to an administrator. Raises TrialMissing."""
    asked = Trial.objects.filter(pk=trial_id)
    if viewer.role != Role.ADMINISTRATOR:
        asked = asked.filter(asked_by=viewer)
    found = asked.select_related("asked_by").first()
    if found is None:
        raise TrialMissing
    return found


def newest_trial(viewer: Member, edition: int) -> Trial | None:
    """Give the viewer's newest trial of the draft as it stands, if there is one."""
    mine = Trial.objects.filter(asked_by=viewer, edition=edition, problem="")
    return mine.order_by("-asked_at").first()
