"""Several managers on the same draft, and on the same lead while it is graded."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from clew.grading.actions import lift, override, publish_again, publish_draft, write_draft
from clew.grading.changes import Rules
from clew.grading.errors import GradingDraftMoved, OverrideOver
from clew.grading.models import Grade, Level, Override, RuleSet
from clew.grading.queries import draft, in_force, recomputed_equal, rules_of
from clew.grading.rules import Rule
from clew.web.worker import run_belt_once
from tests.company import COLD, HOT, MONDAY_NOON, enquire, found, submit
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)
WORDS = {"zh-hans": "词", "en": "words"}


def rules(points: int) -> Rules:
    return Rules([Rule("one", points, WORDS, [])], 50, 20)


def test_of_several_who_write_at_once_one_is_kept_and_the_others_are_told() -> None:
    company = found()
    people = [company.manager, company.administrator, *company.people]
    raised = at_once(
        *(
            lambda n=n, who=who: write_draft(rules(n), edition=1, member=who, now=LATER)
            for n, who in enumerate(people)
        )
    )
    assert Counter(type(error) for error in raised) == {GradingDraftMoved: len(people) - 1}
    kept = draft()
    assert kept.edition == 2
    assert kept.editor
    assert rules_of(kept) == rules(people.index(kept.editor))


def test_of_several_who_publish_at_once_one_does_and_the_others_are_told() -> None:
    company = found()
    write_draft(rules(9), edition=1, member=company.manager, now=LATER)
    people = [company.manager, company.administrator, *company.people]
    raised = at_once(
        *(lambda who=who: publish_draft(edition=2, member=who, now=LATER) for who in people)
    )
    assert Counter(type(error) for error in raised) == {GradingDraftMoved: len(people) - 1}
    assert list(RuleSet.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_publishing_and_going_back_at_once_is_one_of_the_two() -> None:
    company = found()
    write_draft(rules(9), edition=1, member=company.manager, now=LATER)
    publish_draft(edition=2, member=company.manager, now=LATER)
    write_draft(rules(8), edition=3, member=company.manager, now=LATER)
    raised = at_once(
        lambda: publish_draft(edition=4, member=company.manager, now=LATER),
        lambda: publish_again(1, edition=4, member=company.administrator, now=LATER),
    )
    assert [type(error) for error in raised] == [GradingDraftMoved]
    assert in_force().version == RuleSet.objects.count() == 3
    is_back = in_force().again is not None
    assert rules_of(draft()) == rules(8)
    assert is_back or rules_of(in_force()) == rules(8)


def test_a_word_about_a_grade_holds_while_the_belt_grades_the_same_lead() -> None:
    company = found()
    lead = enquire(company.site, phone="13812345678", **COLD)
    for _ in range(12):
        submit(company.site, LATER, phone="13812345678", **HOT)

    def work() -> None:
        for _ in range(12):
            run_belt_once(LATER, batch=1)

    def say() -> None:
        for level in (Level.LOW, Level.MEDIUM, Level.HIGH, Level.MEDIUM):
            override(lead, level, "Spoke to them", member=company.manager, now=LATER)

    def take_back() -> None:
        for _ in range(4):
            with suppress(OverrideOver):
                lift(lead, member=company.administrator, now=LATER)

    assert at_once(work, say, take_back) == []
    work()
    grade = Grade.objects.get(lead=lead, superseded_at=None)
    open_word = Override.objects.filter(lead=lead, lifted_at=None).first()
    assert grade.override == open_word
    assert all(recomputed_equal(g) for g in Grade.objects.filter(lead=lead))
