"""Whether this process lives, and whether it can do its work."""

import asyncio
import json
import time
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

MIGRATED_FOR = 60.0  # seconds that a good answer about migrations is believed
_migrated_until = 0.0


async def alive(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """GET /healthz: this process answers."""
    await _answer(send, 200, {"status": "alive"})


async def ready(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """GET /readyz: the database answers and has every table."""
    missing = await asyncio.to_thread(_missing)
    await _answer(send, 503 if missing else 200, {"status": missing or "ready"})


def _missing() -> str:
    global _migrated_until  # noqa: PLW0603  one answer for the process
    close_old_connections()
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        if time.monotonic() < _migrated_until:
            return ""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are missing"
    except DatabaseError:
        connection.close()
        return "no database"
    _migrated_until = time.monotonic() + MIGRATED_FOR
    return ""


async def _answer(send: Any, status: int, body: dict[str, str]) -> None:
    text = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(text)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
