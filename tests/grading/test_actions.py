import pytest

from clew.grading import actions, seed
from clew.grading.errors import RulesInvalid
from clew.grading.models import Grade, RuleSet
from clew.grading.queries import current, history, in_words, recomputed_equal
from tests.company import HOT, MONDAY_NOON, enquire, found

pytestmark = pytest.mark.django_db


def test_a_published_version_grades_from_then_on_and_old_grades_keep_theirs() -> None:
    company = found()
    before = enquire(company.site, phone="13812345678", **HOT)
    actions.publish(seed.RULES[:1], high_from=90, medium_from=80, now=MONDAY_NOON)
    after = enquire(company.site, phone="13912345678", **HOT)
    assert (current(before).rule_set.version, current(before).level) == (1, 3)
    assert (current(after).rule_set.version, current(after).level) == (2, 1)


def test_rules_about_unknown_facts_are_refused_and_change_nothing() -> None:
    found()
    wrong = [
        {"key": "x", "points": 1, "words": {}, "when": [{"fact": "os", "op": "==", "value": 1}]}
    ]
    with pytest.raises(RulesInvalid):
        actions.publish(wrong, high_from=2, medium_from=1, now=MONDAY_NOON)
    assert RuleSet.objects.count() == 1


def test_each_grade_tells_its_signals_in_both_languages_and_they_add_up() -> None:
    company = found()
    grade = current(enquire(company.site, phone="13812345678", **HOT))
    for language in ("zh-hans", "en"):
        told = in_words(grade, language)
        assert sum(points for _, points in told) == grade.points
        assert all(words for words, _ in told)


def test_a_new_submission_grades_again_and_the_history_stays() -> None:
    company = found()
    id_ = enquire(company.site, phone="13812345678", message="要伺服")
    enquire(company.site, phone="13812345678", message="20 台多少钱")
    grades = history(id_)
    assert len(grades) == 2
    assert grades[0].points > grades[1].points
    assert grades[1].superseded_at == MONDAY_NOON


def test_a_grade_is_recomputed_from_its_facts_and_one_altered_fact_shows() -> None:
    company = found()
    grade = Grade.objects.get(lead=enquire(company.site, phone="13812345678", **HOT))
    assert recomputed_equal(grade)
    grade.facts["asks_price"] = False
    assert not recomputed_equal(grade)
