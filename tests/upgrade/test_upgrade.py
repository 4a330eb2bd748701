"""A database of each released version is brought up to date in one step, and everything in it holds (O4).

`tools/old_database.py` says how they are made.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from psycopg.conninfo import conninfo_to_dict
from pytest_django.plugin import DjangoDbBlocker

from clew.access.models import Member, Role
from clew.base.outbox import follow
from clew.capture.models import Failure, Source, Submission, Waiting
from clew.capture.queries import open_body
from clew.contacts.models import Contact, Identifier, Lead
from clew.contacts.queries import value
from clew.grading.models import Grade
from clew.handoff.models import Placement, Round
from clew.web import doctor, scratch
from clew.web.flow import FACTS, tick
from clew.web.navigation import ENTRIES
from clew.web.permissions import is_allowed
from clew.web.worker import run_belt_once
from tests.company import HOT, enquire
from tests.running import ROOT, bare

pytestmark = pytest.mark.slow
RELEASES = sorted(Path(__file__).parent.glob("*.sql.gz"))
LEADS_LOOKED_AT = 40
# What Django keeps of itself, which grows with the code.
OF_DJANGO = {"auth_permission", "django_content_type", "django_migrations", "django_session"}
REPLACED = {"pipeline_target": ("clocks_policy", 2)}  # for first and next contact
KEPT = ("base_entry", "capture_submission", "contacts_contact", "contacts_lead", "grading_grade")
TABLES = (
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
)


@dataclass
class Upgraded:
    """A database of an old version that was brought up to date."""

    url: str
    before: dict[str, int]
    after: dict[str, int]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda file: file.name.split(".sql")[0])
def upgraded(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Upgraded]:
    """Load a database, migrate it by the command, and let this process work on it."""
    with django_db_blocker.unblock(), scratch.database("upgrade") as url:
        with psycopg.connect(url, autocommit=True) as loading:
            loading.execute(gzip.decompress(request.param.read_bytes()))
        before = counts(url)
        assert clew(url, "migrate", "--json")["is_empty"] is False
        kept = connection.settings_dict["NAME"]
        connections.close_all()
        connection.settings_dict["NAME"] = conninfo_to_dict(url)["dbname"]
        try:
            yield Upgraded(url, before, counts(url))
        finally:
            connections.close_all()
            connection.settings_dict["NAME"] = kept


def clew(url: str, *words: str) -> dict[str, Any]:
    own = {"CLEW_DATABASE_URL": url, "CLEW_SECRET_KEY": os.environ["CLEW_SECRET_KEY"]}
    ran = subprocess.run(
        [sys.executable, "-m", "clew.web.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**bare(), **own},
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(url, autocommit=True) as looking:
        looking.execute("set search_path = public")
        names = [name for (name,) in looking.execute(TABLES)]
        found = {}
        for name in names:
            row = looking.execute(f'select count(*) from "{name}"').fetchone()  # type: ignore[arg-type]  # noqa: S608
            found[name] = int(row[0]) if row else 0
        return found


def test_there_is_a_database_to_begin_with() -> None:
    assert RELEASES


def test_every_row_is_kept_and_none_is_made_up(upgraded: Upgraded) -> None:
    gone = OF_DJANGO | REPLACED.keys()
    known = {name: n for name, n in upgraded.before.items() if name not in gone}
    assert {name: upgraded.after.get(name) for name in known} == known
    for name, (by, times) in REPLACED.items():
        assert upgraded.after[by] == times * upgraded.before.get(name, 0)


def test_both_sums_of_the_account_hold(upgraded: Upgraded) -> None:
    assert clew(upgraded.url, "doctor", "--ledger", "--json")["ledger"]["is_balanced"]


def test_every_decision_is_computed_again_with_the_same_result(upgraded: Upgraded) -> None:
    found = doctor.decisions(datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC))
    assert found["recomputed"] >= Grade.objects.count() + Round.objects.count() > 0
    assert found["different"] == 0


def test_what_was_sealed_opens(upgraded: Upgraded) -> None:
    assert all(value(way) for way in Identifier.objects.all())
    assert all(open_body(one.pk, one.body).lead.source for one in Submission.objects.all())


@pytest.mark.parametrize("role", Role.values)
def test_its_people_open_their_pages(upgraded: Upgraded, role: str) -> None:
    client = Client()
    member = Member.objects.filter(role=role, is_active=True).first()
    assert member
    client.force_login(member)
    for place in ENTRIES:
        if is_allowed(place.route, role=role):
            assert client.get(reverse(place.route)).status_code == 200, place.route
    seen = client.get(reverse("pipeline:leads"))
    shown = [
        lead
        for lead in Lead.objects.values_list("pk", flat=True)
        if str(lead) in seen.content.decode()
    ]
    assert shown
    for lead in shown[:LEADS_LOOKED_AT]:
        assert client.get(reverse("pipeline:lead", args=[lead])).status_code == 200, lead


def test_the_next_lead_goes_through_the_belt(upgraded: Upgraded) -> None:
    now = datetime.now(UTC)
    while run_belt_once(now):
        pass
    new = enquire(Source.objects.filter(is_active=True)[0], now, phone="13700000001", **HOT)
    while follow(FACTS, now):
        pass
    tick(now)
    assert Placement.objects.get(lead=new, closed_at=None)
    assert not Waiting.objects.exists()
    assert Failure.objects.filter(submission_id=new).count() == 0
    assert clew(upgraded.url, "doctor", "--ledger", "--json")["ledger"]["is_balanced"]


def test_somebody_known_before_is_recognised(upgraded: Upgraded) -> None:
    known = Identifier.objects.filter(kind="phone").order_by("pk")[0]
    before = Contact.objects.count()
    enquire(Source.objects.filter(is_active=True)[0], datetime.now(UTC), phone=value(known))
    assert Contact.objects.count() == before


def test_a_backup_of_it_can_be_made_and_restored(upgraded: Upgraded) -> None:
    assert clew(upgraded.url, "drill", "--json")["rows"] >= sum(
        counts(upgraded.url)[one] for one in KEPT
    )
