"""Which keys of a file came before, however many there are: in memory, and in a temporary file beyond that."""

import sqlite3
from collections.abc import Sequence

IN_MEMORY = 200_000  # keys, some 30 MB


class Seen:
    """Remembers the row in which each key came first."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Begin with nothing; the file goes with the object."""
        self._most = in_memory
        self._newest: dict[bytes, int] = {}
        self._table: sqlite3.Connection | None = None

    def first(self, keys: Sequence[bytes], number: int) -> int | None:
        """Give the earliest row that had one of the keys, or None; `number` has them from now on."""
        found = [self._newest[key] for key in keys if key in self._newest]
        if self._table is not None and keys:
            found += self._written(keys)
        for key in keys:
            self._newest.setdefault(key, number)
        if len(self._newest) > self._most:
            self._write()
        return min(found, default=None)

    def _written(self, keys: Sequence[bytes]) -> list[int]:
        marks = ", ".join("?" * len(keys))
        asked = f"select number from seen where key in ({marks})"  # noqa: S608  question marks only
        return [number for (number,) in self._table.execute(asked, keys)] if self._table else []

    def _write(self) -> None:
        if self._table is None:
            self._table = sqlite3.connect("", isolation_level=None)
            for line in (
                "pragma journal_mode = off",
                "pragma synchronous = off",
                "pragma cache_size = -16000",
                "create table seen (key blob primary key, number integer) without rowid",
            ):
                self._table.execute(line)
        self._table.executemany(
            "insert or ignore into seen values (?, ?)", sorted(self._newest.items())
        )
        self._newest.clear()
