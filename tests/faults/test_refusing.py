"""A database that is full, read-only, used up or gone: told as 503 in words, and nothing acknowledged is lost (R17)."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from unittest import mock
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection
from django.http import HttpResponse
from django.test import Client
from psycopg.conninfo import make_conninfo

from clew.capture import asgi
from clew.capture.link import conninfo
from clew.capture.models import Failure, Submission
from clew.contacts.models import Lead
from clew.web import health, worker
from tests.capture.sender import Sender, lead
from tests.company import Company, found, submit
from tests.faults.proxy import Proxy
from tests.faults.servers import MEGABYTE, few_connections, little_room, read_only, taken
from tests.faults.test_worker import assert_books_agree, is_drained, working
from tests.faults.ways import Lasting, ids_of, is_honest, through
from tests.running import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"en": "Nothing was (stored|accepted)", "zh-hans": "什么都没(存|收下)"}
INSIDES = (b"Traceback", b"psycopg", b"read-only transaction", b"No space", b"too many connections")


@pytest.fixture
def company() -> Company:
    return found(capacity=10_000)


@pytest.fixture
def sender(company: Company) -> Iterator[Lasting]:
    """Somebody who has sent one lead through an open door."""
    with Lasting(Sender().secret) as made:
        assert made.one(lead()).status_code == 202
        yield made


def browser(company: Company, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language}, raise_request_exception=False)
    client.force_login(company.administrator)
    return client


def record(client: Client, company: Company) -> HttpResponse:
    """Type a lead in and press the button; what the test client leaves out, each request does first."""
    close_old_connections()
    typed = {"phone": "13812345678", "source": company.fair.key, "once": str(uuid4())}
    return client.post("/add/save", typed)  # type: ignore[return-value]


def assert_told(page: HttpResponse, language: str = "en") -> None:
    assert page.status_code == 503
    assert page["Retry-After"].isdigit()
    assert re.search(WORDS[language], page.content.decode())
    assert not any(inside in page.content for inside in INSIDES)


def test_a_database_that_does_not_write_is_told_as_such_and_comes_back_without_a_restart(
    company: Company, sender: Lasting
) -> None:
    pages = {language: browser(company, language) for language in WORDS}
    with read_only():
        answers = sender.send(lead(), [lead(), lead()])
        for language, client in pages.items():
            assert_told(record(client, company), language)
        assert pages["en"].get("/me").status_code in {200, 503}
        assert "read-only" in health.standing()["status"]
    assert health.standing()["status"] == "ready"
    assert {answer.status_code for answer in answers} == {503}
    assert all(map(is_honest, answers))
    assert Submission.objects.count() == 1
    assert sender.one(lead()).status_code == 202
    assert record(pages["en"], company).status_code == 302


def test_the_worker_waits_until_the_database_writes_again_and_puts_no_lead_aside(
    company: Company,
) -> None:
    for n in range(20):
        submit(company.site, phone=f"138{n:08d}")
    with ExitStack() as refusal, mock.patch.object(worker.log, "warning") as warned:
        refusal.enter_context(read_only())
        with working(conninfo()) as thread:
            until(lambda: warned.call_count >= 3 or not thread.is_alive())
            assert not is_drained()
            refusal.close()
            until(is_drained)
    assert not Failure.objects.exists()
    assert Lead.objects.count() == 20
    assert_books_agree()


def test_without_a_connection_left_everybody_is_told_so_until_there_is_one(
    company: Company,
) -> None:
    client, secret = browser(company), Sender().secret
    with few_connections(4) as url, through(url):
        with mock.patch.object(asgi, "conninfo", return_value=url), Lasting(secret) as sender:
            with taken(url, 4):
                answers = sender.send(lead(), [lead(), lead()])
                page = record(client, company)
            assert sender.one(lead()).status_code == 202
        assert record(client, company).status_code == 302
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(503, "unavailable")}
    assert all(map(is_honest, answers))
    assert_told(page)
    assert Submission.objects.count() == 2


def test_a_full_disk_loses_nothing_that_was_acknowledged_and_can_be_made_larger(
    company: Company, sender: Lasting
) -> None:
    client = browser(company)
    with little_room("capture_submission") as shelf:
        given_out: list[str] = []
        answers = [sender.one([lead(message="长" * 1000)] * 50)]
        while answers[-1].status_code == 202:
            given_out += ids_of(answers[-1])
            answers.append(sender.one([lead(message="长" * 1000)] * 50))
        assert all(map(is_honest, answers))
        assert given_out
        assert Submission.objects.count() == len(given_out) + 1
        while (page := record(client, company)).status_code == 302:
            pass  # until the last page of the table is full too
        assert_told(page)
        shelf.enlarge(64 * MEGABYTE)
        assert sender.one([lead(message="长" * 1000)] * 50).status_code == 202
        assert record(client, company).status_code == 302
        with working(conninfo()):
            until(is_drained)
    assert set(given_out) < {str(pk) for pk in Submission.objects.values_list("pk", flat=True)}
    assert_books_agree()


def test_a_page_is_told_when_the_database_vanishes_without_a_word(
    company: Company, proxy: Proxy
) -> None:
    client = browser(company)
    rescue = threading.Timer(PATIENCE / 2, proxy.swallow, kwargs={"is_on": False})
    with through(make_conninfo(proxy.url, tcp_user_timeout=1000, keepalives_idle=1)):
        assert client.get("/me").status_code == 200
        proxy.swallow()
        rescue.start()
        page = record(client, company)
        rescue.cancel()
        proxy.swallow(is_on=False)
        assert_told(page)
        assert record(client, company).status_code == 302


def test_every_connection_over_a_network_is_watched(proxy: Proxy) -> None:
    with through(proxy.url):
        connection.ensure_connection()
        with socket.socket(fileno=os.dup(connection.connection.fileno())) as own:
            assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            gone = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert (idle, gone) == (10, 20_000)
