"""Whether this process lives, and whether it can do its work."""

import asyncio
import json
import logging
import threading
import time
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from clew.web import room

MIGRATED_FOR = 60.0  # seconds that a good answer about migrations is believed
_migrated_until = 0.0
LATELY = 60.0  # seconds without a word from a worker
LOOK_SECONDS = 2.0
WORKER_NAME = "clew work"  # of its sessions

log = logging.getLogger("clew.health")

# A session that is busy is there now, however long its statement takes.
WORKER = f"""
select min(case state when 'active' then 0
  else extract(epoch from clock_timestamp() - state_change) end)
from pg_stat_activity where datname = current_database() and application_name = '{WORKER_NAME}'
"""  # noqa: S608  no value is formatted in
READ_ONLY = "the database is read-only"
UNMIGRATED = "migrations are missing"
NO_ROOM = "no room on the database's disk"
WRITES = "select current_setting('transaction_read_only') = 'off'"  # on a standby too


async def alive(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """GET /healthz: this process answers."""
    await answer(send, 200, {"status": "alive"})


async def ready(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """GET /readyz: the database answers, writes and has every table; beside it, whether a worker is there.

    Without a worker this process still takes leads in and shows them, so it stays ready.
    """
    found = await asyncio.to_thread(standing)
    await answer(send, 200 if found["status"] == "ready" else 503, found)


def standing() -> dict[str, str]:
    """How this process stands: `status` is "ready" where it can do its work."""
    close_old_connections()
    try:
        if lacking := missing():
            return {"status": lacking}
        with connection.cursor() as cursor:
            cursor.execute(WORKER)
            (silent,) = cursor.fetchone()
    except DatabaseError:
        connection.close()
        return {"status": NO_ROOM if room.is_full() else "no database"}
    return {"status": "ready", "worker": "working" if is_seen(silent) else "away"}


def is_seen(silent: float | None) -> bool:
    """Tell whether a worker that was silent for so many seconds, or None that never was, is there."""
    return silent is not None and silent < LATELY


def await_tables(stop: threading.Event) -> None:
    """Wait until there is every table that this code asks for, or until told to stop."""
    while not stop.is_set() and standing()["status"] == UNMIGRATED:
        log.warning("migrations are missing; waiting for clew migrate")
        stop.wait(LOOK_SECONDS)


def missing() -> str:
    """What keeps this process from its work, or nothing. Raises DatabaseError."""
    global _migrated_until  # noqa: PLW0603  one answer for the process
    with connection.cursor() as cursor:
        cursor.execute(WRITES)
        if not cursor.fetchone()[0]:
            return READ_ONLY
    if room.is_full():
        return NO_ROOM
    if time.monotonic() < _migrated_until:
        return ""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return UNMIGRATED
    _migrated_until = time.monotonic() + MIGRATED_FOR
    return ""


async def answer(
    send: Any, status: int, body: dict[str, str] | str, kind: bytes = b"application/json"
) -> None:
    """Send a short answer that nobody keeps."""
    text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(text)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
