"""The worker while the way to the database fails: it goes on by itself, and handles every lead once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import pytest

from clew.contacts.models import Lead
from clew.web import worker
from tests.company import HOT, Company, found, submit
from tests.crash.books import INVARIANTS, LEFT
from tests.faults.proxy import Proxy, commits
from tests.faults.ways import beside, through
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def working(url: str) -> Iterator[threading.Thread]:
    """Run the worker in a thread; whatever ends it before it is told to is an error."""
    stop = threading.Event()
    died: list[BaseException] = []

    def work() -> None:
        try:
            with through(url):
                worker.run(stop)
        except BaseException as error:  # noqa: BLE001  the test tells of it
            died.append(error)

    thread = threading.Thread(target=work)
    with (
        mock.patch.object(worker, "unburden"),
        mock.patch.object(worker, "run_belt_once", partial(worker.run_belt_once, batch=7)),
        mock.patch.object(worker, "POLL_SECONDS", 0.05),
    ):
        thread.start()
        try:
            yield thread
        finally:
            stop.set()
            thread.join()
    assert died == []


def is_drained() -> bool:
    with beside() as straight:
        row = straight.execute(LEFT).fetchone()
        return row is not None and row[0] == 0


def assert_books_agree() -> None:
    with beside() as straight:
        wrong = {name: straight.execute(sql).fetchall() for name, sql in INVARIANTS.items()}
    assert {name: rows for name, rows in wrong.items() if rows} == {}


def wait_for(company: Company, number: int) -> None:
    for n in range(number):
        submit(company.site, phone=f"138{n % 40:08d}", **HOT)


def test_lost_commits_make_no_lead_twice_and_lose_none(proxy: Proxy) -> None:
    company = found(weights=(2, 1, 1), capacity=1000)
    wait_for(company, 150)
    proxy.lose(commits, share=0.5)
    with working(proxy.url):
        until(is_drained)
    assert proxy.lost > 5
    assert_books_agree()
    assert Lead.objects.count() == 40


def test_a_way_that_breaks_all_the_time_makes_no_lead_twice_and_loses_none(proxy: Proxy) -> None:
    company = found(weights=(2, 1, 1), capacity=1000)
    wait_for(company, 150)
    proxy.latency = 0.002
    stop = threading.Event()

    def break_it() -> None:
        while not stop.wait(0.03):
            proxy.reset()
            if proxy.accepted > 30:
                return

    breaking = threading.Thread(target=break_it)
    with working(proxy.url):
        breaking.start()
        try:
            until(is_drained)
        finally:
            stop.set()
            breaking.join()
    assert proxy.accepted > 3
    assert_books_agree()
    assert Lead.objects.count() == 40


LISTENING = """
select exists (select from pg_stat_activity where datname = current_database()
  and query like '%exists (select from capture_waiting)' and state = 'idle')"""


def is_idle() -> bool:
    with beside() as straight:
        row = straight.execute(LISTENING).fetchone()
        return row is not None and bool(row[0])


def test_a_connection_lost_while_there_is_nothing_to_do_is_opened_again(proxy: Proxy) -> None:
    company = found(weights=(1,), capacity=1000)
    with working(proxy.url):
        until(is_idle)
        for number in range(5):
            proxy.reset()
            submit(company.site, phone=f"138{number:08d}", **HOT)
            until(is_drained)
    assert Lead.objects.count() == 5
    assert_books_agree()
