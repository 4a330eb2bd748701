"""What is wrong or odd about rules is said before they hold, and never wrongly."""

from dataclasses import asdict

import msgspec
import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from clew.grading import seed
from clew.grading.changes import Rules, changes
from clew.grading.checks import (
    MOST_FIGURE,
    WEIGHTS,
    Finding,
    examine,
    examine_rule,
    fits,
    reach,
)
from clew.grading.rules import (
    CHOICES,
    KINDS,
    OPERATORS,
    Condition,
    Facts,
    Rule,
    compile_rules,
    grade,
    judge,
)
from clew.grading.wording import (
    CHOICE_LABELS,
    FACT_LABELS,
    FINDINGS,
    OPERATOR_LABELS,
    change_in_words,
    condition_in_words,
    finding_in_words,
)
from tests.grading import draws

WORDS = {"zh-hans": "词", "en": "words"}
SEED = msgspec.convert(seed.RULES, list[Rule])


def rule(*when: tuple[str, str, object], points: int = 10) -> Rule:
    made = [{"fact": fact, "op": op, "value": value} for fact, op, value in when]
    return Rule("r", points, WORDS, msgspec.convert(made, list[Condition]))


def codes(found: list[Finding]) -> set[str]:
    return {finding.code for finding in found}


def test_the_rules_that_every_deployment_starts_with_are_sound() -> None:
    found = examine(SEED, seed.HIGH_FROM, seed.MEDIUM_FROM, {})
    assert codes(found) == {"for_every_lead"}


@pytest.mark.parametrize(
    "when",
    [
        [("quantity", ">=", 10), ("quantity", "<", 5)],
        [("quantity", ">", 3), ("quantity", "<", 4)],
        [("submission_count", "<", 1)],
        [("quantity", "<", 0)],
        [("quantity", "==", 2), ("quantity", "!=", 2)],
        [("asks_price", "==", True), ("asks_price", "==", False)],
        [("source_kind", "==", "own"), ("source_kind", "==", "bought")],
        [("source_kind", "in", ["own", "bought"]), ("source_kind", "==", "earned")],
        [("is_urgent", "==", True), ("quantity", ">", 9), ("quantity", "<=", 9)],
    ],
)
def test_a_rule_that_can_never_hold_is_named(when: list[tuple[str, str, object]]) -> None:
    found = examine_rule(rule(*when), {})
    assert codes(found) == {"never_holds"}
    assert found[0].is_fatal


@pytest.mark.parametrize(
    "when",
    [
        [("message_length", ">=", 0)],
        [("submission_count", ">=", 1)],
        [("submission_count", "!=", 0), ("quantity", "<=", MOST_FIGURE), ("quantity", ">=", 0)],
        [("source_kind", "in", ["own", "bought", "earned"])],
    ],
)
def test_a_rule_that_always_holds_is_named(when: list[tuple[str, str, object]]) -> None:
    is_open_above = any(value == MOST_FIGURE for _, _, value in when)
    expected = set() if is_open_above else {"always_holds"}
    assert codes(examine_rule(rule(*when), {})) == expected


def test_a_rule_that_sorts_leads_is_not_complained_about() -> None:
    assert not examine_rule(rule(("quantity", ">=", 1), ("quantity", "<", 10)), {})
    assert not examine_rule(rule(("source_kind", "!=", "own"), ("is_trial", "==", False)), {})


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Condition("shoe_size", ">=", 40), "no_such_fact"),
        (Condition("asks_price", ">=", value=True), "operator_does_not_fit"),
        (Condition("source_kind", ">", "own"), "operator_does_not_fit"),
        (Condition("quantity", ">=", value=True), "value_does_not_fit"),
        (Condition("quantity", ">=", "10"), "value_does_not_fit"),
        (Condition("quantity", ">=", -1), "value_does_not_fit"),
        (Condition("quantity", ">=", MOST_FIGURE + 1), "value_does_not_fit"),
        (Condition("asks_price", "==", 1), "value_does_not_fit"),
        (Condition("source_kind", "==", "stolen"), "value_does_not_fit"),
        (Condition("source_kind", "in", []), "value_does_not_fit"),
        (Condition("source_kind", "in", "own"), "value_does_not_fit"),
        (Condition("source_kind", "==", ["own"]), "value_does_not_fit"),
        (Condition("quantity", ">=", 10), ""),
    ],
)
def test_what_does_not_fit_in_a_condition_is_named(condition: Condition, code: str) -> None:
    assert fits(condition, {}) == code
    assert codes(examine_rule(Rule("r", 1, WORDS, [condition]), {})) == ({code} if code else set())


def test_thresholds_out_of_reach_are_named() -> None:
    rules = [rule(("asks_price", "==", True), points=50)]
    assert codes(examine(rules, 70, 40, {})) == {"high_out_of_reach"}
    assert codes(examine(rules, 90, 70, {})) == {"medium_out_of_reach"}
    assert codes(examine(rules, 40, 0, {})) == {"none_low"}
    assert codes(examine(rules, 0, -10, {})) == {"all_high"}
    assert codes(examine(rules, 40, 40, {})) == {"thresholds_crossed"}
    assert "no_rules" in codes(examine([], 40, 10, {}))


def test_rules_that_shut_each_other_out_do_not_add_up_to_a_threshold() -> None:
    twice = rule(("submission_count", "==", 2), points=40)
    often = Rule("o", 40, WORDS, [Condition("submission_count", ">=", 3)])
    assert reach([twice, often], {}) == (0, 40)
    assert codes(examine([twice, often], 80, 30, {})) == {"high_out_of_reach"}


@given(draws.rule_lists(), st.lists(draws.FACTS, min_size=1, max_size=20))
def test_what_is_said_about_rules_is_true_of_every_lead(
    rules: list[Rule], leads: list[Facts]
) -> None:
    lowest, highest = reach(rules, {})
    said = {r.key: codes(examine_rule(r, {})) for r in rules}
    for facts in leads:
        verdict = grade(facts, compile_rules(rules), 50, 20)
        holding = {key for key, _ in verdict.signals}
        assert lowest <= verdict.points <= highest
        assert not any("never_holds" in said[key] for key in holding)
        assert holding >= {k for k, c in said.items() if c & {"always_holds", "for_every_lead"}}


@given(draws.rule_lists(), draws.FACTS)
def test_points_add_up_to_the_signals_whatever_the_rules(rules: list[Rule], facts: Facts) -> None:
    verdict = grade(facts, compile_rules(rules), 50, 20)
    points = {r.key: r.points for r in rules}
    assert verdict.points == sum(points[key] for key, _ in verdict.signals)
    assert all(points[key] == told for key, told in verdict.signals)
    assert judge(rules, 50, 20)(asdict(facts)) == verdict


@given(draws.rule_lists(), draws.FACTS, st.sampled_from(sorted(KINDS)))
def test_a_rule_about_a_fact_that_was_not_known_does_not_hold_and_the_others_do(
    rules: list[Rule], facts: Facts, gone: str
) -> None:
    known = {name: value for name, value in asdict(facts).items() if name != gone}
    about = {r.key for r in rules if any(c.fact == gone for c in r.when)}
    whole = grade(facts, compile_rules(rules), 50, 20)
    kept = judge(rules, 50, 20)(known)
    assert kept.signals == tuple(s for s in whole.signals if s[0] not in about)


@given(draws.rule_lists(), draws.rule_lists(), st.integers(0, 9), st.integers(0, 9))
def test_every_difference_is_told_and_nothing_else(
    before: list[Rule], after: list[Rule], high: int, medium: int
) -> None:
    old, new = Rules(before, 50, 20), Rules(after, 50 + high, 20 + medium)
    found = changes(old, new)
    assert bool(found) == (old != new)
    assert not changes(new, new)
    assert all(change_in_words(change, "en", {}) for change in found)


def test_every_fact_operator_choice_and_finding_has_words() -> None:
    assert set(FACT_LABELS) == set(KINDS)
    assert set(OPERATOR_LABELS) == {*OPERATORS, "filled"}
    assert set(CHOICE_LABELS) == {choice for choices in CHOICES.values() for choice in choices}
    assert set(FINDINGS) == set(WEIGHTS)
    assert {fact for fact, kind in KINDS.items() if kind == "choice"} == set(CHOICES)
    for code in WEIGHTS:
        assert "%(" not in finding_in_words(Finding(code, "r", 0, "quantity"), {})


@override("en")
def test_a_condition_reads_as_people_say_it() -> None:
    many = Condition("quantity", ">=", 1000)
    assert condition_in_words(many, {}) == "Quantity asked for: at least 1,000"
    assert (
        condition_in_words(Condition("asks_price", "==", value=False), {}) == "Asks for a price: no"
    )
    several = Condition("source_kind", "in", ["own", "earned"])
    assert condition_in_words(several, {}) == "Kind of source: is one of own, earned"
