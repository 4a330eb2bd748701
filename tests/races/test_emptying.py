"""Emptying the tables between tests, while a request of the last one still writes."""

import threading
import time

import pytest
from django.core.management.color import no_style
from django.db import connection, transaction

from clew.access.models import Member
from tests.company import found

WAITS = """select exists (select from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database() and l.mode = 'ExclusiveLock')"""
SECONDS = 30

pytestmark = pytest.mark.django_db(transaction=True)


def request_that_outlives_its_test(holds: threading.Event) -> None:
    """Writes what is emptied last, and what is emptied first once the emptying stands in its way."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("update pipeline_task set done_at = null where false")
            holds.set()
            until = time.monotonic() + SECONDS
            waits = False
            while not waits and time.monotonic() < until:
                cursor.execute(WAITS)
                (waits,) = cursor.fetchone()
            cursor.execute("update access_member set name = name where false")
    finally:
        connection.close()


def empty() -> None:
    tables = connection.introspection.django_table_names(only_existing=True)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


def test_the_tables_are_emptied_although_a_request_was_in_the_way() -> None:
    empty()  # where the planner had counted, they are truncated, once: by another lock
    found()
    holds = threading.Event()
    request = threading.Thread(target=request_that_outlives_its_test, args=(holds,))
    request.start()
    assert holds.wait(SECONDS)
    empty()
    request.join(SECONDS)
    assert not Member.objects.exists()
