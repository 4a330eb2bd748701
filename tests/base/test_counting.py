"""Tables are counted anew where PostgreSQL believes them nearly empty and they are not."""

import pytest
from django.db import connection

from clew.base.counting import ROWS, recount
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)


def run(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def ask(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def believed() -> int:
    return ask("select reltuples from pg_class where relname = 'contacts_contact'")


def fill(count: int) -> None:
    run(
        """insert into contacts_contact (id, name, company, initials, pairs, created_at)
        select gen_random_uuid(), '', '', '', '{}', now() from generate_series(1, %s)""",
        count,
    )
    run("select pg_stat_force_next_flush()")


def live() -> int:
    run("select pg_stat_clear_snapshot()")
    return ask("select n_live_tup from pg_stat_user_tables where relname = 'contacts_contact'")


@pytest.fixture
def emptied() -> None:
    """The planner knows a table of people with nobody in it."""
    run("vacuum analyze contacts_contact")
    assert believed() == 0


@pytest.mark.usefixtures("emptied")
def test_what_was_emptied_and_filled_again_is_counted() -> None:
    fill(2 * ROWS)
    until(lambda: live() == 2 * ROWS)
    recount()
    assert believed() == 2 * ROWS


@pytest.mark.usefixtures("emptied")
def test_a_few_rows_are_left_to_autovacuum() -> None:
    fill(ROWS // 2)
    until(lambda: live() == ROWS // 2)
    recount()
    assert believed() == 0
