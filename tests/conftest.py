"""What all tests stand on: a real PostgreSQL, started by tests.settings where none is named."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import OperationalError
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import translation
from hypothesis import settings as drawing

from tests.running import PATIENCE, Run, free_port, place

drawing.register_profile("untimed", parent=drawing(), deadline=None)  # no test is a matter of speed
drawing.load_profile("untimed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's event loop stays in the thread, and no other can run in it then.

    Files with something slow first: what begins last should be short, or the others wait for it.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: ("browser" in item.path.parts, item.path not in slow))


@pytest.fixture(autouse=True)
def _in_the_usual_language() -> None:
    """No test speaks the language that another one left behind in the thread."""
    translation.activate(settings.LANGUAGE_CODE)


LITTLE = 4 * 2**20  # bytes
DEADLOCK, MEETINGS = "40P01", 3
# Django writes them of the code's models, and nothing else does: they are as they were.
OF_THE_CODE = {"django_content_type", "auth_permission"}
IS_LITTLE = """
    select coalesce(sum(pg_relation_size(oid)), 0) < %s and coalesce(max(reltuples), -1) < 0
    from pg_class where relnamespace = 'public'::regnamespace and relname = any(%s)"""


def _emptied(self: DatabaseOperations, style: Any, tables: list[str], **more: Any) -> list[str]:
    """Empty the tables after a test that commits: deleting a few rows takes a fiftieth of truncating all.

    Truncated is where there is much, or where the planner has counted rows: a later test would be planned by
    that count. The lock waits, as truncating would, for whoever still writes. Leaving keys and triggers out
    needs a superuser.
    """
    tables = [table for table in tables if table not in OF_THE_CODE]
    with self.connection.cursor() as cursor:
        cursor.execute(IS_LITTLE, [LITTLE, tables])
        (is_little,) = cursor.fetchone()
    info = self.connection.connection.info
    if not is_little or info.parameter_status("is_superuser") != "on":
        return _truncated(self, style, tables, **more)
    names = [self.quote_name(table) for table in sorted(tables)]
    first = "set local session_replication_role = replica"
    lock = f"lock table {', '.join(names)} in exclusive mode"
    return ["; ".join([first, lock, *(f"delete from {name}" for name in names)])]  # noqa: S608  our own tables


_truncated = DatabaseOperations.sql_flush
DatabaseOperations.sql_flush = _emptied  # type: ignore[method-assign, assignment]
flush.emit_post_migrate_signal = lambda *_: None  # would write OF_THE_CODE again


def _emptied_in_the_end(self: DatabaseOperations, statements: list[str]) -> None:
    """Empty once more where a request that outlives its test was met: each had what the other waited for."""
    for _ in range(MEETINGS):
        try:
            return _at_once(self, statements)
        except OperationalError as met:
            if getattr(met.__cause__, "sqlstate", "") != DEADLOCK:
                raise
    return _at_once(self, statements)


_at_once = DatabaseOperations.execute_sql_flush
DatabaseOperations.execute_sql_flush = _emptied_in_the_end  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def was_up() -> Iterator[Path]:
    """A folder in which Clew was up once and was stopped: for `as_if_up`, never to be started in."""
    with place("clew-once-") as folder:
        run = Run(folder, free_port())
        run.until_ready(4 * PATIENCE)  # others may do the same beside
        assert run.stop() == 0
        yield folder


@pytest.fixture
def as_if_up(was_up: Path) -> Callable[[Path], None]:
    """Bring a folder to where Clew was up once in it, without what a first start takes: a database with its tables."""

    def copy(folder: Path) -> None:
        source, target = was_up / ".clew", folder / ".clew"
        target.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)

    return copy


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL that this run has started; its workers only inherit the address."""
    if settings.configured and hasattr(settings, "SERVER"):
        settings.SERVER.stop()
