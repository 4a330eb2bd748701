"""A connection to PostgreSQL for the event loop, which mends itself and never waits for ever."""

import asyncio
import contextlib
import select
from typing import Any

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

from clew.base.away import is_answer
from clew.errors import OutcomeUnknown, Unavailable

ANSWER_SECONDS = 10
CONNECT_SECONDS = 3
TRIES = 2
FAULTY = (psycopg.DataError, psycopg.IntegrityError)


class Link:
    """One autocommitting connection. Statements must be harmless to repeat: a lost one is rerun once."""

    def __init__(self, conninfo: str) -> None:
        """Connect on first use."""
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._turn = asyncio.Lock()
        self._is_asked = False

    async def fetch(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement. Raises Unavailable, or one of FAULTY where the values are at fault."""
        try:
            return await self.write(query, values)
        except OutcomeUnknown as lost:
            raise Unavailable from lost

    async def write(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement as `fetch` does. Raises OutcomeUnknown too, where it may have been done."""
        async with self._turn:
            return await self._try(query, values, TRIES, is_unknown=False)

    async def close(self) -> None:
        """Say good-bye to the database."""
        async with self._turn:
            await self._drop()

    async def _try(
        self, query: str, values: tuple[Any, ...], tries: int, *, is_unknown: bool
    ) -> list[tuple[Any, ...]]:
        try:
            return await self._attempt(query, values)
        except FAULTY:
            raise
        except (psycopg.Error, TimeoutError) as lost:
            is_unknown |= self._is_asked and not is_answer(lost)
            await self._drop()
            if tries == 1 or isinstance(lost, TimeoutError):
                raise (OutcomeUnknown if is_unknown else Unavailable) from lost
        return await self._try(query, values, tries - 1, is_unknown=is_unknown)

    async def _attempt(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        self._is_asked = False
        async with asyncio.timeout(ANSWER_SECONDS):
            if self._connection and _is_over(self._connection):
                await self._drop()
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, prepare_threshold=None
                )
            self._is_asked = True
            cursor = await self._connection.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                await connection.close()


def _is_over(idle: "psycopg.AsyncConnection[tuple[Any, ...]]") -> bool:
    """Tell whether the server has ended a connection: else it says nothing unasked."""
    poll = select.poll()
    poll.register(idle.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def conninfo() -> str:
    """Where Django's database is, in libpq's words."""
    settings = connections["default"].settings_dict
    options = {k: v for k, v in settings["OPTIONS"].items() if k != "prepare_threshold"}
    named = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    given = {name: value for name, value in named.items() if value}
    own = {"connect_timeout": CONNECT_SECONDS, "application_name": "clew intake"}
    return make_conninfo("", **{**own, **options, **given})
