"""`clew bench NAME`: what Clew reaches here, divided by what this machine and PostgreSQL allow.

Works in a database of its own on the operator's server and drops it at the end.
"""

import argparse
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo


def main(argv: Sequence[str]) -> int:
    """Measure in a scratch database; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="clew bench", description=__doc__)
    parser.add_argument("name", choices=["intake", "imports", "duplicates", "rules"])
    parser.add_argument("--quick", action="store_true", help="fewer contacts and shorter runs")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument(
        "--only",
        default="",
        help="some parts alone: yardsticks,belt,accept,screen,start or files,large or rules,trial",
    )
    parser.parse_args(argv)
    connection.ensure_connection()
    own = make_conninfo(
        connection.connection.info.dsn, password=connection.connection.info.password
    )
    connection.close()
    with _scratch(own) as dsn:
        words = [sys.executable, "-m", "clew.web.bench", *argv]
        environment = {**os.environ, "CLEW_DATABASE_URL": dsn, "CLEW_DEMO": "0"}
        return subprocess.run(words, env=environment, check=False).returncode  # noqa: S603  ourselves


@contextmanager
def _scratch(dsn: str) -> Iterator[str]:
    """Make a database beside the operator's for as long as the bench runs."""
    name = f"clew_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as beside:
        beside.execute(
            sql.SQL("create database {} template template0").format(sql.Identifier(name))
        )
        try:
            yield make_conninfo(dsn, dbname=name)
        finally:
            beside.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
