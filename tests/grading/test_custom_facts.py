"""Grading rules that ask for custom fields: checked, applied on the belt, and after a correction."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import translation

from clew.access.models import Role
from clew.capture.actions.fields import FieldData, add_field, retire_field
from clew.capture.custom import Choice, Definition
from clew.grading.actions import override, publish
from clew.grading.checks import examine_rule, fits
from clew.grading.errors import RulesInvalid
from clew.grading.models import Grade
from clew.grading.queries import recomputed_equal
from clew.grading.rules import Condition, Rule, compile_rules, grade, judge, observe
from clew.grading.wording import condition_in_words
from clew.handoff.errors import LeadMissing
from clew.pipeline.actions.fields import set_fields
from tests.company import MONDAY_NOON, TESTER, enquire, found, member

WORDS = {"zh-hans": "词", "en": "words"}
FIELDS = {
    f.key: f
    for f in (
        Definition("volt", "电压", "number", unit="V"),
        Definition("due", "交货期", "date"),
        Definition("axis", "轴", "choice", (Choice("one", "单轴"), Choice("two", "双轴"))),
        Definition("budget", "预算", "money"),
        Definition("note", "备注", "text"),
    )
}
PLAIN: dict[str, Any] = {
    "message": "",
    "company": "",
    "submission_count": 1,
    "source_kind": "own",
    "is_online": True,
    "is_introduced": False,
    "has_phone": True,
}


def holds(condition: Condition, custom: dict[str, Any]) -> bool:
    rules = compile_rules([Rule("r", 1, WORDS, [condition])])
    return grade(observe(**PLAIN, custom=custom), rules, 9, 5).points == 1


@pytest.mark.parametrize(
    ("fact", "op", "value", "custom", "expected"),
    [
        ("custom.volt", ">=", 24, {"volt": 24}, True),
        ("custom.volt", ">=", 24.5, {"volt": 24}, False),
        ("custom.volt", "!=", 24, {}, False),
        ("custom.due", "<=", "2026-12-31", {"due": "2026-12-01"}, True),
        ("custom.axis", "in", ["one", "two"], {"axis": "two"}, True),
        ("custom.axis", "in", ["one"], {"axis": "two"}, False),
        ("custom.note", "says", "URGENT", {"note": "very urgent"}, True),
        ("custom.note", "filled", True, {"note": "x"}, True),
        ("custom.note", "filled", True, {}, False),
        ("custom.note", "filled", False, {}, True),
    ],
)
def test_a_condition_compares_what_the_field_holds(
    fact: str, op: Any, value: Any, custom: dict[str, Any], expected: object
) -> None:
    condition = Condition(fact, op, value)
    assert fits(condition, FIELDS) == ""
    assert holds(condition, custom) is expected


@pytest.mark.parametrize(
    ("fact", "op", "value", "code"),
    [
        ("custom.gone", "==", 1, "no_such_fact"),
        ("custom", "==", 1, "no_such_fact"),
        ("custom.", "==", 1, "no_such_fact"),
        ("custom.volt", "in", [1], "operator_does_not_fit"),
        ("custom.volt", ">=", "24", "value_does_not_fit"),
        ("custom.volt", ">=", True, "value_does_not_fit"),
        ("custom.due", ">=", "soon", "value_does_not_fit"),
        ("custom.axis", "==", "three", "value_does_not_fit"),
        ("custom.axis", "in", [], "value_does_not_fit"),
        ("custom.note", "says", "", "value_does_not_fit"),
        ("custom.note", "filled", "yes", "value_does_not_fit"),
        ("quantity", "filled", True, "operator_does_not_fit"),
    ],
)
def test_what_does_not_fit_a_field_cannot_be_published(
    fact: str, op: Any, value: Any, code: str
) -> None:
    assert fits(Condition(fact, op, value), FIELDS) == code


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ([("custom.volt", ">", 24), ("custom.volt", "<", 24)], "never_holds"),
        ([("custom.volt", "filled", False), ("custom.volt", ">", 1)], "never_holds"),
        ([("custom.axis", "==", "one"), ("custom.axis", "==", "two")], "never_holds"),
        ([("custom.due", ">=", "2026-01-02"), ("custom.due", "<=", "2026-01-01")], "never_holds"),
        ([("custom.volt", ">", 24), ("custom.volt", "<", 25)], ""),
        ([("custom.note", "says", "a"), ("custom.note", "says", "b")], ""),
        ([("custom.axis", "in", ["one", "two"])], ""),  # a lead may hold nothing
    ],
)
def test_conditions_on_a_field_that_contradict_each_other_are_found(
    when: list[tuple[str, Any, Any]], code: str
) -> None:
    rule = Rule("r", 5, WORDS, [Condition(*c) for c in when])
    assert [f.code for f in examine_rule(rule, FIELDS)] == ([code] if code else [])


def test_facts_that_were_kept_before_there_were_fields_meet_no_such_rule() -> None:
    rule = Rule("r", 5, WORDS, [Condition("custom.volt", "filled", value=False)])
    assert judge([rule], 9, 5)({"quantity": 3}).points == 0
    assert judge([rule], 9, 5)({"quantity": 3, "custom": {}}).points == 5


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("custom.volt", ">=", 1000), "电压: at least 1,000 V"),
        (Condition("custom.budget", ">", 500_000), "预算: more than ¥5,000.00"),
        (Condition("custom.axis", "in", ["one", "two"]), "轴: is one of 单轴, 双轴"),
        (Condition("custom.note", "filled", value=True), "备注: is filled in, yes"),
    ],
)
def test_a_condition_reads_with_the_label_and_the_unit_of_its_field(
    condition: Condition, words: str
) -> None:
    with translation.override("en"):
        assert condition_in_words(condition, FIELDS) == words


def rules(points: int = 60) -> list[dict[str, Any]]:
    when = [{"fact": "custom.volt", "op": ">=", "value": 48}]
    return [{"key": "volt", "points": points, "words": WORDS, "when": when}]


def define() -> None:
    add_field(FieldData("volt", "电压", "number"), actor=TESTER, now=MONDAY_NOON)


def now_graded(lead_id: UUID) -> Grade:
    return Grade.objects.get(lead=lead_id, superseded_at=None)


@pytest.mark.django_db
def test_rules_about_a_field_that_nobody_defined_are_refused_and_of_a_retired_one_hold() -> None:
    found()
    with pytest.raises(RulesInvalid):
        publish(rules(), high_from=50, medium_from=20, now=MONDAY_NOON)
    define()
    retire_field("volt", actor=TESTER, now=MONDAY_NOON)
    assert publish(rules(), high_from=50, medium_from=20, now=MONDAY_NOON).version


@pytest.mark.django_db
def test_a_lead_is_graded_by_its_fields_and_anew_when_one_is_corrected() -> None:
    company = found()
    define()
    publish(rules(), high_from=50, medium_from=20, now=MONDAY_NOON)
    lead = enquire(company.site, phone="13812345678", custom={"volt": 24})
    assert now_graded(lead).level == 1
    enquire(company.site, phone="13812345678", custom={"volt": 48})
    assert now_graded(lead).level == 3
    anna = company.manager
    set_fields([lead], {"volt": 12}, member=anna, now=MONDAY_NOON)
    graded = now_graded(lead)
    assert (graded.level, graded.points, graded.facts["custom"]) == (1, 0, {"volt": 12})
    assert recomputed_equal(graded)
    override(lead, 3, "knows them", member=anna, now=MONDAY_NOON)
    set_fields([lead], {"volt": None}, member=anna, now=MONDAY_NOON)
    assert (now_graded(lead).level, now_graded(lead).points) == (3, 0)
    assert all(recomputed_equal(g) for g in Grade.objects.filter(lead=lead))
    enquire(company.site, phone="13812345678")
    assert now_graded(lead).facts["custom"] == {}


@pytest.mark.django_db
def test_nobody_sets_fields_of_a_lead_that_is_not_theirs() -> None:
    company = found()
    define()
    lead = enquire(company.site, phone="13812345678")
    stranger = member(company.organisation, "stranger", Role.SALESPERSON)
    with pytest.raises(LeadMissing):
        set_fields([lead], {"volt": 12}, member=stranger, now=MONDAY_NOON)
