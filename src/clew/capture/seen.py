"""Which keys of a file came before, however many there are: a table of SQLite in a temporary file."""

import sqlite3
from collections.abc import Sequence


class Seen:
    """Remembers the row in which each key came first. Holds a few megabytes of memory."""

    def __init__(self) -> None:
        """Begin with nothing; the file goes with the object."""
        self._table = sqlite3.connect("", isolation_level=None)
        for line in (
            "pragma journal_mode = off",
            "pragma synchronous = off",
            "pragma cache_size = -16000",
            "create table seen (key blob primary key, number integer) without rowid",
        ):
            self._table.execute(line)

    def first(self, keys: Sequence[bytes], number: int) -> int | None:
        """Give the earliest row that had one of the keys, or None; `number` has them from now on."""
        if not keys:
            return None
        marks = ", ".join("?" * len(keys))
        found = self._table.execute(
            f"select min(number) from seen where key in ({marks})",  # noqa: S608  question marks only
            keys,
        ).fetchone()[0]
        self._table.executemany(
            "insert or ignore into seen values (?, ?)", [(key, number) for key in keys]
        )
        return int(found) if found is not None else None
