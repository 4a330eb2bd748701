"""Clew's settings for the tests, with the embedded PostgreSQL where the environment names no database."""

import os
from pathlib import Path

import psycopg

from clew.web.embedded import prepare
from tests.template import prepared

os.environ.setdefault("CLEW_SECRET_KEY", "only-for-tests-0123456789abcdef0123456789")
if not os.environ.get("CLEW_DATABASE_URL"):
    SERVER = prepare(Path(__file__).parents[1] / ".clew" / "tests", say=print)
    os.environ["CLEW_DATABASE_URL"] = SERVER.start()
    # No test waits for the disk; what survives a kill is tested on servers of their own.
    with psycopg.connect(SERVER.url, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("alter system set synchronous_commit = off")
        # Counted while what a test rolled back lies in its pages, a table is planned as if it stayed empty.
        connection.execute("alter system set autovacuum = off")
        connection.execute("select pg_reload_conf()")
    os.environ["TESTS_TEMPLATE"] = prepared(SERVER.url)

from clew.web.settings import *  # noqa: F403  the database must be there first

if template := os.environ.get("TESTS_TEMPLATE"):
    DATABASES["default"]["TEST"] |= {"TEMPLATE": template, "MIGRATE": False}  # noqa: F405
