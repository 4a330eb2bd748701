"""How much room is left on the disk of a database that is on this machine."""

from contextlib import suppress
from pathlib import Path

from django.db import DatabaseError, connection

from clew.web.embedded import SEGMENT, free

_folders: tuple[Path, ...] | None = None


def left() -> int | None:
    """Bytes that the database may still take, or None where its disk cannot be seen from here.

    Where it lies was asked while it answered: it may be the want of room that keeps it from answering now.
    """
    found = []
    for folder in _known():
        with suppress(OSError):
            found.append(free(folder))
    return min(found, default=None)


def is_full() -> bool:
    """Tell whether the next lead may be the one that finds no room."""
    found = left()
    return found is not None and found < SEGMENT


def _known() -> tuple[Path, ...]:
    global _folders  # noqa: PLW0603  one answer for the process
    host = connection.settings_dict["HOST"]
    if host and not host.startswith("/"):
        return ()
    if _folders is None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("show data_directory")
                data = Path(cursor.fetchone()[0])
        except DatabaseError:  # away, or we may not know
            return ()
        _folders = (data, data / "pg_wal")
    return _folders
