"""The n-th statement to the database fails, and what the database holds, as one hash."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any
from unittest import mock

import psycopg
from django.db import OperationalError, connection

from clew.errors import Unavailable
from clew.web.backup import tables
from tests.web.test_undo_property import undone_afterwards

Act = Callable[[], object]
COUNTED = """
select json_object_agg(sequencename, json_build_array(coalesce(last_value, start_value), last_value is not null))
from pg_sequences where schemaname = 'public'"""
REWOUND = """
select setval(key::regclass, (value ->> 0)::bigint, (value ->> 1)::boolean) from json_each(%s)"""
CLOCKED = frozenset({"written_at"})  # the server's own clock


class Plug:
    """Counts the statements of this thread, COPY and savepoints among them, and pulls the plug at one."""

    def __init__(self, at: int) -> None:
        """Say which."""
        self.at = at
        self.count = 0

    @property
    def is_pulled(self) -> bool:
        """Tell whether it came to that."""
        return self.count >= self.at

    def note(self) -> None:
        """Let one statement pass, or not. Raises OperationalError."""
        self.count += 1
        if self.count == self.at:
            raise OperationalError("the plug was pulled")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is sent inside."""
        copy = psycopg.Cursor.copy

        def execute(run: Callable[..., Any], *given: Any) -> Any:
            self.note()
            return run(*given)

        def copying(*given: Any, **named: Any) -> Any:
            self.note()
            return copy(*given, **named)

        with (
            connection.execute_wrapper(execute),
            mock.patch.object(psycopg.Cursor, "copy", copying),
        ):
            yield


def fails_wholly(act: Act, *, at_least: int) -> None:
    """Let each of its statements fail once: nothing is left behind, and done again it is as if nothing had failed."""
    sequences, before = counted(), state()
    with undone_afterwards(), foreseen():
        act()
        expected = state(without=CLOCKED)
    assert expected != state(without=CLOCKED)
    for at in count(1):
        rewind(sequences)
        plug = Plug(at)
        with foreseen(), plug.watching():
            try:
                act()
            except (OperationalError, Unavailable):
                pass
            else:
                break
        assert state() == before, f"statement {at} left something behind"
    assert not plug.is_pulled, f"statement {at} failed and nobody was told"
    assert plug.count >= at_least
    assert state(without=CLOCKED) == expected


def state(*, without: frozenset[str] = frozenset()) -> dict[str, str]:
    """Give a hash of each table, by the columns that a backup writes; some may be left out."""
    with connection.cursor() as cursor:
        cursor.execute(_reading(without))
        return dict(cursor.fetchall())


@cache
def _reading(without: frozenset[str]) -> str:
    """Read every table by one statement: it is asked for after each of hundreds of failures."""
    cursor = connection.connection.cursor()
    parts = []
    for name in connection.introspection.django_table_names(only_existing=True):
        columns = [c for c in tables.columns(cursor, name) if c not in without]
        listed = ", ".join(connection.ops.quote_name(c) for c in columns)
        rows = f"array_agg(row({listed})::text order by row({listed})::text)"
        parts.append(f"select '{name}', md5(coalesce({rows}, '{{}}')::text) from {name}")  # noqa: S608  our own tables
    return " union all ".join(parts)


def counted() -> str:
    """Say how far each sequence has counted; no transaction takes that back."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED)
        return json.dumps(cursor.fetchone()[0])


def rewind(sequences: str) -> None:
    """Let sequences count from there again."""
    with connection.cursor() as cursor:
        cursor.execute(REWOUND, [sequences])


@contextmanager
def foreseen() -> Iterator[None]:
    """Let chance and the clock of ids be the same each time."""
    chance = random.Random(1)
    ticks = iter(range(1_790_000_000 * 10**9, 2_000_000_000 * 10**9, 10**6))
    with (
        mock.patch.object(os, "urandom", chance.randbytes),
        mock.patch.object(time, "time_ns", ticks.__next__),
    ):
        yield
