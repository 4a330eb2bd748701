"""The worker: claims waiting submissions, runs the belt, follows facts, keeps the clocks."""

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, OperationalError, connection, transaction

from clew.base.away import AWAY
from clew.base.bulk import as_array
from clew.base.outbox import follow
from clew.capture.models import Failure, Waiting
from clew.contacts.belt.identifying import Arrival
from clew.contacts.errors import Overtaken
from clew.errors import ClewError
from clew.web.flow import FACTS, belt, keep_belt_moving, tick
from clew.web.pacing import every

BATCH = 1_000
TRIES = 3
POLL_SECONDS = 1.0
TICK = timedelta(seconds=5)
CHANNEL = "clew_waiting"
RECEIVED_AT, OCCURRED_AT = 5, 7  # among what is claimed
RETRIED = {"40001", "40P01", "23505"}  # serialisation, deadlock, unique: somebody else was faster
READ_ONLY = "25006"  # PostgreSQL calls it an internal error

log = logging.getLogger("clew.worker")


def run(stop: threading.Event) -> None:
    """Work until told to stop. A lost database is waited for."""
    unburden()
    tick_when_due = every(TICK, _tick)
    while not stop.is_set():
        try:
            now = datetime.now(UTC)
            busy = run_belt_once(now) + follow(FACTS, now)
            tick_when_due(now)
            if not busy:
                _wait()
        except AWAY:
            log.warning("the database is away; trying again")
            connection.close()
            stop.wait(POLL_SECONDS)
    connection.close()


def unburden() -> None:
    """Keep the collector off what was imported and from looking often: a batch makes many objects at once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)


def run_belt_once(now: datetime, batch: int = BATCH) -> int:
    """Handle one batch of waiting submissions, oldest first. Returns how many left the queue."""
    ids = _attempt(None, batch, now)
    if isinstance(ids, int):
        return ids
    return _isolate(ids, now)


def handle(ids: Sequence[UUID], now: datetime) -> None:
    """Run the belt over these waiting submissions at once, as far as nobody else does it already."""
    result = _attempt(ids, len(ids), now)
    if not isinstance(result, int):
        _isolate(result, now)


def ride(ids: Sequence[UUID], now: datetime) -> None:
    """Run the belt over waiting submissions within the caller's transaction; whatever it raises goes on."""
    if arrivals := _claim(ids, len(ids)):
        belt(arrivals, now)


def _attempt(ids: Sequence[UUID] | None, batch: int, now: datetime) -> int | list[UUID]:
    """Run one batch in one transaction: how many were handled, or the ids that would not go."""
    claimed: list[UUID] = []
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                arrivals = _claim(ids, batch)
                claimed = [a.submission_id for a in arrivals]
                if arrivals:
                    belt(arrivals, now)
                return len(arrivals)
        except (DatabaseError, Overtaken) as error:
            if _is_race(error):
                continue
            if _is_away(error) or not claimed:
                raise
            break
        except Exception:
            if not claimed:
                raise
            break  # a poisonous submission may fail in any way; it is isolated
    return claimed or 0  # nothing where somebody else was faster each time


def retried(attempt: Callable[[], None]) -> None:
    """Do something in a transaction of its own, again where somebody else was faster."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except (DatabaseError, Overtaken) as error:
            if not _is_race(error):
                raise
    return attempt()


def _is_race(error: Exception) -> bool:
    return isinstance(error, Overtaken) or (getattr(error.__cause__, "sqlstate", None) in RETRIED)


def _is_away(error: Exception) -> bool:
    """Tell whether the database is at fault, not the submission."""
    is_read_only = getattr(error.__cause__, "sqlstate", None) == READ_ONLY
    return isinstance(error, OperationalError) or is_read_only


def _isolate(ids: list[UUID], now: datetime) -> int:
    """Halve a failing batch until the submission that fails stands alone, and set that one aside."""
    if len(ids) == 1:
        return _set_aside(ids[0], now)
    middle = len(ids) // 2
    handled = 0
    for half in (ids[:middle], ids[middle:]):
        result = _attempt(half, len(half), now)
        handled += result if isinstance(result, int) else _isolate(result, now)
    return handled


def _set_aside(submission_id: UUID, now: datetime) -> int:
    """Run one submission alone once more; keep what it fails with, and take it off the queue."""
    try:
        with transaction.atomic():
            arrivals = _claim([submission_id], 1)
            if arrivals:
                belt(arrivals, now)
            return len(arrivals)
    except Exception as error:
        if _is_away(error):
            raise
        code = error.code if isinstance(error, ClewError) else "belt_error"
        log.warning("submission %s failed: %s", submission_id, type(error).__name__)
        with transaction.atomic():
            keep_belt_moving()
            still_waits, _ = Waiting.objects.filter(pk=submission_id).delete()
            if still_waits:  # else it was undone meanwhile
                Failure.objects.create(
                    submission_id=submission_id,
                    code=code,
                    error=type(error).__name__,
                    failed_at=now,
                )
        return 1


def _claim(ids: Sequence[UUID] | None, batch: int) -> list[Arrival]:
    """Take waiting submissions off the queue, as far as nobody else does."""
    chosen = "" if ids is None else "where submission_id = any(%(ids)s::uuid[])"
    keep_belt_moving()  # before any row is locked: an undo locks in this order too
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            with claimed as materialized (select submission_id from capture_waiting
              {chosen} order by submission_id limit %(batch)s for update skip locked),
            taken as (delete from capture_waiting where submission_id in (select * from claimed))
            select s.id, s.source_id, o.is_online, o.kind, s.cost_minor, s.received_at::text, s.body,
              s.occurred_at::text, s.channel = 'history'
            from claimed c
            join capture_submission s on s.id = c.submission_id
            join capture_source o on o.id = s.source_id
            order by s.id
            """,  # noqa: S608  no value is formatted in
            {"ids": as_array(ids or ()), "batch": batch},
        )
        return [_arrival(row) for row in cursor.fetchall()]


def _arrival(row: Sequence[Any]) -> Arrival:
    """Read the times from text, which costs a tenth of what the driver takes for them."""
    told = list(row)
    for at in (RECEIVED_AT, OCCURRED_AT):
        told[at] = datetime.fromisoformat(told[at])
    return Arrival(*told)


def _tick(now: datetime) -> None:
    with transaction.atomic():
        tick(now)


def _wait() -> None:
    """Sleep until a submission arrives, or for a second: polling is the path that must work."""
    with connection.cursor() as cursor:
        cursor.execute(f"listen {CHANNEL}")
        cursor.execute("select exists (select from capture_waiting)")
        if not cursor.fetchone()[0] and connection.connection:
            with connection.wrap_database_errors:
                for _ in connection.connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass
