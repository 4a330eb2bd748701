"""A database of its own beside the operator's, for as long as it is needed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo


@contextmanager
def database(purpose: str) -> Iterator[str]:
    """Make one on the same server and drop it at the end. Gives its address. Raises psycopg.Error."""
    connection.ensure_connection()
    info = connection.connection.info
    dsn = make_conninfo(info.dsn, password=info.password)
    connection.close()
    name = f"clew_{purpose}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as beside:
        beside.execute(
            sql.SQL("create database {} template template0").format(sql.Identifier(name))
        )
        try:
            yield make_conninfo(dsn, dbname=name)
        finally:
            beside.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
