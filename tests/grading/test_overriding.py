"""What a person says about a grade holds until it is lifted, and every grade can be recomputed."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.base.models import Entry
from clew.contacts.models import Lead
from clew.grading.actions import lift, override, publish
from clew.grading.errors import GradeMissing, OverrideOver, OverrideReasonMissing, RulesInvalid
from clew.grading.models import Grade, Level, Override
from clew.grading.queries import current, history, recomputed_equal
from clew.grading.rules import Rule
from clew.web.flow import undo
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, found
from tests.grading import draws

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(hours=1)
PHONE = "13812345678"
WORDS = {"zh-hans": "词", "en": "words"}


@pytest.fixture
def company() -> Company:
    return found()


def say(company: Company, lead: UUID, level: int, reason: str = "Only compares prices") -> Grade:
    return override(lead, level, reason, member=company.manager, now=LATER)


def test_a_persons_word_holds_against_new_submissions_until_it_is_lifted(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **COLD)
    say(company, lead, Level.MEDIUM)
    enquire(company.site, LATER, phone=PHONE, **HOT)
    held = current(lead)
    assert (held.level, held.override and held.override.level) == (Level.MEDIUM, Level.MEDIUM)
    assert held.points >= held.rule_set.high_from
    lifted = lift(lead, member=company.administrator, now=LATER)
    assert (lifted.level, lifted.override) == (Level.HIGH, None)
    enquire(company.site, LATER, phone=PHONE, message="")
    assert current(lead).override is None


def test_the_history_stays_and_says_who_and_why(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    say(company, lead, Level.LOW, "  Asked for a student project ")
    lift(lead, member=company.administrator, now=LATER)
    grades = history(lead)
    assert [g.level for g in grades] == [Level.HIGH, Level.LOW, Level.HIGH]
    word = grades[1].override
    assert word
    assert (word.reason, word.made_by, word.lifted_by, word.lifted_at) == (
        "Asked for a student project",
        company.manager,
        company.administrator,
        LATER,
    )
    told = Entry.objects.filter(subject=lead, name__in=["GradeOverridden", "OverrideLifted"])
    assert [(e.name, e.actor_id) for e in told.order_by("id")] == [
        ("GradeOverridden", str(company.manager.pk)),
        ("OverrideLifted", str(company.administrator.pk)),
    ]
    assert "student" not in str(list(told.values_list("data", flat=True)))


def test_another_word_takes_the_place_of_the_first(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    say(company, lead, Level.LOW)
    say(company, lead, Level.MEDIUM, "They called back")
    assert current(lead).level == Level.MEDIUM
    assert Override.objects.filter(lead=lead, lifted_at=None).count() == 1
    lift(lead, member=company.manager, now=LATER)
    with pytest.raises(OverrideOver):
        lift(lead, member=company.manager, now=LATER)


@pytest.mark.parametrize(
    ("level", "reason"), [(0, "x"), (4, "x"), (-1, "x"), (1, ""), (1, "  "), (1, "x" * 201)]
)
def test_a_word_without_level_or_reason_is_refused(
    company: Company, level: int, reason: str
) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    with pytest.raises(OverrideReasonMissing):
        say(company, lead, level, reason)
    assert not Override.objects.exists()


def test_the_database_holds_one_open_word_with_its_reason(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    say(company, lead, Level.LOW)
    for wrong in ({"reason": "again"}, {"reason": "", "lifted_at": LATER}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Override.objects.create(
                lead_id=lead,
                level=1,
                made_by=company.manager,
                made_at=LATER,
                **wrong,
            )


def test_validity_follows_the_word(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    before = Lead.objects.get(pk=lead).valid_until
    say(company, lead, Level.LOW)
    after = Lead.objects.get(pk=lead).valid_until
    assert before
    assert after
    assert after > before


def test_a_lead_without_a_grade_has_nothing_to_override(company: Company) -> None:
    with pytest.raises(GradeMissing):
        say(company, UUID(int=1), Level.LOW)


def test_lifting_grades_by_the_rules_of_today(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    say(company, lead, Level.MEDIUM)
    new = [Rule("one", 7, WORDS, [])]
    publish(msgspec.to_builtins(new), high_from=50, medium_from=20, now=LATER)
    lifted = lift(lead, member=company.manager, now=LATER)
    assert (lifted.rule_set.version, lifted.points, lifted.level) == (2, 7, Level.LOW)
    assert recomputed_equal(lifted)


def test_a_lead_that_a_person_graded_is_worked_on_and_stays_when_its_file_is_undone(
    company: Company,
) -> None:
    lead = enquire(company.site, phone=PHONE, channel="file", **HOT)
    say(company, lead, Level.LOW)
    assert undo([lead], LATER).kept_for == {"worked_on": 1}
    assert current(lead).level == Level.LOW


def test_a_word_stays_when_a_later_message_is_undone(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **COLD)
    later = enquire(company.site, LATER, phone=PHONE, channel="file", **HOT)
    say(company, lead, Level.MEDIUM)
    undo([later], LATER)
    assert (current(lead).level, recomputed_equal(current(lead))) == (Level.MEDIUM, True)
    assert current(lead).points < current(lead).rule_set.medium_from


def test_an_altered_level_shows_also_where_a_person_gave_it(company: Company) -> None:
    lead = enquire(company.site, phone=PHONE, **HOT)
    grade = say(company, lead, Level.LOW)
    assert recomputed_equal(grade)
    grade.level = Level.HIGH
    assert not recomputed_equal(grade)


MESSAGES = st.sampled_from(["", "急要 20 台，请报价", "test", "要减速机 3 台"])
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), MESSAGES),
        st.tuples(st.just("say"), st.sampled_from(Level.values)),
        st.tuples(st.just("lift"), st.just(0)),
        st.tuples(st.just("publish"), draws.rule_lists()),
    ),
    max_size=7,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_every_grade_is_recomputed_after_any_sequence_and_the_last_word_holds(
    company: Company, deeds: list[tuple[str, object]]
) -> None:
    with transaction.atomic():
        lead = enquire(company.site, phone=PHONE, **HOT)
        held: int | None = None
        for kind, what in deeds:
            held = _do(company, lead, kind, what, held)
            now = current(lead)
            assert (now.override.level if now.override else None) == held
            assert held is None or now.level == held
        assert all(recomputed_equal(g) for g in history(lead))
        assert all(sum(p for _, p in g.signals) == g.points for g in history(lead))
        assert Grade.objects.filter(lead=lead, superseded_at=None).count() == 1
        transaction.set_rollback(True)


def _do(company: Company, lead: UUID, kind: str, what: object, held: int | None) -> int | None:
    if kind == "ask":
        enquire(company.site, LATER, phone=PHONE, message=str(what))
    elif kind == "say" and isinstance(what, int):
        return say(company, lead, what).level
    elif kind == "lift" and held is not None:
        lift(lead, member=company.manager, now=LATER)
        return None
    elif kind == "publish":
        with suppress(RulesInvalid):  # rules that can never hold are drawn too
            publish(msgspec.to_builtins(what), high_from=50, medium_from=20, now=LATER)
    return held
