"""The database is stopped or unreachable amid `clew migrate`: every migration is done or not, and the next run ends it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import httpx
import psycopg
import pytest

from clew.web.embedded import Server, prepare
from clew.web.listening import probe
from tests.faults.proxy import Proxy, commits
from tests.running import LOCAL, PATIENCE, ROOT, bare, free_port, until

pytestmark = pytest.mark.slow
EARLIER = ("contacts", "0008")
SCHEMA = """
select 'column', table_name, column_name, concat(data_type, is_nullable, column_default)
from information_schema.columns where table_schema = 'public'
union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
union all select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
union all select 'function', '', proname, pg_get_functiondef(oid)
from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'
union all select 'migration', app, name, '' from django_migrations
union all select 'permission', '', codename, name from auth_permission
union all select 'policy', kind, level::text, target_minutes::text from clocks_policy
order by 1, 2, 3, 4"""
BLOCKED = """
select exists (select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock')"""
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of one's own."""
    with tempfile.TemporaryDirectory(prefix="clew-migrating-") as name:
        Path(name).chmod(0o755)
        server = prepare(Path(name) / "home", print)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def url(server: Server) -> str:
    """A new database."""
    name = f"clew_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"create database {name}")  # type: ignore[arg-type]
    return f"{server.url} dbname={name}"


def command(*words: str, url: str, language: str = "en") -> "subprocess.Popen[str]":
    own = {
        "CLEW_DATABASE_URL": url,
        "CLEW_SECRET_KEY": os.environ["CLEW_SECRET_KEY"],
        "CLEW_LANGUAGE": language,
        "DJANGO_SETTINGS_MODULE": "clew.web.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**bare(), **own},
    )


def ended(process: "subprocess.Popen[str]") -> Run:
    said, complained = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def migrated(url: str, language: str = "en") -> Run:
    return ended(command("clew.web.cli", "migrate", url=url, language=language))


def schema(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(SCHEMA).fetchall()


@pytest.fixture(scope="module")
def straight(server: Server) -> list[tuple[object, ...]]:
    """What Django makes of an empty database by itself, where nothing goes wrong."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create database straight")
    url = f"{server.url} dbname=straight"
    made = ended(command("django", "migrate", "-v0", url=url))
    assert made.returncode == 0, made.stderr
    assert migrated(url).returncode == 0  # the rows that every deployment starts with
    return schema(url)


def test_a_server_stopped_amid_a_migration_leaves_it_undone_and_the_next_run_ends_it(
    server: Server, url: str, straight: list[tuple[object, ...]]
) -> None:
    before = ended(command("django", "migrate", "-v0", *EARLIER, url=url))
    assert before.returncode == 0, before.stderr
    with psycopg.connect(url) as other:
        other.execute(
            "insert into contacts_contact (id, name, company, created_at) values (%s, '', '', now())",
            [uuid4()],
        )
    for language, words in (("en", "run this again"), ("zh", "再执行一次")):
        cut = stopped_amid_a_migration(server, url, language)
        assert (cut.returncode, words in cut.stderr) == (os.EX_TEMPFAIL, True), cut.stderr
        assert "Traceback" not in cut.stderr
        assert ask(url, "select count(*) from django_migrations") < len(applied(straight))
    assert migrated(url).returncode == 0
    assert schema(url) == straight
    assert ask(url, "select count(*) from contacts_contact") == 1


def stopped_amid_a_migration(server: Server, url: str, language: str) -> Run:
    with closing(psycopg.connect(url)) as other:
        other.execute("lock table contacts_contact in access exclusive mode")
        migrating = command("clew.web.cli", "migrate", url=url, language=language)
        with closing(psycopg.connect(url, autocommit=True)) as beside:
            until(lambda: beside.execute(BLOCKED).fetchone() == (True,))
        stop_at_once(server)
    cut = ended(migrating)
    server.start()
    return cut


def applied(straight: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row for row in straight if row[0] == "migration"]


def ask(url: str, sql: LiteralString) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
        assert row
        return int(row[0])


def stop_at_once(server: Server) -> None:
    """Let it have no time for anything."""
    server._run("pg_ctl", "-D", str(server.data), "-w", "-m", "immediate", "stop")


def test_answers_to_commits_that_are_lost_leave_nothing_that_cannot_be_run_again(
    url: str, straight: list[tuple[object, ...]]
) -> None:
    seen = 0

    def every_fifteenth(statement: bytes) -> bool:
        nonlocal seen
        seen += commits(statement)
        return commits(statement) and seen % 15 == 0

    with Proxy(url) as proxy:
        proxy.lose(every_fifteenth)
        while (run := migrated(proxy.url)).returncode:
            assert "run this again" in run.stderr, run.stderr
        lost = proxy.lost
    assert lost > 3
    assert schema(url) == straight


def test_two_that_migrate_at_once_take_turns(url: str, straight: list[tuple[object, ...]]) -> None:
    both = [command("clew.web.cli", "migrate", "--json", url=url) for _ in range(2)]
    runs = [ended(one) for one in both]
    assert [run.returncode for run in runs] == [0, 0], runs
    assert [json.loads(run.stdout)["is_empty"] for run in runs] == [True, True]
    assert sum("waiting" in run.stderr for run in runs) == 1
    assert schema(url) == straight


WORKS = """
select exists (select from pg_stat_activity where datname = current_database()
  and application_name = 'clew work' and query like '%exists (select from capture_waiting)')"""


def test_a_web_process_without_its_tables_is_not_ready_until_they_are_made(url: str) -> None:
    port = free_port()
    web = command("clew.web.cli", "serve", "--port", str(port), url=url)
    try:
        until(lambda: probe(LOCAL, port) == 503)
        ready = f"http://{LOCAL}:{port}/readyz"
        assert httpx.get(ready).json()["status"] == "migrations are missing"
        assert migrated(url).returncode == 0
        until(lambda: probe(LOCAL, port) == 200)
    finally:
        web.terminate()
        web.communicate()


def test_a_worker_without_its_tables_waits_for_them_and_ends_where_they_go(url: str) -> None:
    worker = command("clew.web.cli", "work", url=url)
    assert worker.stderr
    try:
        assert "waiting for clew migrate" in worker.stderr.readline()
        assert migrated(url).returncode == 0
        with closing(psycopg.connect(url, autocommit=True)) as beside:
            until(lambda: beside.execute(WORKS).fetchone() == (True,))
            beside.execute("drop table capture_waiting cascade")
        assert worker.wait(PATIENCE) == 1
    finally:
        worker.kill()
        worker.communicate()
