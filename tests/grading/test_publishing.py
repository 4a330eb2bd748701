"""One draft for everybody; versions follow each other, and nothing of any of them is lost."""

from datetime import timedelta

import msgspec
import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.access.models import Member
from clew.base.models import Entry
from clew.grading import belt, seed
from clew.grading.actions import publish, publish_again, publish_draft, write_draft
from clew.grading.changes import Rules
from clew.grading.errors import (
    GradingDraftMoved,
    NothingToPublish,
    RuleSetMissing,
    RulesInvalid,
    TooManyGradingRules,
)
from clew.grading.models import RuleDraft, RuleSet
from clew.grading.queries import current, draft, in_force, rules_of
from clew.grading.rules import Condition, Rule
from clew.grading.trials.actions import try_draft
from tests.company import HOT, MONDAY_NOON, Company, enquire, found
from tests.grading import draws

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(hours=1)
WORDS = {"zh-hans": "词", "en": "words"}
ONE = Rules([Rule("one", 60, WORDS, [])], 50, 20)
OTHER = Rules([Rule("other", 30, WORDS, [])], 50, 20)


@pytest.fixture
def company() -> Company:
    return found()


def write(rules: Rules, member: Member, edition: int | None = None) -> RuleDraft:
    edition = draft().edition if edition is None else edition
    return write_draft(rules, edition=edition, member=member, now=LATER)


def test_a_draft_grades_nothing_until_it_is_published(company: Company) -> None:
    write(ONE, company.manager)
    before = current(enquire(company.site, phone="13812345678", **HOT))
    published = publish_draft(edition=2, member=company.manager, now=LATER)
    after = current(enquire(company.site, phone="13912345678", **HOT))
    assert (before.rule_set.version, after.rule_set.version, after.points) == (1, 2, 60)
    assert published.publisher == company.manager


def test_the_ledger_says_who_wrote_and_published_what(company: Company) -> None:
    write(ONE, company.manager)
    publish_draft(edition=2, member=company.manager, now=LATER)
    publish_again(1, edition=3, member=company.administrator, now=LATER)
    told = Entry.objects.filter(name__startswith="GradingRules").order_by("id")
    assert list(told.values_list("name", "actor_id", "data__again")) == [
        ("GradingRulesPublished", "seed", None),
        ("GradingRulesDrafted", str(company.manager.pk), None),
        ("GradingRulesPublished", str(company.manager.pk), None),
        ("GradingRulesPublished", str(company.administrator.pk), 1),
    ]


def test_whoever_saw_an_older_draft_is_refused_and_the_newer_one_stays(company: Company) -> None:
    write(ONE, company.manager, 1)
    with pytest.raises(GradingDraftMoved):
        write(OTHER, company.administrator, 1)
    with pytest.raises(GradingDraftMoved):
        publish_draft(edition=1, member=company.administrator, now=LATER)
    with pytest.raises(GradingDraftMoved):
        publish_again(1, edition=1, member=company.administrator, now=LATER)
    with pytest.raises(GradingDraftMoved):
        try_draft(edition=1, member=company.administrator, now=LATER)
    assert rules_of(draft()) == ONE
    assert in_force().version == 1


def test_going_back_keeps_what_is_being_written(company: Company) -> None:
    publish(msgspec.to_builtins(ONE.rules), high_from=50, medium_from=20, now=LATER)
    write(OTHER, company.manager)
    edition = draft().edition
    again = publish_again(1, edition=edition, member=company.manager, now=LATER)
    assert (again.version, again.again and again.again.version) == (3, 1)
    assert rules_of(again) == rules_of(RuleSet.objects.get(version=1))
    assert rules_of(draft()) == OTHER
    assert draft().edition == edition + 1


def test_an_untouched_draft_follows_what_is_published(company: Company) -> None:
    write(ONE, company.manager)
    publish_draft(edition=2, member=company.manager, now=LATER)
    publish_again(1, edition=3, member=company.manager, now=LATER)
    assert rules_of(draft()) == rules_of(in_force())


def test_what_is_in_force_already_is_not_published_again(company: Company) -> None:
    with pytest.raises(NothingToPublish):
        publish_draft(edition=1, member=company.manager, now=LATER)
    with pytest.raises(NothingToPublish):
        publish_again(1, edition=1, member=company.manager, now=LATER)
    with pytest.raises(RuleSetMissing):
        publish_again(9, edition=1, member=company.manager, now=LATER)


@pytest.mark.parametrize(
    "rules",
    [
        Rules([], 50, 20),
        Rules(ONE.rules, 20, 20),
        Rules([Rule("a", 101, WORDS, [])], 50, 20),
        Rules([Rule("a", 1, {"en": "only English"}, [])], 50, 20),
        Rules([Rule("a", 1, WORDS, []), Rule("a", 2, WORDS, [])], 50, 20),
        Rules([Rule("a", 1, WORDS, [Condition("shoe_size", ">=", 40)])], 50, 20),
        Rules(
            [Rule("a", 1, WORDS, [Condition("quantity", ">", 5), Condition("quantity", "<", 5)])],
            50,
            20,
        ),
    ],
)
def test_a_draft_with_faults_is_kept_but_neither_tried_nor_published(
    company: Company, rules: Rules
) -> None:
    write(rules, company.manager)
    with pytest.raises(RulesInvalid):
        publish_draft(edition=2, member=company.manager, now=LATER)
    with pytest.raises(RulesInvalid):
        try_draft(edition=2, member=company.manager, now=LATER)
    assert in_force().version == 1
    assert rules_of(draft()) == rules


def test_there_are_at_most_sixty_rules_with_ten_conditions(company: Company) -> None:
    many = [Rule(f"r{n}", 1, WORDS, []) for n in range(61)]
    wide = [Rule("r", 1, WORDS, [Condition("quantity", ">", n) for n in range(11)])]
    for rules in (many, wide):
        with pytest.raises(TooManyGradingRules):
            write(Rules(rules, 50, 20), company.manager)
    write(Rules(many[:60], 50, 20), company.manager)


def test_a_rule_in_force_about_a_fact_that_is_gone_hinders_no_lead(company: Company) -> None:
    gone = Rule("gone", 50, WORDS, [Condition("shoe_size", ">=", 40)])
    RuleSet.objects.create(
        version=2,
        rules=msgspec.to_builtins([*ONE.rules, gone]),
        high_from=50,
        medium_from=20,
        published_at=LATER,
    )
    grade = current(enquire(company.site, phone="13812345678", **HOT))
    assert (grade.rule_set.version, grade.points) == (2, 60)
    write(Rules([gone], 50, 20), company.manager)
    with pytest.raises(RulesInvalid):
        publish_draft(edition=2, member=company.manager, now=LATER)


def test_there_is_one_draft_in_the_database(company: Company) -> None:
    write(ONE, company.manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleDraft.objects.create(id=2, high_from=2, medium_from=1, changed_at=LATER)


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), draws.rule_lists()),
        st.tuples(st.just("publish"), st.just(0)),
        st.tuples(st.just("again"), st.integers(1, 8)),
        st.tuples(st.just("system"), draws.rule_lists()),
    ),
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_after_any_sequence_one_version_is_in_force_and_all_are_as_they_were(
    company: Company, deeds: list[tuple[str, object]]
) -> None:
    with transaction.atomic():
        seen = {1: rules_of(in_force())}
        for kind, what in deeds:
            made = _do(kind, what, company.manager)
            if made:
                seen[made.version] = rules_of(made)
        kept = {one.version: rules_of(one) for one in RuleSet.objects.all()}
        assert kept == seen
        assert sorted(kept) == list(range(1, len(kept) + 1))
        assert in_force().version == belt.rules_in_force().version == len(kept)
        assert RuleDraft.objects.count() <= 1
        transaction.set_rollback(True)


def _do(kind: str, what: object, member: Member) -> RuleSet | None:
    edition = draft().edition
    try:
        if kind == "write" and isinstance(what, list):
            write(Rules(what, 50, 20), member, edition)
        elif kind == "system":
            return publish(msgspec.to_builtins(what), high_from=50, medium_from=20, now=LATER)
        elif kind == "publish":
            return publish_draft(edition=edition, member=member, now=LATER)
        elif isinstance(what, int):
            return publish_again(what, edition=edition, member=member, now=LATER)
    except (NothingToPublish, RuleSetMissing, RulesInvalid):
        return None
    return None


def test_the_first_version_is_that_of_the_seed(company: Company) -> None:
    assert rules_of(in_force()).rules == msgspec.convert(seed.RULES, list[Rule])
