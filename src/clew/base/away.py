"""What a database raises that is away, full or read-only, as against one that was asked something wrong."""

from django.db import InterfaceError, InternalError, OperationalError, connection

AWAY = (OperationalError, InterfaceError, InternalError)  # the last: it does not write just now
UNTOLD = ("08", "57P", "40003")  # the connection or the server ended, perhaps after the commit


def is_answer(error: BaseException | None) -> bool:
    """Tell whether the database itself says that it did not do it; else it may have."""
    state: str | None = getattr(error, "sqlstate", None)
    return state is not None and not state.startswith(UNTOLD)


def commits() -> int:
    """Give how many transactions of this thread are stored, or may be: `base/postgresql`."""
    count: int = connection.commits  # type: ignore[attr-defined]
    return count
