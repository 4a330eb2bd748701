"""The bench of the whole system: it keeps the queue level, counts every lead, and tells what was not true."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from clew.capture.link import conninfo
from clew.capture.models import Source, Submission, Waiting
from clew.contacts.models import Repeat
from clew.web import scratch
from clew.web.bench import belt, both, burst, company, load, million
from clew.web.bench.traffic import Journal, Pace, Traffic

pytestmark = pytest.mark.django_db(transaction=True)
CONTACTS = 200


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    monkeypatch.setenv("CLEW_DATABASE_URL", conninfo())
    found = company.found(datetime.now(UTC))
    belt.add_contacts(CONTACTS)
    return found


@pytest.mark.slow
def test_what_is_accepted_leaves_the_belt_at_the_same_pace_and_all_is_weighed(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both, "WAITING", 600)
    monkeypatch.setattr(both, "MOST_WORKERS", 1)
    figures = both.measure(4, CONTACTS)
    assert float(figures["both_per_s"] or 0) > 0
    assert float(figures["both_cpu_us"] or 0) > 0
    assert float(figures["rss_load_mb"] or 0) > 100
    assert figures["both_workers"] == 1
    assert not Waiting.objects.exists()


@pytest.mark.slow
def test_a_burst_is_answered_truly_and_drained(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(burst, "AFTER_SECONDS", 1)
    figures = burst.measure(2, CONTACTS, 100)
    assert float(figures["burst_offered_per_s"] or 0) > 200
    assert figures["burst_unanswered"] == 0
    assert not Waiting.objects.exists()
    assert Submission.objects.exists()


def test_what_was_acknowledged_and_is_not_stored_is_found() -> None:
    journal = Journal()
    head = b"HTTP/1.1 202 Accepted\r\n\r\n"
    gone = "01a2276b-aab6-76a7-b5a8-091c3b484ac2"
    journal.note(1, 0.1, head, json.dumps({"id": gone, "status": "accepted"}).encode())
    journal.note(1, 0.2, head, json.dumps({"leads": [{"id": gone}]}).encode())
    assert list(journal.ids()) == [gone, gone]
    assert (journal.accepted, burst._stored(journal)) == (2, 0)
    with pytest.raises(RuntimeError, match="-2 more"):
        burst._check_counts(5, 5, [journal])


def test_an_answer_that_sends_away_has_to_say_when_to_come_again() -> None:
    journal = Journal()
    journal.note(1, 0.1, b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n", b"")
    assert journal.dishonest == []
    for status in (b"503", b"429", b"500", b"200"):
        journal.note(1, 0.1, b"HTTP/1.1 %s\r\n\r\n" % status, b"")
    assert len(journal.dishonest) == 4
    assert journal.wait_ms(0.99) == 100


def test_one_worker_and_two_are_measured_on_other_leads_each_time(sources: list[Source]) -> None:
    size = load.Size(contacts=CONTACTS, leads=60, runs=1)
    figures = load._gain(size)
    assert float(figures["belt_workers_gain"] or 0) > 0
    assert Submission.objects.count() == 4 * size.leads
    assert Repeat.objects.count() < Submission.objects.count() / 5  # from known contacts alone


def test_a_lead_is_weighed_in_the_database_that_is_named(sources: list[Source]) -> None:
    assert million._cost(CONTACTS, seed=5) > 0
    own = connection.settings_dict["NAME"]
    with scratch.database("bench") as dsn:
        name = str(conninfo_to_dict(dsn)["dbname"])
        with million._in(name), connection.cursor() as cursor:
            cursor.execute("select current_database()")
            assert cursor.fetchone() == (name,)
    assert connection.settings_dict["NAME"] == own


def test_the_traffic_is_divided_and_three_of_ten_are_known() -> None:
    traffic = Traffic("http://127.0.0.1:1", "", CONTACTS, 1000)
    assert (traffic.arrays, traffic.singles) == (Pace(800), Pace(200))
    leads = [json.loads(traffic._lead()) for _ in range(2000)]
    known = {belt.phone(number) for number in range(CONTACTS)}
    assert 0.27 < sum(lead["phone"] in known for lead in leads) / len(leads) < 0.33
    assert {lead["source"] for lead in leads} == {"site", "fair"}


def test_traffic_of_another_seed_brings_other_people() -> None:
    one, other = (Traffic("http://127.0.0.1:1", "", CONTACTS, 1000, seed=n) for n in (1, 2))
    ways = [
        {
            lead[way]
            for lead in (json.loads(traffic._lead()) for _ in range(500))
            for way in ("phone", "email")
        }
        for traffic in (one, other)
    ]
    assert ways[0] & ways[1] <= {"", *map(belt.phone, range(CONTACTS))}
