"""The page that answers "is everything in order?" as `clew doctor` does, and tells no secret."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clew.capture.link import conninfo
from clew.capture.models import Failure, Form, Submission
from clew.handoff.models import Seat
from clew.web import findings, health, room
from tests.company import HOT, Company, enquire, submit
from tests.web.office.conftest import Browser
from tests.web.office.test_failures import turn_away

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-machines-only"
ROOM = 5 * 2**30


@pytest.fixture(autouse=True)
def _well_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out what the machine that tests sets on its own, and give the disk a size."""
    for name in os.environ:
        if name.startswith("CLEW_") and name not in {"CLEW_SECRET_KEY", "CLEW_DATABASE_URL"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLEW_METRICS_TOKEN", TOKEN)
    monkeypatch.setattr(room, "left", lambda: ROOM)


@pytest.fixture
def worker() -> Iterator[None]:
    """Let a worker be seen."""
    with psycopg.connect(conninfo(), application_name=health.WORKER_NAME) as session:
        session.execute("select 1")
        yield


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server as it is kept; the one for tests writes nothing to the disk."""
    kept = findings.SERVER
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        kept = kept.replace(f"current_setting('{name}')", "'on'")
    monkeypatch.setattr(findings, "SERVER", kept)


def page(client: Client, language: str = "en") -> str:
    return client.get("/checkup", headers={"accept-language": language}).content.decode()


@pytest.mark.usefixtures("worker", "sound")
def test_where_all_is_well_it_says_so(admin: Client) -> None:
    text = page(admin)
    assert "Everything looked at is in order." in text
    assert "Look at this" not in text
    assert "Broken" not in text
    assert "看过的都正常。" in page(admin, "zh-hans")


@pytest.mark.usefixtures("worker", "sound")
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ("Write it like Asia/Shanghai", "Broken", "2 things are not in order.")),
        ("zh-hans", ("请写成 Asia/Shanghai 这样", "有故障", "有 2 处不正常。")),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(
    admin: Client,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    says: tuple[str, ...],
) -> None:
    monkeypatch.setenv("CLEW_TIME_ZONE", "Mars")
    monkeypatch.setenv("CLEW_METRICS_TOKEN", "hush-hush")
    text = page(admin, language)
    for words in (*says, "CLEW_TIME_ZONE", "CLEW_METRICS_TOKEN"):
        assert words in text
    assert "hush-hush" not in text


@pytest.mark.usefixtures("sound")
def test_without_a_worker_it_is_broken_once_leads_wait(admin: Client, company: Company) -> None:
    assert "None was seen for a minute" in page(admin)
    assert "Broken" not in page(admin)
    submit(company.site, phone="13812345678", **HOT)
    Submission.objects.update(received_at=datetime.now(UTC) - timedelta(minutes=7, seconds=5))
    assert "Waiting to be handled: 1, the oldest for 7 min" in page(admin)
    assert "Broken" in page(admin)
    chinese = page(admin, "zh-hans")
    assert "有 1 条等着处理，最早的已等了 7 分钟" in chinese
    assert "一分钟没见到了" in chinese


@pytest.mark.usefixtures("worker", "sound")
def test_what_could_not_be_handled_leads_to_the_failures(
    admin: Client, company: Company, form: Form
) -> None:
    id_ = submit(company.site, phone="13812345678", **HOT)
    Failure.objects.create(submission_id=id_, code="belt_error", failed_at=datetime.now(UTC))
    turn_away(form)
    assert "Not handled, and no lead yet: 1." in page(admin)
    assert "Turned away and kept, since it may be a lead: 1." in page(admin)
    assert '<a href="/failures">Failures</a>' in page(admin)
    assert '<a href="/failures">失败的</a>' in page(admin, "zh-hans")


@pytest.mark.usefixtures("worker", "sound")
@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (health.READ_ONLY, "It takes no changes"),
        (health.NO_ROOM, "no room on its disk"),
        (health.UNMIGRATED, "run clew migrate"),
    ],
)
def test_a_database_that_cannot_do_its_work_is_broken(
    admin: Client, monkeypatch: pytest.MonkeyPatch, missing: str, says: str
) -> None:
    monkeypatch.setattr(health, "missing", lambda: missing)
    assert says in page(admin)
    assert "Broken" in page(admin)


@pytest.mark.usefixtures("worker", "sound")
def test_little_room_is_said_and_an_unseen_disk_is_nobodys_fault(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "left", lambda: 100 * 2**20)
    assert "Only 100 MB are left" in page(admin)
    monkeypatch.setattr(room, "left", lambda: None)
    text = page(admin)
    assert "Everything looked at is in order." in text
    assert text.count("Not seen from here") == 2  # the disk, and backups


@pytest.mark.usefixtures("worker", "sound")
def test_the_books_are_checked_when_asked(admin: Client, company: Company) -> None:
    enquire(company.site, phone="13812345678", **HOT)
    assert "Both sums" not in page(admin)
    assert admin.get("/checkup/books").status_code == 405
    well = admin.post("/checkup/books").content.decode()
    assert "Submissions: 1, leads: 1" in well
    assert "Everything looked at is in order." in well
    Seat.objects.filter(open_count=1).update(open_count=2, credit=5)
    ill = admin.post("/checkup/books").content.decode()
    assert "Seats with another number of leads or turns than is noted: 1." in ill
    assert "Seats miscounted" in ill
    assert "2 things are not in order." in ill
    chinese = admin.post("/checkup/books", headers={"accept-language": "zh-hans"})
    assert "有 1 个席位" in chinese.content.decode()
    assert "数错的席位" in chinese.content.decode()


@pytest.mark.usefixtures("worker", "sound")
def test_books_that_take_too_long_are_stopped_and_the_page_stays(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 10")
            cursor.execute("select pg_sleep(5)")
        raise AssertionError

    monkeypatch.setattr(findings, "ledger", slow)
    text = admin.post("/checkup/books").content.decode()
    assert "clew doctor --ledger takes its time" in text


def test_it_takes_as_many_statements_with_many_leads_as_with_none(
    admin: Client, company: Company, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(admin)
    with CaptureQueriesContext(connection) as few:
        page(admin)
    for n in range(5):
        enquire(company.site, phone=f"1381234567{n}", **HOT)
        submit(company.site, phone=f"1391234567{n}", **HOT)
    with django_assert_num_queries(len(few)):
        page(admin)


@pytest.mark.usefixtures("worker")
def test_the_bundle_helps_and_neither_it_nor_the_page_tells_a_secret(
    admin: Client, company: Company
) -> None:
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    answer = admin.get("/checkup/bundle")
    assert answer["Content-Disposition"] == 'attachment; filename="clew-support.json"'
    text = answer.content.decode()
    told = json.loads(text)
    assert {"clew", "postgresql", "migrations", "set", "settings", "work"} <= told.keys()
    assert "CLEW_METRICS_TOKEN" in told["set"]
    seen = text + page(admin) + admin.post("/checkup/books").content.decode()
    secrets = (os.environ["CLEW_SECRET_KEY"], os.environ["CLEW_DATABASE_URL"], TOKEN)
    for word in (*secrets, "周建国", "13812345678"):
        assert word not in seen


@pytest.mark.parametrize("who", ["manager", "salesperson"])
def test_it_is_for_administrators(company: Company, browser: Browser, who: str) -> None:
    member = company.manager if who == "manager" else company.people[0]
    client = browser(member)
    assert client.get("/checkup").status_code == 403
    assert client.post("/checkup/books").status_code == 403
    assert client.get("/checkup/bundle").status_code == 403
    assert "/checkup" not in client.get("/leads").content.decode()
