"""The bench measures what it says: no lead is lost on the way, and a lost one is told."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from clew.capture.models import Waiting
from clew.contacts.models import Identifier
from clew.handoff.routing import choose, prepare, situation
from clew.web.bench import accept, belt, client, company, intake, rules, screen, yardsticks

CONTACTS = 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_empty_the_queue_and_every_lead_is_accounted_for() -> None:
    sources = company.found(datetime.now(UTC))
    belt.add_contacts(CONTACTS)
    figures = belt.measure(sources, leads=120, contacts=CONTACTS, workers=2)
    assert figures.belt_per_s > 0
    assert figures.python_us > 0
    assert not Waiting.objects.exists()
    assert Identifier.objects.count() > CONTACTS


@pytest.mark.django_db(transaction=True)
def test_the_yardsticks_leave_nothing_behind() -> None:
    found = yardsticks.measure(_dsn(), seconds=1, leads=600, contacts=100, workers=2)
    assert (found["copy_per_s"] or 0) > 0
    assert (found["belt_per_s"] or 0) > 0
    with connection.cursor() as cursor:
        cursor.execute("select to_regnamespace('yardstick')")
        assert cursor.fetchone() == (None,)


@pytest.mark.django_db(transaction=True)
def test_the_load_client_sends_what_the_api_accepts() -> None:
    company.found(datetime.now(UTC))
    secret = accept.token()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEW_DATABASE_URL", _dsn())
        with accept.servers.web() as (url, _):
            words = [sys.executable, "-m", client.__name__, url, secret, "1", "4", "3"]
            said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    told = json.loads(said)
    assert told["failed"] == 0
    assert Waiting.objects.count() == 3 * told["requests"]


def test_a_ratio_needs_both_figures() -> None:
    found = intake._ratios({"whole_belt_per_s": 4000, "belt_per_s": 10_000, "insert_per_s": None})
    assert found == {"belt_ratio": 0.4}


def test_every_rule_of_the_bench_is_asked_by_most_leads() -> None:
    ready = [prepare(rule) for rule in rules._distribution_rules()]
    now = datetime.now(UTC)
    chosen = [choose(situation(lead, now), ready) for lead in rules._leads()]
    assert chosen.count(None) > len(chosen) / 2
    assert rules._cost(lambda: None, 3) >= 0


def test_waits_are_told_by_median_and_worst_of_a_hundred() -> None:
    sent = {"leads": {str(n): 0.0 for n in range(100)}, "seconds": 1.0, "fetches": 0}
    seen = {str(n): float(n) for n in range(100)}
    figures = screen._figures(sent, seen)
    assert (figures["screen_p50_ms"], figures["screen_p99_ms"]) == (50, 99)


def _dsn() -> str:
    connection.ensure_connection()
    info = connection.connection.info
    return make_conninfo(info.dsn, password=info.password)


@pytest.mark.django_db(transaction=True)
def test_rules_are_tried_on_leads_that_came_along_the_belt() -> None:
    told = rules._trial(60)
    assert 40 < told["trial_leads"] <= 60
    assert told["trial_s"] > 0
