"""The audit of a crash trial notices each thing that it is there to notice."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from clew.base.ids import uuid7
from clew.base.models import Entry, Followed
from clew.base.outbox import follow
from clew.capture.link import conninfo
from clew.capture.models import Failure, Submission
from clew.contacts.models import Lead
from clew.handoff.actions.leads import claim, to_pool
from clew.handoff.models import Placement, Seat
from clew.pipeline.actions.leads import log_call
from clew.pipeline.models import Clock
from clew.web.flow import FACTS
from tests.company import HOT, MONDAY_NOON, TESTER, enquire, found
from tests.crash.books import BROKEN, DOUBLED, INVARIANTS, LOST, Fault, audit, careless
from tests.pipeline.desk import NOON, call

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(minutes=5)


class Trial:
    """Three leads that a sender has sent: the first was put into the pool, claimed and called."""

    def __init__(self, folder: Path) -> None:
        company = found(capacity=2)
        self.ids = [enquire(company.site, phone=f"1380000000{n}", **HOT) for n in range(3)]
        self.sender, self.person, self.other = (folder / n for n in ("sender", "person", "other"))
        self.write(self.sender, ["key", [str(id_) for id_ in self.ids]])
        self.member = company.people[0]
        self.lead = self.ids[0]
        to_pool(self.lead, team_id=company.online.pk, actor=TESTER, now=NOON, reason="by_hand")
        self.claim()
        follow(FACTS, NOON)
        self.call = call()
        log_call(self.lead, self.call, member=self.member, now=LATER)
        while follow(FACTS, LATER):
            pass
        self.write(
            self.person,
            ["tried", str(self.lead)],
            ["told", str(self.lead)],
            ["dialled", str(self.call.call_id), str(self.lead), "no_answer"],
            ["kept", str(self.call.call_id)],
        )

    def claim(self) -> None:
        """Let the person take the lead from the pool."""
        claim(self.lead, member=self.member, now=NOON)

    def write(self, journal: Path, *entries: list[Any]) -> None:
        """Add lines to a journal."""
        with journal.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(entry)}\n" for entry in entries)

    def rewrite(self, journal: Path, *without: str) -> None:
        """Leave entries of some kinds out of a journal."""
        entries = [json.loads(line) for line in journal.read_text().splitlines()]
        journal.unlink()
        self.write(journal, *(entry for entry in entries if entry[0] not in without))

    def audit(self) -> list[Fault]:
        """Compare."""
        people = {self.member.username: self.person, "sales1": self.other}
        return audit(conninfo(), [self.sender], people)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A trial whose books agree."""
    return Trial(tmp_path)


def test_books_that_agree_are_left_alone(trial: Trial) -> None:
    assert trial.audit() == []


def test_a_lost_lead_is_noticed(trial: Trial) -> None:
    trial.write(trial.sender, ["other", [str(uuid7()), str(uuid7())]])
    assert [(f.kind, f.count) for f in trial.audit()] == [(LOST, 2)]


def test_a_lead_that_was_stored_twice_is_noticed(trial: Trial) -> None:
    trial.sender.unlink()
    trial.write(trial.sender, ["key", [str(id_) for id_ in trial.ids[:-1]]])
    assert [(f.kind, f.count) for f in trial.audit()] == [(DOUBLED, 1)]


def test_an_id_that_stands_for_two_leads_is_noticed(trial: Trial) -> None:
    trial.write(trial.sender, ["other", [str(trial.lead)]])
    with pytest.raises(AssertionError, match="one id"):
        trial.audit()


def test_a_lost_claim_and_a_lost_call_are_noticed(trial: Trial) -> None:
    lead, missing = str(trial.ids[1]), str(uuid7())
    trial.write(trial.person, ["tried", lead], ["dialled", missing, lead, "refused"])
    assert trial.audit() == []
    trial.write(trial.person, ["told", lead], ["kept", missing])
    assert [(f.kind, f.count) for f in trial.audit()] == [(LOST, 2)]


def test_a_claim_that_was_only_tried_is_nobodys_loss(trial: Trial) -> None:
    trial.rewrite(trial.person, "told", "kept")
    assert trial.audit() == []


def test_deeds_that_nobody_has_begun_are_noticed(trial: Trial) -> None:
    trial.person.unlink()
    assert [(f.kind, f.count) for f in trial.audit()] == [(DOUBLED, 2)]


def test_a_lead_that_two_were_told_is_theirs_is_noticed(trial: Trial) -> None:
    trial.write(trial.other, ["tried", str(trial.lead)], ["found", str(trial.lead)])
    assert [(f.kind, f.count) for f in trial.audit()] == [(DOUBLED, 1)]


BREAKING: dict[str, Callable[[Trial], object]] = {
    "submissions that are not just one of lead, repeat or undone": lambda t: _execute(
        "insert into contacts_repeat (submission_id, lead_id, at) values (%s, %s, now())",
        [t.ids[1], t.ids[2]],
    ),
    "failures": lambda t: Failure.objects.create(
        submission_id=t.lead, code="belt_error", error="Boom", failed_at=NOON
    ),
    "submissions that still wait": lambda t: _execute(
        "insert into capture_waiting (submission_id) values (%s)", [t.lead]
    ),
    "facts that nobody followed": lambda _: _execute(
        "insert into base_outbox (entry_id, attempts, due_at, error)"
        " select min(id), 0, now(), '' from base_entry where name = 'LeadOpened'"
    ),
    "facts that were followed not just once": lambda _: Followed.objects.all().delete(),
    "leads without exactly one open placement": lambda t: Placement.objects.filter(
        lead=t.lead
    ).update(closed_at=NOON),
    "leads that were opened twice or never": lambda t: Entry.objects.filter(
        name="LeadOpened", subject=t.lead
    ).delete(),
    "leads that have ended and are open, or the other way round": lambda t: Lead.objects.filter(
        pk=t.lead
    ).update(ended_at=NOON),
    "submission counts that miss a repeat": lambda t: Lead.objects.filter(pk=t.lead).update(
        submission_count=2
    ),
    "leads that wait for a first call without a clock": lambda t: Clock.objects.filter(
        lead=t.ids[1]
    ).delete(),
    "clocks and next steps of leads that nobody holds": lambda t: _execute(
        "with gone as (update handoff_placement set closed_at = now()"
        " where lead_id = %s and closed_at is null returning lead_id, team_id)"
        " insert into handoff_placement (lead_id, kind, team_id, reason, opened_at)"
        " select lead_id, 'pool', team_id, 'by_hand', now() from gone",
        [t.ids[1]],
    ),
    "clocks that began after the call that they wait for": lambda t: Clock.objects.create(
        lead_id=t.lead, started_at=LATER, due_at=LATER
    ),
    "teams whose credits do not sum to zero": lambda _: Seat.objects.filter(
        pk=Seat.objects.earliest("pk").pk
    ).update(credit=1),
    "seats whose open count is wrong": lambda t: Seat.objects.filter(member=t.member).update(
        open_count=0
    ),
    "seats that hold more than they may": lambda t: Seat.objects.filter(member=t.member).update(
        capacity=0
    ),
    "rounds that gave a seat more than it may hold": lambda _: _execute(
        "update handoff_round set seats = (select jsonb_agg(jsonb_set(s, '{3}', '0'))"
        " from jsonb_array_elements(seats) s)"
    ),
    "claims that the ledger has not just once": lambda _: Entry.objects.filter(
        name="LeadAssigned"
    ).delete(),
    "calls that the ledger has not just once": lambda _: Entry.objects.filter(
        name="CallLogged"
    ).delete(),
}


def test_every_invariant_is_broken_below() -> None:
    assert BREAKING.keys() == INVARIANTS.keys()


@pytest.mark.parametrize("name", BREAKING)
def test_what_should_not_be_there_is_noticed(trial: Trial, name: str) -> None:
    BREAKING[name](trial)
    assert (BROKEN, name) in [(fault.kind, fault.name) for fault in trial.audit()]


def test_a_clock_begins_again_when_the_person_has_written_again(trial: Trial) -> None:
    assert not Clock.objects.filter(lead=trial.lead, stopped_at=None).exists()
    site = Submission.objects.get(pk=trial.lead).source
    again = enquire(site, LATER + timedelta(minutes=1), phone="13800000000", **HOT)
    trial.write(trial.sender, ["again", [str(again)]])
    assert Clock.objects.filter(lead=trial.lead, stopped_at=None).exists()
    assert trial.audit() == []


def test_a_server_that_may_forget_is_noticed() -> None:
    url = make_conninfo(conninfo(), options="-c synchronous_commit=off")
    assert "not safe: synchronous_commit is off" in careless(url)


def _execute(sql: str, values: list[object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
