"""Writing many rows at once by COPY, which costs a third of an INSERT."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def copy_in(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table; `columns` are its names with commas. Raises DatabaseError."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"copy {table} ({columns}) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row(row)
