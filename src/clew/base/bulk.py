"""Many rows at once: written by COPY, which costs a third of an INSERT, and named by one array."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection


def as_id(one: UUID | None) -> str | None:
    """Write an id, or none, as the text that `copy_text` takes."""
    return one.hex if one else None


def as_numbers(numbers: Iterable[int]) -> str:
    """Write whole numbers as the text of an array."""
    return "{" + ",".join(map(str, numbers)) + "}"


def as_array(ids: Iterable[UUID]) -> str:
    """Write ids as the text of an array, for `%s::uuid[]`: a list of UUIDs costs ten times as much to send."""
    return "{" + ",".join([one.hex for one in ids]) + "}"


def as_byte_array(values: Iterable[bytes]) -> str:
    """Write bytes as the text of an array, for `%s::bytea[]`."""
    return "{" + ",".join([rf'"\\x{one.hex()}"' for one in values]) + "}"


# psycopg writes these in Python, slowly; as text they take its fast path, three times as fast a row.
AS_TEXT: dict[type, Callable[[Any], str]] = {
    UUID: attrgetter("hex"),
    datetime: lru_cache(maxsize=1000)(datetime.isoformat),
    list: as_numbers,
}


def copy_in(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table; `columns` are its names with commas. Raises DatabaseError."""
    copy_text(
        table,
        columns,
        ([AS_TEXT[type(v)](v) if type(v) in AS_TEXT else v for v in row] for row in rows),
    )


def copy_text(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Do as `copy_in` does with rows that hold text, bytes and numbers only, for half its cost. Raises DatabaseError."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"copy {table} ({columns}) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def check_references() -> None:
    """Check now, rather than at the commit, what the rows written so far refer to. Raises IntegrityError."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; set constraints all deferred")


def delete_some(table: str, condition: str, values: Sequence[Any], most: int) -> int:
    """Delete at most so many rows that meet an SQL condition of our own. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"delete from {table} where ctid = any(array("  # noqa: S608  names of ours
            f"select ctid from {table} where {condition} limit %s for update skip locked))",
            [*values, most],
        )
        return int(cursor.rowcount)


def analyze(*tables: str) -> None:
    """Let the planner know what has just become of tables of ours, before much is read back from them."""
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {', '.join(tables)}")
