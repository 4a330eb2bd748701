"""The tests' own database, made to refuse: it does not write, has no room, has no connection left."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from clew.capture.link import conninfo

OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"""
MEGABYTE = 2**20


def end_all() -> None:
    """End every connection to the database: what it is told about new ones holds for all then."""
    connection.close()
    with psycopg.connect(conninfo(), autocommit=True) as straight:
        straight.execute(OTHERS)


@contextmanager
def read_only() -> Iterator[None]:
    """Let it write nothing, as a standby or an operator in trouble would."""
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    with psycopg.connect(make_conninfo(conninfo(), dbname="postgres"), autocommit=True) as beside:
        beside.execute(
            sql.SQL("alter database {} set default_transaction_read_only = on").format(name)
        )
        end_all()
        try:
            yield
        finally:
            beside.execute(
                sql.SQL("alter database {} reset default_transaction_read_only").format(name)
            )
            end_all()


@contextmanager
def few_connections(most: int) -> Iterator[str]:
    """Give the database by a role of its own that may have so many connections."""
    name = f"few_{uuid4().hex}"
    role = sql.Identifier(name)
    with psycopg.connect(conninfo(), autocommit=True) as straight:
        straight.execute(
            sql.SQL("create role {} login in role clew connection limit {}").format(
                role, sql.Literal(most)
            )
        )
        try:
            yield make_conninfo(conninfo(), user=name)
        finally:
            straight.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name]
            )
            straight.execute(sql.SQL("drop role {}").format(role))


@contextmanager
def taken(url: str, number: int) -> Iterator[None]:
    """Hold so many connections."""
    held = [psycopg.connect(url) for _ in range(number)]
    try:
        yield
    finally:
        for one in held:
            one.close()


class Shelf:
    """A little room of its own on which a table of the database stands."""

    def __init__(self, table: str, folder: Path) -> None:
        """Say which table, and where the room is."""
        self.table, self.folder = sql.Identifier(table), folder
        self.name = sql.Identifier(folder.name)

    def enlarge(self, size: int) -> None:
        """Let there be more room."""
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)


@contextmanager
def little_room(table: str, size: int = 4 * MEGABYTE) -> Iterator[Shelf]:
    """Let a table stand where there is room for so many bytes. Skips where that cannot be made."""
    with (
        psycopg.connect(conninfo(), autocommit=True) as straight,
        _beside(straight, size) as folder,
    ):
        shelf = Shelf(table, folder)
        move = sql.SQL("alter table {} set tablespace {}")
        made = sql.SQL("create tablespace {} location {}")
        straight.execute(made.format(shelf.name, sql.Literal(str(folder))))
        try:
            # what earlier tests deleted takes room too
            straight.execute(sql.SQL("vacuum full {}").format(shelf.table))
            straight.execute(move.format(shelf.table, shelf.name))
            yield shelf
        finally:
            straight.execute(move.format(shelf.table, sql.Identifier("pg_default")))
            straight.execute(sql.SQL("drop tablespace {}").format(shelf.name))


@contextmanager
def _beside(straight: "psycopg.Connection[tuple[object, ...]]", size: int) -> Iterator[Path]:
    row = straight.execute("show data_directory").fetchone()
    data = Path(str(row[0]) if row else "/nowhere")
    if os.geteuid() or not data.exists():
        pytest.skip("a disk that is full needs root beside the database's own disk")
    folder = data.parent / f"shelf_{uuid4().hex}"
    owner = data.stat()
    options = f"size={size},uid={owner.st_uid},gid={owner.st_gid},mode=0700"
    with mounted(folder, options):
        yield folder


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Let a new folder be a disk of its own. Skips where that cannot be made."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "clew-shelf", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a small disk of its own needs root and the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
