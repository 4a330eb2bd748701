"""Rules are tried on past leads in stretches that happen once, and change no grade."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from clew.access.models import Member
from clew.grading import seed
from clew.grading.actions import override, write_draft
from clew.grading.changes import Rules
from clew.grading.errors import TrialMissing
from clew.grading.models import Grade, Level, Trial, TrialChange
from clew.grading.queries import draft, rules_of, trial
from clew.grading.rules import Rule
from clew.grading.trials import actions
from clew.grading.trials.actions import advance, drop_trials, try_draft
from clew.web.flow import undo
from tests.company import COLD, HOT, MONDAY_NOON, Company, enquire, found

pytestmark = pytest.mark.django_db
LATER = MONDAY_NOON + timedelta(hours=1)
WORDS = {"zh-hans": "词", "en": "words"}
NONE_HIGH = Rules([Rule("one", 30, WORDS, [])], 50, 20)  # every lead is medium


@pytest.fixture
def company() -> Company:
    return found()


def leads(company: Company, count: int = 6) -> list[UUID]:
    """Half of them high, half low."""
    return [
        enquire(company.site, phone=f"138{n:08d}", **(HOT if n % 2 else COLD)) for n in range(count)
    ]


def tried(member: Member, rules: Rules = NONE_HIGH) -> Trial:
    kept = write_draft(rules, edition=draft().edition, member=member, now=LATER)
    made = try_draft(edition=kept.edition, member=member, now=LATER)
    while advance(LATER):
        pass
    return Trial.objects.get(pk=made.pk)


def test_it_tells_which_grades_would_change_and_changes_none(company: Company) -> None:
    leads(company)
    before = list(Grade.objects.order_by("id").values())
    done = tried(company.manager)
    assert (done.seen_count, done.expected_count) == (6, 6)
    assert (done.up_count, done.down_count) == (3, 3)
    assert done.ended_at == LATER
    found_changes = TrialChange.objects.filter(trial=done)
    assert {(c.level_before, c.level_after, c.points_after) for c in found_changes} == {
        (1, 2, 30),
        (3, 2, 30),
    }
    assert list(Grade.objects.order_by("id").values()) == before


def test_rules_as_they_are_would_change_nothing(company: Company) -> None:
    leads(company)
    done = tried(company.manager, rules_of(draft()))
    assert (done.seen_count, done.up_count, done.down_count) == (6, 0, 0)


def test_what_a_person_graded_is_counted_and_left_alone(company: Company) -> None:
    first, *_ = leads(company)
    override(first, Level.HIGH, "Old friend", member=company.manager, now=LATER)
    done = tried(company.manager)
    assert (done.kept_count, done.up_count, done.down_count) == (1, 2, 3)
    assert not TrialChange.objects.filter(lead=first).exists()


def test_it_comes_in_stretches_newest_first_and_stops_at_the_bound(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = leads(company, 7)
    monkeypatch.setattr(actions, "PIECE", 2)
    monkeypatch.setattr(actions, "MOST_LEADS", 5)
    done = tried(company.manager)
    assert (done.seen_count, done.expected_count, done.up_count + done.down_count) == (5, 5, 5)
    seen = list(TrialChange.objects.order_by("id").values_list("lead_id", flat=True))
    assert seen == ids[:1:-1]


def test_a_stretch_counts_once_though_two_workers_did_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads(company)
    kept = write_draft(NONE_HIGH, edition=1, member=company.manager, now=LATER)
    made = try_draft(edition=kept.edition, member=company.manager, now=LATER)
    honest = actions._changed

    def slow(held: Trial, rows: list[actions.Row]) -> object:
        monkeypatch.setattr(actions, "_changed", honest)
        advance(
            LATER + actions.HELD + timedelta(seconds=1)
        )  # another worker, after the hold ran out
        return honest(held, rows)

    monkeypatch.setattr(actions, "_changed", slow)
    advance(LATER)
    done = Trial.objects.get(pk=made.pk)
    assert (done.seen_count, done.up_count + done.down_count) == (6, 6)
    assert TrialChange.objects.count() == 6


def test_a_held_trial_is_left_to_its_worker_until_the_hold_runs_out(company: Company) -> None:
    leads(company)
    made = try_draft(edition=1, member=company.manager, now=LATER)
    Trial.objects.filter(pk=made.pk).update(held_by=made.pk, held_until=LATER + actions.HELD)
    assert not advance(LATER)
    assert advance(LATER + actions.HELD + timedelta(seconds=1))
    assert Trial.objects.get(pk=made.pk).ended_at


def test_a_new_trial_ends_the_members_last_one(company: Company) -> None:
    leads(company)
    first = try_draft(edition=1, member=company.manager, now=LATER)
    second = try_draft(edition=1, member=company.manager, now=LATER)
    first.refresh_from_db()
    assert first.problem == actions.REPLACED
    assert first.ended_at
    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.filter(pk=first.pk).update(ended_at=None)
    assert second.ended_at is None


def test_a_trial_is_seen_by_who_asked_and_by_administrators(company: Company) -> None:
    made = try_draft(edition=1, member=company.manager, now=LATER)
    assert trial(company.administrator, made.pk) == trial(company.manager, made.pk) == made
    other = try_draft(edition=1, member=company.administrator, now=LATER)
    with pytest.raises(TrialMissing):
        trial(company.manager, other.pk)


def test_a_lead_that_is_undone_leaves_the_trial(company: Company) -> None:
    lead = enquire(company.site, phone="13812345678", channel="file", **HOT)
    tried(company.manager)
    undo([lead], LATER)
    assert not TrialChange.objects.exists()


def test_old_trials_go_with_what_they_found_in_bounded_steps(company: Company) -> None:
    leads(company)
    tried(company.manager)
    assert drop_trials(LATER, 100) == 0
    later = LATER + timedelta(seconds=1)
    assert [drop_trials(later, 4) for _ in range(3)] == [4, 3, 0]
    assert not Trial.objects.exists()


def test_no_leads_are_done_at_once(company: Company) -> None:
    done = tried(company.manager, Rules(NONE_HIGH.rules, seed.HIGH_FROM, seed.MEDIUM_FROM))
    assert (done.seen_count, done.expected_count) == (0, 0)
    assert done.ended_at
