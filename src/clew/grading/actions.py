"""Publishing grading rules, saying what a lead's grade is, and how long leads stay valid."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.access.models import Member
from clew.base.ledger import BELT, Actor, append, append_all
from clew.capture.queries import all_definitions
from clew.contacts.models import Lead
from clew.grading.belt import renew
from clew.grading.changes import Rules
from clew.grading.checks import MOST_CONDITIONS, MOST_RULES, examine
from clew.grading.errors import (
    CategoryUnknown,
    GradeMissing,
    GradingDraftMoved,
    NothingToPublish,
    OverrideOver,
    OverrideReasonMissing,
    RuleSetMissing,
    RulesInvalid,
    TooManyGradingRules,
    ValidityImpossible,
)
from clew.grading.events import (
    GradeOverridden,
    GradingRulesDrafted,
    GradingRulesPublished,
    LeadGraded,
    OverrideLifted,
    ValidityChanged,
)
from clew.grading.models import Grade, Level, Override, RuleDraft, RuleSet, Validity
from clew.grading.queries import in_force, rules_of
from clew.grading.rules import Rule, judge

LONGEST_REASON = 200
SYSTEM = Actor("system", "seed")
VERSIONS = 0x67726164  # "grad": versions of grading rules are counted by one at a time


@transaction.atomic
def publish(
    rules: list[dict[str, Any]],
    *,
    high_from: int,
    medium_from: int,
    now: datetime,
    member: Member | None = None,
) -> RuleSet:
    """Put a new version of the rules in force; without a member it is the system's. Raises RulesInvalid."""
    try:
        read = msgspec.convert(rules, list[Rule])
    except msgspec.ValidationError as wrong:
        raise RulesInvalid(why=str(wrong)) from wrong
    return _publish(Rules(read, high_from, medium_from), member=member, now=now)


@transaction.atomic
def write_draft(rules: Rules, *, edition: int, member: Member, now: datetime) -> RuleDraft:
    """Put other rules into the draft that the member had before them as `edition`.

    Raises GradingDraftMoved where somebody was faster, TooManyGradingRules. The rules may still have faults.
    """
    if len(rules.rules) > MOST_RULES or any(len(r.when) > MOST_CONDITIONS for r in rules.rules):
        raise TooManyGradingRules
    draft = _locked_draft(edition, now)
    draft.rules = msgspec.to_builtins(rules.rules)
    draft.high_from, draft.medium_from = rules.high_from, rules.medium_from
    draft.edition, draft.editor, draft.changed_at = edition + 1, member, now
    draft.save()
    event = GradingRulesDrafted(draft.pk, draft.edition, len(rules.rules))
    append(event, actor=_by(member), at=now)
    return draft


@transaction.atomic
def publish_draft(*, edition: int, member: Member, now: datetime) -> RuleSet:
    """Let the draft hold from the next lead on.

    Raises GradingDraftMoved, NothingToPublish, RulesInvalid.
    """
    rules = rules_of(_locked_draft(edition, now))
    _refuse_the_same(rules)
    return _publish(rules, member=member, now=now)


@transaction.atomic
def publish_again(version: int, *, edition: int, member: Member, now: datetime) -> RuleSet:
    """Let the rules of an earlier version hold again, as a new version.

    `edition` is that of the draft that the member saw beside them: it counts every publication. What is
    being written there stays. Raises RuleSetMissing, GradingDraftMoved, NothingToPublish, RulesInvalid.
    """
    before = RuleSet.objects.filter(version=version).first()
    if before is None:
        raise RuleSetMissing
    _locked_draft(edition, now)
    _refuse_the_same(rules_of(before))
    return _publish(rules_of(before), member=member, now=now, again=before)


def _refuse_the_same(rules: Rules) -> None:
    if rules == rules_of(in_force()):
        raise NothingToPublish


def _locked_draft(edition: int, now: datetime) -> RuleDraft:
    newest = RuleSet.objects.order_by("-version").first()
    if newest is None:
        raise RuleSetMissing
    begin = {
        "rules": newest.rules,
        "high_from": newest.high_from,
        "medium_from": newest.medium_from,
        "changed_at": now,
    }
    RuleDraft.objects.get_or_create(pk=1, defaults=begin)
    draft = RuleDraft.objects.select_for_update().get(pk=1)
    if draft.edition != edition:
        raise GradingDraftMoved
    return draft


def _publish(
    rules: Rules, *, member: Member | None, now: datetime, again: RuleSet | None = None
) -> RuleSet:
    """A draft in which nothing was written goes on from what holds now; what was written in it stays."""
    if any(
        f.is_fatal
        for f in examine(rules.rules, rules.high_from, rules.medium_from, all_definitions())
    ):
        raise RulesInvalid
    draft = RuleDraft.objects.select_for_update().filter(pk=1).first()  # always before the versions
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [VERSIONS])
    newest = RuleSet.objects.order_by("-version").first()
    is_written_on = bool(draft and newest and rules_of(draft) != rules_of(newest))
    made = RuleSet.objects.create(
        version=newest.version + 1 if newest else 1,
        rules=msgspec.to_builtins(rules.rules),
        high_from=rules.high_from,
        medium_from=rules.medium_from,
        published_at=now,
        publisher=member,
        again=again,
    )
    if draft:
        if not is_written_on:
            draft.rules = made.rules
            draft.high_from, draft.medium_from = made.high_from, made.medium_from
        draft.edition += 1
        draft.save()
    event = GradingRulesPublished(
        made.pk, made.version, len(rules.rules), again.version if again else None
    )
    append(event, actor=_by(member) if member else SYSTEM, at=now)
    return made


@transaction.atomic
def override(lead_id: UUID, level: int, reason: str, *, member: Member, now: datetime) -> Grade:
    """Say what the grade of a lead is, whatever the rules say, until it is lifted.

    The caller has checked that the member may see the lead. A word in force gives way to the new one.
    Raises GradeMissing, OverrideReasonMissing.
    """
    reason = reason.strip()
    if level not in Level.values or not 0 < len(reason) <= LONGEST_REASON:
        raise OverrideReasonMissing
    current = _locked_grade(lead_id)
    if current.override:
        _close(current.override, member, now)
    word = Override.objects.create(
        lead_id=lead_id, level=level, reason=reason, made_by=member, made_at=now
    )
    grade = _follow(current, now, level=level, override=word)
    append(GradeOverridden(lead_id, word.pk, level), actor=_by(member), at=now)
    return grade


@transaction.atomic
def lift(lead_id: UUID, *, member: Member, now: datetime) -> Grade:
    """Let the rules in force grade a lead again, on what is known of it.

    The caller has checked that the member may see the lead. Raises GradeMissing, OverrideOver.
    """
    current = _locked_grade(lead_id)
    word = current.override
    if word is None:
        raise OverrideOver
    _close(word, member, now)
    rules = RuleSet.objects.order_by("-version")[0]
    known = rules_of(rules)
    verdict = judge(list(known.rules), known.high_from, known.medium_from)(current.facts)
    grade = _follow(
        current,
        now,
        rule_set=rules,
        level=verdict.level,
        points=verdict.points,
        signals=[list(signal) for signal in verdict.signals],
        override=None,
    )
    event = OverrideLifted(lead_id, word.pk, grade.level, grade.points)
    append(event, actor=_by(member), at=now)
    return grade


def reconsider(lead_ids: Iterable[UUID], *, now: datetime) -> None:
    """Grade leads by the rules in force on what their custom fields hold by now; all else is as it was known.

    A person's word about the level holds. The caller holds the leads' locks. A fixed number of statements.
    """
    grades = Grade.objects.filter(lead__in=list(lead_ids), superseded_at=None)
    current = list(grades.select_related("lead", "override"))
    rules = in_force()
    known = rules_of(rules)
    verdict_on = judge(list(known.rules), known.high_from, known.medium_from)
    made, told = [], []
    for grade in current:
        facts = {**grade.facts, "custom": grade.lead.custom}
        verdict = verdict_on(facts)
        level = grade.override.level if grade.override else verdict.level
        made.append(
            Grade(
                lead_id=grade.lead_id,
                rule_set=rules,
                level=level,
                points=verdict.points,
                signals=[list(signal) for signal in verdict.signals],
                facts=facts,
                override=grade.override,
                graded_at=now,
            )
        )
        if (level, verdict.points) != (grade.level, grade.points):
            told.append(LeadGraded(grade.lead_id, level, verdict.points, rules.version))
    Grade.objects.filter(pk__in=[grade.pk for grade in current]).update(superseded_at=now)
    Grade.objects.bulk_create(made)
    renew([grade.lead_id for grade in current])
    append_all(told, actor=BELT, at=now)


def _locked_grade(lead_id: UUID) -> Grade:
    """The grade in force, behind the lead's lock, as the belt takes it."""
    Lead.objects.select_for_update().filter(pk=lead_id).first()
    current = Grade.objects.select_related("override").filter(lead=lead_id, superseded_at=None)
    grade = current.first()
    if grade is None:
        raise GradeMissing
    return grade


def _close(word: Override, member: Member, now: datetime) -> None:
    word.lifted_at, word.lifted_by = now, member
    word.save(update_fields=["lifted_at", "lifted_by"])


def _follow(current: Grade, now: datetime, **other: Any) -> Grade:
    """Put a grade in the place of another, alike but for what is named."""
    alike = ("lead", "rule_set", "level", "points", "signals", "facts", "override")
    values = {name: getattr(current, name) for name in alike} | other
    current.superseded_at = now
    current.save(update_fields=["superseded_at"])
    grade = Grade.objects.create(graded_at=now, **values)
    renew([grade.lead_id])
    return grade


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))


LONGEST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Days:
    """For how many days leads stay valid after their last sign of life, by grade."""

    high_days: int
    medium_days: int
    low_days: int


@transaction.atomic
def set_validity(category: str, days: Days, *, actor: Actor, now: datetime) -> Validity:
    """Say how long the leads of a category stay valid; an empty category stands for all others.

    Holds from a lead's next sign of life on. Raises ValidityImpossible.
    """
    if not all(1 <= number <= LONGEST_DAYS for number in asdict(days).values()):
        raise ValidityImpossible
    found, _ = Validity.objects.update_or_create(category=category.strip(), defaults=asdict(days))
    append(ValidityChanged(found.pk, found.category, **asdict(days)), actor=actor, at=now)
    return found


@transaction.atomic
def drop_validity(category: str, *, actor: Actor, now: datetime) -> None:
    """Let a category follow the line for all others again. Raises CategoryUnknown."""
    found = Validity.objects.select_for_update().filter(category=category).first()
    if found is None or not found.category:
        raise CategoryUnknown
    append(ValidityChanged(found.pk, category, None, None, None), actor=actor, at=now)
    found.delete()


def keep_alive(lead_id: UUID, at: datetime) -> None:
    """A person did something about a lead, or will on a day: its validity runs from then.

    The caller holds the lead's lock.
    """
    Lead.objects.filter(pk=lead_id).update(alive_at=at)
    renew([lead_id])
