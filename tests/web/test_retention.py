"""What is kept for how long: each kind goes in its time and not before, once a day, by one worker."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction

from clew.access.actions import send_once
from clew.access.models import Sent
from clew.base.ids import uuid7
from clew.base.ledger import Actor, append
from clew.base.models import Duty, Followed, Outbox, Refusal
from clew.capture.actions import failures, rejections, visits
from clew.capture.models import (
    Consent,
    Failure,
    Form,
    Import,
    ImportRow,
    Receipt,
    Rejected,
    Rerun,
    Submission,
    Visit,
    Waiting,
)
from clew.capture.rejections import Doorway
from clew.capture.schemas import LeadIn
from clew.handoff.events import LeadPooled
from clew.handoff.models import Placement
from clew.pipeline.actions.leads import close_lead, keep_draft
from clew.pipeline.models import Draft
from clew.pipeline.schemas import Sheet
from clew.tally.queries import account
from clew.web import retention
from clew.web.flow import FACTS
from clew.web.retention import RULES, keep_house
from tests.capture.sender import token
from tests.company import MONDAY_NOON, TESTER, Company, enquire, enquiry_form, found, submit

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "retention.md"
DAY = timedelta(days=1)
assert FACTS


@pytest.fixture
def company() -> Company:
    return found()


@pytest.fixture
def form(company: Company) -> Form:
    return enquiry_form(company)


def clean(now: datetime) -> int:
    """Do what is due on a day; gives the number of steps."""
    steps = 0
    while keep_house(now):
        steps += 1
    return steps


def fail(company: Company, phone: str) -> Failure:
    one = submit(company.site, phone=phone)
    Waiting.objects.filter(pk=one).delete()
    return Failure.objects.create(
        submission_id=one, code="belt_error", error="ValueError", failed_at=MONDAY_NOON
    )


def turn_away(form: Form, phone: str) -> Rejected:
    lead = {"source": form.source.key, "phone": phone}
    at = Doorway({}, MONDAY_NOON, form=form.pk)
    rejections.keep(json.dumps(lead).encode(), "too_fast", [], at=at, name=phone)
    return Rejected.objects.latest("id")


def after(days: int) -> Iterator[datetime]:
    """The last moment at which something is still kept, and the first at which it goes."""
    yield MONDAY_NOON + days * DAY
    yield MONDAY_NOON + days * DAY + timedelta(seconds=1)


def test_what_is_settled_goes_after_half_a_year_and_the_books_stay_balanced(
    company: Company, form: Form
) -> None:
    dismissed, replayed, corrected, waiting = (fail(company, f"1381234567{n}") for n in range(4))
    failures.dismiss(dismissed.pk, actor=TESTER, now=MONDAY_NOON)
    failures.replay(replayed.pk, actor=TESTER, now=MONDAY_NOON)
    lead = LeadIn(source=company.site.key, phone="13912345678")
    new = failures.correct(corrected.pk, lead, actor=TESTER, now=MONDAY_NOON)
    away, open_ = turn_away(form, "13712345678"), turn_away(form, "13712345679")
    rejections.dismiss(away.pk, actor=TESTER, now=MONDAY_NOON)
    enquire(company.site, phone="13612345678")
    failures.refuse("api", "token_needed", {}, Actor("visitor"), MONDAY_NOON)
    kept, gone = after(settings.RETENTION_DAYS)
    clean(kept)
    assert (Failure.objects.count(), Rejected.objects.count(), Refusal.objects.count()) == (4, 2, 1)
    clean(gone + DAY)
    assert list(Failure.objects.all()) == [waiting]
    assert list(Rejected.objects.all()) == [open_]
    assert not Refusal.objects.exists()
    left = set(Submission.objects.values_list("pk", flat=True))
    assert {dismissed.submission_id, corrected.submission_id}.isdisjoint(left)
    assert {replayed.submission_id, waiting.submission_id, new} <= left
    assert set(Consent.objects.values_list("submission_id", flat=True)) <= left
    assert account(company.administrator).is_balanced


def test_a_submission_that_failed_was_put_aside_and_failed_before_goes_as_one(
    company: Company,
) -> None:
    """Its newest failure decides: a replay that failed again and was put aside is no lead."""
    first = fail(company, "13812345678")
    failures.replay(first.pk, actor=TESTER, now=MONDAY_NOON)
    Waiting.objects.all().delete()
    second = Failure.objects.create(
        submission=first.submission, code="x", error="x", failed_at=MONDAY_NOON
    )
    clean(MONDAY_NOON + 181 * DAY)
    assert Submission.objects.count() == 1
    failures.dismiss(second.pk, actor=TESTER, now=MONDAY_NOON)
    clean(MONDAY_NOON + 183 * DAY)
    assert not Submission.objects.exists()
    assert account(company.administrator).is_balanced


def test_what_nobody_has_settled_is_kept_for_a_year(form: Form) -> None:
    turn_away(form, "13712345678")
    kept, gone = after(365)
    clean(kept)
    assert Rejected.objects.exists()
    clean(gone + DAY)
    assert not Rejected.objects.exists()


def test_open_failures_and_leads_are_never_deleted_by_time(company: Company) -> None:
    fail(company, "13812345678")
    enquire(company.site, phone="13612345678")
    clean(MONDAY_NOON + 5000 * DAY)
    assert Failure.objects.count() == 1
    assert Submission.objects.count() == 2


def test_small_things_go_in_their_time(company: Company) -> None:
    sender, _ = token()
    Receipt.objects.create(
        token=sender, key="k", digest=b"x" * 32, submission_ids=[], at=MONDAY_NOON
    )
    visits.visit(b"a" * 16, most=3, now=MONDAY_NOON)
    send_once(str(uuid4()), now=MONDAY_NOON)
    Session.objects.create(session_key="s", session_data="", expire_date=MONDAY_NOON)
    clean(MONDAY_NOON)
    things = (Receipt, Visit, Sent)
    assert all(kind.objects.exists() for kind in things)
    clean(MONDAY_NOON + 1 * DAY + timedelta(minutes=11))
    assert [kind.objects.exists() for kind in things] == [True, False, True]
    assert not Session.objects.exists()
    clean(MONDAY_NOON + 3 * DAY)
    assert [kind.objects.exists() for kind in things] == [True, False, False]
    clean(MONDAY_NOON + 31 * DAY)
    assert not Receipt.objects.exists()


def test_a_draft_goes_a_month_after_the_end_of_its_lead(company: Company) -> None:
    ended = enquire(company.site, phone="13812345678", message="今天急要 20 台 400W 伺服电机")
    going = enquire(company.site, phone="13812345679", message="今天急要 20 台 400W 伺服电机")
    for lead_id in (ended, going):
        holder = Placement.objects.get(lead=lead_id, closed_at=None).seat.member  # type: ignore[union-attr]
        keep_draft(lead_id, Sheet(), member=holder, now=MONDAY_NOON)
        if lead_id == ended:
            close_lead(lead_id, reason="lost_need", member=holder, now=MONDAY_NOON)
            keep_draft(lead_id, Sheet(), member=company.administrator, now=MONDAY_NOON)
    clean(MONDAY_NOON + 30 * DAY)
    assert Draft.objects.filter(lead=ended).exists()
    clean(MONDAY_NOON + 31 * DAY + timedelta(seconds=1))
    assert list(Draft.objects.values_list("lead_id", flat=True)) == [going]


def test_a_followed_fact_is_forgotten_only_when_it_is_done(company: Company) -> None:
    done, stuck = (
        append(LeadPooled(uuid7(), company.online.pk, "x"), actor=TESTER, at=MONDAY_NOON)
        for _ in range(2)
    )
    Outbox.objects.filter(pk=done).delete()
    for entry in (done, stuck):
        Followed.objects.create(entry_id=entry, follower="pipeline.stop")
    clean(MONDAY_NOON + 90 * DAY)
    assert Followed.objects.count() == 2
    clean(MONDAY_NOON + 91 * DAY + timedelta(seconds=1))
    assert Followed.objects.get().entry_id == stuck


def test_cells_of_a_file_are_forgotten_and_its_verdicts_stay(company: Company) -> None:
    def batch(state: str) -> UUID:
        made = Import.objects.create(
            id=uuid4(),
            name="x.csv",
            source=company.site,
            is_history=False,
            plan={},
            profiles=[{"name": "Phone", "samples": ["13812345678"]}],
            state=state,
            created_at=MONDAY_NOON,
            ended_at=MONDAY_NOON if state == "done" else None,
            actor_kind="member",
            actor_id="1",
        )
        ImportRow.objects.create(batch=made, number=1, verdict="error", code="x", cells=b"sealed")
        return made.pk

    done, paused = batch("done"), batch("paused")
    clean(MONDAY_NOON + 90 * DAY)
    assert ImportRow.objects.filter(cells=None).count() == 0
    clean(MONDAY_NOON + 91 * DAY + timedelta(seconds=1))
    assert ImportRow.objects.get(cells=None).batch_id == done
    assert Import.objects.get(pk=done).profiles == []
    assert Import.objects.get(pk=paused).profiles
    assert ImportRow.objects.count() == 2


def test_it_is_done_once_a_day_in_bounded_steps(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    Refusal.objects.bulk_create(
        Refusal(at=MONDAY_NOON, door="api", code="x", actor_kind="visitor") for _ in range(5)
    )
    later = MONDAY_NOON + 200 * DAY
    assert clean(later) == len(RULES) + 2
    assert Duty.objects.get(name="refusals").count == 5
    assert clean(later + timedelta(hours=23)) == 0
    assert clean(later + timedelta(hours=25)) == len(RULES)


def test_a_replay_in_the_background_is_forgotten_after_its_end(company: Company) -> None:
    for ended in (MONDAY_NOON, None):
        Rerun.objects.create(
            id=uuid7(),
            what="replay",
            total=1,
            started_at=MONDAY_NOON,
            ended_at=ended,
            actor_kind="member",
            actor_id="1",
        )
    clean(MONDAY_NOON + 200 * DAY)
    assert Rerun.objects.get().ended_at is None


def test_the_days_of_what_is_settled_can_be_set(company: Company, settings: object) -> None:
    settings.RETENTION_DAYS = 7  # type: ignore[attr-defined]
    failures.refuse("api", "x", {}, Actor("visitor"), MONDAY_NOON)
    clean(MONDAY_NOON + 8 * DAY)
    assert not Refusal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_do_it_at_the_same_time(company: Company) -> None:
    with transaction.atomic():
        assert keep_house(MONDAY_NOON)
        seen: list[bool] = []

        def other() -> None:
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '2s'")
            with suppress(OperationalError):
                seen.append(keep_house(MONDAY_NOON))
            connection.close()

        beside = Thread(target=other)
        beside.start()
        beside.join()
    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_replay_the_same_thing_once(company: Company, form: Form) -> None:
    for round_ in range(5):
        kept = turn_away(form, f"1371234567{round_}")
        failure = fail(company, f"1361234567{round_}")
        settled: list[object] = []
        together = Barrier(2)

        def settle(
            kept: Rejected = kept,
            failure: Failure = failure,
            together: Barrier = together,
            settled: list[object] = settled,
        ) -> None:
            together.wait()
            for replay, key in ((rejections.replay, kept.pk), (failures.replay, failure.pk)):
                try:
                    replay(key, actor=TESTER, now=MONDAY_NOON)  # type: ignore[operator]
                    settled.append(key)
                except failures.FailureSettled:
                    pass
            connection.close()

        both = [Thread(target=settle) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert sorted(map(str, settled)) == sorted([str(kept.pk), str(failure.pk)])
    assert Submission.objects.filter(channel="form").count() == 5


def test_the_document_says_the_same() -> None:
    text = DOCUMENT.read_text("utf-8")
    for rule in RULES:
        days = "`CLEW_RETENTION_DAYS`" if rule.days is None else rule.days or "at once"
        assert f"| {rule.what} | {days} | {rule.why} |" in text
    assert text.count("\n| ") == len(RULES) + 2
