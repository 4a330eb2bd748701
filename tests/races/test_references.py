"""What a lead, a grade or a place refers to is there, whoever writes, deletes or is faster.

These references are checked by triggers, a statement at a time (docs/decisions/checked-at-once.md), so that they
are tried here as PostgreSQL tries its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from clew.access.models import Token
from clew.access.tokens import issue
from clew.base.ids import uuid7
from clew.capture.models import Consent, Receipt
from clew.contacts.models import Contact, Lead
from clew.grading.models import Grade, Override
from clew.handoff.models import Placement, Seat
from tests.company import HOT, MONDAY_NOON, Company, enquire, found

pytestmark = pytest.mark.django_db(transaction=True)

REFERENCES = [
    ("capture_submission", "source_id", "capture_source"),
    ("capture_consent", "submission_id", "capture_submission"),
    ("capture_receipt", "token_id", "access_token"),
    ("contacts_lead", "source_id", "capture_source"),
    ("contacts_lead", "contact_id", "contacts_contact"),
    ("contacts_lead", "id", "capture_submission"),
    ("contacts_identifier", "contact_id", "contacts_contact"),
    ("grading_grade", "rule_set_id", "grading_ruleset"),
    ("handoff_placement", "lead_id", "contacts_lead"),
    ("handoff_placement", "team_id", "access_team"),
    ("handoff_placement", "seat_id", "handoff_seat"),
    ("handoff_placement", "round_id", "handoff_round"),
]
NOWHERE = dict.fromkeys(
    ("id", "round_id", "lead_id", "contact_id", "submission_id"),
    "'00000000-0000-7000-8000-000000000000'",
)
MOVED = {"contacts_identifier"}  # where its contact is undone, a way goes to another one
BESIDE = {  # what refers to the same, and to that
    ("capture_submission", "source_id"): ["handoff_placement", "contacts_repeat", "contacts_lead"],
    ("capture_consent", "submission_id"): ["contacts_repeat", "handoff_placement", "contacts_lead"],
    ("contacts_lead", "contact_id"): ["contacts_identifier"],
    ("contacts_lead", "id"): ["capture_consent"],
    ("handoff_placement", "lead_id"): ["contacts_repeat"],
}
COPIED = {  # so that a copy of a row breaks no other rule
    "capture_submission": {"id": "gen_random_uuid()", "external_id": "null"},
    "capture_consent": {"position": "row_number() over ()"},
    "capture_receipt": {"key": "key || '2'"},
    "contacts_lead": {
        "id": "(select id from capture_submission except select id from contacts_lead)",
        "ended_at": "now()",
    },
    "contacts_identifier": {"digest": "digest || '\\x01'::bytea"},
    "grading_grade": {"superseded_at": "now()"},
    "handoff_placement": {"closed_at": "now()"},
}
RARE = [  # references that few rows have: by table and column, what they refer to
    ("contacts_lead", "person_id", "contacts_contact", "'00000000-0000-7000-8000-000000000000'"),
    ("contacts_lead", "follows_id", "contacts_lead", "'00000000-0000-7000-8000-000000000000'"),
    ("grading_grade", "override_id", "grading_override", "0"),
]
WAITS_SECONDS = 0.5


@pytest.fixture(autouse=True)
def company() -> Company:
    """A company with a lead of two submissions, and a token that once sent something."""
    company = found()
    for _ in range(2):
        enquire(company.site, phone="13812345678", **HOT)
    token, _ = issue(name="shop", scopes=["leads:write"], by=company.administrator, now=MONDAY_NOON)
    remember(token)
    return company


@contextmanager
def refused(why: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=why) as raised, transaction.atomic():
        yield
    assert getattr(raised.value.__cause__, "sqlstate", None) == "23503"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(("table", "column", "parent"), REFERENCES)
def test_a_row_cannot_refer_to_what_is_not_there(table: str, column: str, parent: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns "
            "where table_name = %s and is_identity = 'NO'",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
    bent = COPIED[table] | {column: NOWHERE.get(column, "0")}
    values = [bent.get(name, name) for name in names]
    with refused(f"{parent.split('_')[1][:4]}"):
        run(f"insert into {table} ({', '.join(names)}) select {', '.join(values)} from {table}")  # noqa: S608


@pytest.mark.parametrize(("table", "column", "parent"), REFERENCES)
def test_what_is_referred_to_cannot_go(table: str, column: str, parent: str) -> None:
    with refused(f"a row of {parent} is referred to by {table}"):
        for other in BESIDE.get((table, column), ()):
            run(f"delete from {other}")  # noqa: S608
        run(f"delete from {parent} where id = (select {column} from {table} limit 1)")  # noqa: S608


@pytest.mark.parametrize(("table", "column", "parent"), REFERENCES)
def test_what_a_row_refers_to_does_not_change(table: str, column: str, parent: str) -> None:
    why = (
        "needs a contact" if table in MOVED else f"what a row of {table} refers to does not change"
    )
    with refused(why):
        run(f"update {table} set {column} = {NOWHERE.get(column, '0')}")  # noqa: S608


@pytest.mark.parametrize(("table", "column", "parent", "nowhere"), RARE)
def test_a_rare_reference_is_to_what_is_there(
    table: str, column: str, parent: str, nowhere: str
) -> None:
    with refused(f"a row of {table} needs a row of {parent} that there is"):
        run(f"update {table} set {column} = {nowhere}")  # noqa: S608


def test_what_is_rarely_referred_to_cannot_go(company: Company) -> None:
    first = Lead.objects.get()
    survivor = Contact.objects.create(id=uuid7(), name="another", created_at=MONDAY_NOON)
    Lead.objects.update(person=survivor)
    with refused("a row of contacts_contact is referred to by contacts_lead"):
        run(f"delete from contacts_contact where id = '{survivor.pk}'")  # noqa: S608
    Lead.objects.update(ended_at=MONDAY_NOON)
    enquire(company.site, phone="13812345679", **HOT)
    Lead.objects.exclude(pk=first.pk).update(follows=first)
    run("delete from contacts_repeat")
    run("delete from handoff_placement")
    run("delete from pipeline_firstcontact")
    with refused("a row of contacts_lead is referred to by contacts_lead"):
        run(f"delete from contacts_lead where id = '{first.pk}'")  # noqa: S608
    run("delete from contacts_lead")  # whoever follows goes along


def test_an_override_that_a_grade_is_by_cannot_go(company: Company) -> None:
    lead = Lead.objects.get()
    by = Override.objects.create(
        lead=lead, level=1, reason="because", made_by=company.manager, made_at=MONDAY_NOON
    )
    Grade.objects.update(override=by)
    with refused("a row of grading_override is referred to by grading_grade"):
        run("delete from grading_override")


def test_who_deletes_a_seat_waits_for_who_gives_it_a_lead() -> None:
    lead_id = Placement.objects.get(closed_at=None).lead_id
    seat = Seat.objects.exclude(placements__isnull=False).first()
    assert seat is not None
    with transaction.atomic():
        Placement.objects.filter(closed_at=None).update(closed_at=MONDAY_NOON)
        place(lead_id, seat)
        ended, other = begin(f"delete from handoff_seat where id = {seat.pk}")  # noqa: S608
    other.join()
    assert ended == ["refused"]


def test_who_deletes_a_lead_waits_for_who_gives_it_a_place() -> None:
    lead_id, seat = Placement.objects.get(closed_at=None).lead_id, Seat.objects.first()
    assert seat is not None
    run("delete from handoff_placement")
    run("delete from contacts_repeat")
    with transaction.atomic():
        place(lead_id, seat)
        ended, other = begin("delete from contacts_lead")
    other.join()
    assert ended == ["refused"]


def test_who_deletes_a_contact_waits_for_who_gives_it_a_lead() -> None:
    run("delete from contacts_identifier")
    lead = Lead.objects.get()
    run("delete from contacts_repeat")
    run("delete from handoff_placement")
    run("delete from contacts_lead")
    with transaction.atomic():
        Lead.objects.bulk_create([lead])
        ended, other = begin("delete from contacts_contact")
    other.join()
    assert ended == ["refused"]


def test_who_deletes_a_submission_waits_for_who_opens_a_lead_of_it() -> None:
    lead = Lead.objects.get()
    run("delete from contacts_repeat")
    run("delete from handoff_placement")
    run("delete from contacts_lead")
    with transaction.atomic():
        Lead.objects.bulk_create([lead])
        ended, other = begin(f"delete from capture_submission where id = '{lead.pk}'")  # noqa: S608
    other.join()
    assert ended == ["refused"]


def test_who_deletes_a_submission_waits_for_who_adds_a_consent_to_it() -> None:
    consent = Consent.objects.all()[0]
    run("delete from capture_consent")
    with transaction.atomic():
        Consent.objects.bulk_create([consent])
        ended, other = begin("delete from capture_submission")
    other.join()
    assert ended == ["refused"]


def test_who_deletes_a_token_waits_for_what_it_sends() -> None:
    run("delete from capture_receipt")
    with transaction.atomic():
        remember(Token.objects.get())
        ended, other = begin("delete from access_token")
    other.join()
    assert ended == ["refused"]


def remember(token: Token) -> None:
    Receipt.objects.create(token=token, key="once", digest=b"", submission_ids=[], at=MONDAY_NOON)


def place(lead_id: UUID, seat: Seat) -> None:
    Placement.objects.create(
        lead_id=lead_id,
        kind="person",
        team_id=seat.team_id,
        seat=seat,
        reason="turn",
        opened_at=MONDAY_NOON,
    )


def begin(statement: str) -> tuple[list[str], threading.Thread]:
    """Run a statement beside, and see it wait. How it ends is in the list then."""
    ended: list[str] = []

    def delete() -> None:
        try:
            run(statement)
            ended.append("deleted")
        except IntegrityError:
            ended.append("refused")
        finally:
            connection.close()

    other = threading.Thread(target=delete)
    other.start()
    other.join(WAITS_SECONDS)
    assert other.is_alive()
    return ended, other
