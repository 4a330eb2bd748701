"""The comparison at the end of a crash trial notices what it is there to notice."""

import json
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from clew.base.ids import uuid7
from clew.capture.link import conninfo
from clew.capture.models import Submission
from clew.handoff.models import Placement, Seat
from tests.company import MONDAY_NOON, enquire, found
from tests.crash.books import audit, careless

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of a sender whose three leads were handled."""
    company = found()
    ids = [str(enquire(company.site, phone=f"1380000000{n}")) for n in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("delete from base_outbox")
    file = tmp_path / "journal"
    file.write_text(json.dumps(["key", ids]))
    return file


def test_books_that_agree_are_left_alone(journal: Path) -> None:
    assert audit(conninfo(), [journal]) == []


def test_a_lost_lead_is_noticed(journal: Path) -> None:
    journal.write_text(f"{journal.read_text()}\n{json.dumps(['other', [str(uuid7())]])}")
    assert any("acknowledged and lost" in problem for problem in audit(conninfo(), [journal]))


def test_a_lead_that_was_stored_twice_is_noticed(journal: Path) -> None:
    key, ids = json.loads(journal.read_text())
    journal.write_text(json.dumps([key, ids[:-1]]))
    assert any("never acknowledged" in problem for problem in audit(conninfo(), [journal]))


def test_a_lead_without_a_place_is_noticed(journal: Path) -> None:
    Placement.objects.filter(lead=Submission.objects.earliest("id").pk).update(
        closed_at=MONDAY_NOON
    )
    assert any("open placement" in problem for problem in audit(conninfo(), [journal]))


def test_a_credit_out_of_balance_is_noticed(journal: Path) -> None:
    Seat.objects.filter(pk=Seat.objects.earliest("pk").pk).update(credit=1)
    assert any("sum to zero" in problem for problem in audit(conninfo(), [journal]))


def test_a_server_that_may_forget_is_noticed() -> None:
    url = make_conninfo(conninfo(), options="-c synchronous_commit=off")
    assert "not safe: synchronous_commit is off" in careless(url)
