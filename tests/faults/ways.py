"""Clew on another way to its database, and somebody who sends by one open door."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
from django.db import connection

from clew.capture import asgi
from clew.capture.link import conninfo
from clew.web.settings import database
from tests.capture.sender import Sender, encoded


@contextmanager
def through(url: str) -> Iterator[None]:
    """Let what this thread connects to from now on be reached by this way."""
    before, other = connection.settings_dict, database(url)
    chosen = {name: other[name] for name in ("HOST", "PORT", "USER", "OPTIONS")}
    connection.close()
    connection.settings_dict = {**before, **chosen}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


@contextmanager
def beside() -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """Look at the same database by the straight way."""
    with psycopg.connect(conninfo(), autocommit=True) as straight:
        yield straight


class Lasting(Sender):
    """Sends by one event loop, through one door that stays open."""

    def __enter__(self) -> "Lasting":
        """Begin."""
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the door."""
        self._runner.run(asgi.close())
        self._runner.close()

    def send_each(self, calls: Iterable[tuple[Any, Mapping[str, str]]]) -> list[httpx.Response]:
        """Send bodies with headers of their own, all at the same time."""
        return self._runner.run(self._all([(encoded(body), headers) for body, headers in calls]))

    def wait(self, seconds: float) -> None:
        """Send nothing for a while; what goes on behind the door goes on."""
        self._runner.run(asyncio.sleep(seconds))

    async def _all(self, calls: list[tuple[bytes, Mapping[str, str]]]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=asgi.leads, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:
            return await asyncio.gather(*(self._post(client, *call) for call in calls))


def is_honest(answer: httpx.Response) -> bool:
    """Tell whether an answer either acknowledges, or says that it cannot and when to come again."""
    if answer.status_code == 202:
        return True
    return answer.status_code == 503 and answer.headers["retry-after"].isdigit()


def ids_of(answer: httpx.Response) -> list[str]:
    """Give the ids that were given out."""
    found = answer.json()
    return [lead["id"] for lead in found.get("leads", [found])]
