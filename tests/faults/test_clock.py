"""The clock of the machine is set back by an hour: nothing is lost, refused or done twice (R10, R17)."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from clew.access.tokens import revoke
from clew.base.ledger import append
from clew.base.models import Entry, Outbox
from clew.base.outbox import Follower, follow
from clew.capture.models import Failure
from clew.contacts.models import Lead, Repeat
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Call, FirstContact
from clew.tally.queries import Breaches, account, breaches
from clew.web.flow import keep_clocks, tick
from clew.web.pacing import every
from tests.base.test_outbox import BellRung
from tests.capture.sender import token
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found
from tests.pipeline.desk import call, desk

HOUR = timedelta(hours=1)
LATER = MONDAY_NOON + HOUR
EARLIER = MONDAY_NOON + timedelta(minutes=1)


def test_what_is_due_now_and_then_does_not_wait_an_hour_after_the_clock_was_set_back() -> None:
    done: list[datetime] = []
    tick = every(timedelta(seconds=5), done.append)
    moments = [MONDAY_NOON + timedelta(seconds=s) for s in (0, 4, 5, 5 - 3600, 8 - 3600, 10 - 3600)]
    for moment in moments:
        tick(moment)
    assert done == [moments[0], moments[2], moments[3], moments[5]]


@pytest.mark.django_db
def test_a_call_that_gets_through_before_an_earlier_try_is_kept() -> None:
    at = desk()
    for now, result in ((LATER, Call.Result.NO_ANSWER), (EARLIER, Call.Result.ANSWERED)):
        log_call(at.lead_id, call(result), member=at.holder, now=now)
    kept = FirstContact.objects.get()
    assert (kept.tried_at, kept.answered_at) == (LATER, LATER)


@pytest.mark.django_db
def test_a_token_that_seems_to_come_from_the_future_can_be_revoked() -> None:
    made, _ = token()
    revoke(made.pk, by=made.created_by, now=made.created_at - HOUR)
    made.refresh_from_db()
    assert made.revoked_at == made.created_at


@pytest.mark.django_db
def test_leads_are_handled_once_and_clocks_run_out_once_across_an_hour_set_back() -> None:
    company = found(capacity=100)
    seen = Counter[str]()
    for number, now in enumerate(
        (LATER, EARLIER, MONDAY_NOON, LATER + HOUR, EARLIER, LATER + HOUR)
    ):
        enquire(company.site, now, phone=f"1380000000{number % 4}", **HOT)
        with transaction.atomic():
            tick(now)
        keep_clocks(now)
    for entry in Entry.objects.filter(name__in=["ClockBreached", "LeadOpened"]):
        seen[f"{entry.name} {entry.subject}"] += 1
    assert set(seen.values()) == {1}
    assert sum(name.startswith("ClockBreached") for name in seen) > 0
    assert (Lead.objects.count(), Repeat.objects.count()) == (4, 2)
    assert not Failure.objects.exists()
    assert breaches() == Breaches(0, 0, 0, 0, 0)
    assert account(company.administrator).is_balanced


@pytest.mark.django_db
def test_a_fact_of_before_the_clock_was_set_back_is_followed_at_once() -> None:
    heard: list[int] = []
    followers = {BellRung: [Follower("hear", lambda fact, _now: heard.append(fact.strokes))]}
    append(BellRung(uuid4(), 1), actor=TESTER, at=LATER)
    assert follow(followers, EARLIER) == 1
    assert heard == [1]


@pytest.mark.django_db
def test_a_fact_that_failed_before_the_clock_was_set_back_waits_no_longer_than_it_was_to() -> None:
    heard: list[int] = []
    bell, is_broken = uuid4(), [True]

    def hear(fact: BellRung, _now: datetime) -> None:
        if is_broken[0]:
            raise RuntimeError
        heard.append(fact.strokes)

    followers = {BellRung: [Follower("hear", hear)]}
    for strokes in (1, 2):
        append(BellRung(bell, strokes), actor=TESTER, at=LATER)
    follow(followers, LATER)
    assert follow(followers, LATER + timedelta(seconds=1)) == 0
    assert Outbox.objects.get(attempts=1)
    is_broken[0] = False
    assert follow(followers, EARLIER) == 2
    assert heard == [1, 2]
