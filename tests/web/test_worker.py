"""The worker where the database is not: it waits for it, and does not end."""

import threading

import psycopg
import pytest
from django.db import ProgrammingError, connection

from clew.capture.link import conninfo
from clew.web import worker
from tests.company import MONDAY_NOON
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = """
    select pid from pg_stat_activity
    where query like '%exists (select from capture_waiting)' and state = 'idle'
      and datname = current_database()"""


def test_a_connection_that_is_lost_while_nothing_is_to_do_does_not_end_the_worker() -> None:
    stop = threading.Event()
    working = threading.Thread(target=worker.run, args=[stop])
    working.start()
    try:
        with psycopg.connect(conninfo(), autocommit=True) as other:
            until(lambda: other.execute(WAITING).fetchone())
            (lost,) = other.execute(WAITING).fetchone() or (0,)
            other.execute("select pg_terminate_backend(%s)", [lost])
            until(lambda: (other.execute(WAITING).fetchone() or (lost,))[0] != lost)
        assert working.is_alive()
    finally:
        stop.set()
        working.join()


def test_what_fails_before_any_submission_is_taken_is_nobody_s_fault_and_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter table capture_waiting rename to gone_for_a_test")
        try:
            with pytest.raises(ProgrammingError):
                worker.run_belt_once(MONDAY_NOON)
        finally:
            cursor.execute("alter table gone_for_a_test rename to capture_waiting")
