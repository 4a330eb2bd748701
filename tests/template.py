"""A database with all tables, made once for each state of the code: the tests' own ones are copied from it.

Migrating takes seconds of a core, copying a fraction of one, and every process of a run needs a database.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

NAME = "clew_template"
LOCK = 0x74706C  # "tpl": two runs at once make one
ROOT = Path(__file__).parents[1]
MIGRATE = """
import django
django.setup()
import clew.web.migrate  # whose way of it is the quick one
django.core.management.call_command("migrate", verbosity=0)"""
STANDS_FOR = """
select shobj_description(oid, 'pg_database') from pg_database where datname = %s"""


def prepared(url: str) -> str:
    """Give the name of the template; it is made anew where the code is not the one that has made it."""
    state = _state()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("select pg_advisory_lock(%s)", [LOCK])
        if server.execute(STANDS_FOR, [NAME]).fetchone() != (state,):
            server.execute(f"drop database if exists {NAME} with (force)")
            server.execute(f"create database {NAME}")
            _migrate(make_conninfo(url, dbname=NAME))
            server.execute(f"comment on database {NAME} is '{state}'")
    return NAME


def _migrate(url: str) -> None:
    environment = {
        **os.environ,
        "CLEW_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "clew.web.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    subprocess.run([sys.executable, "-c", MIGRATE], check=True, env=environment)


def _state() -> str:
    """Digest all code: tables, and what is written into them, may be of any file."""
    digest = hashlib.sha256()
    for file in _code():
        digest.update(f"{file.relative_to(ROOT)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _code() -> Iterator[Path]:
    yield ROOT / "requirements.txt"
    yield from sorted((ROOT / "src").rglob("*.py"))
