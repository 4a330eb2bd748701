"""A connection to PostgreSQL for the event loop, which mends itself and never waits for ever."""

import asyncio
import contextlib
from typing import Any

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

from clew.errors import Unavailable

ANSWER_SECONDS = 10
CONNECT_SECONDS = 3
FAULTY = (psycopg.DataError, psycopg.IntegrityError)


class Link:
    """One autocommitting connection. Statements must be harmless to repeat: a lost one is rerun once."""

    def __init__(self, conninfo: str) -> None:
        """Connect on first use."""
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement. Raises Unavailable, or one of FAULTY where the values are at fault."""
        async with self._turn:
            try:
                return await self._attempt(query, values)
            except FAULTY:
                raise
            except psycopg.Error:
                await self._drop()
            except TimeoutError as slow:
                await self._drop()
                raise Unavailable from slow
            try:
                return await self._attempt(query, values)
            except FAULTY:
                raise
            except (psycopg.Error, TimeoutError) as lost:
                await self._drop()
                raise Unavailable from lost

    async def close(self) -> None:
        """Say good-bye to the database."""
        async with self._turn:
            await self._drop()

    async def _attempt(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        async with asyncio.timeout(ANSWER_SECONDS):
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, prepare_threshold=None
                )
            cursor = await self._connection.execute(query, values)
            return await cursor.fetchall() if cursor.description else []

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                await connection.close()


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
