"""GET /metrics: what hurts, in Prometheus's text format, for whoever has CLEW_METRICS_TOKEN.

Numbers only: no label holds an id, a name or anything a person wrote. Without a token in the settings
there is no such page; an address alone proves nothing behind a proxy.
"""

import asyncio
import hmac
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from clew.web.health import WORKER, answer
from clew.web.permissions import is_allowed

TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
ENDLESS = {"stream"}  # stays open as long as its page

# What PostgreSQL counts anyway costs nothing to read, however many leads there are.
QUERY = f"""
with stored as (select n_tup_ins as n from pg_stat_user_tables where relid = 'capture_submission'::regclass),
handled as (select n_tup_del as n from pg_stat_user_tables where relid = 'capture_waiting'::regclass),
oldest as (
  select s.received_at from capture_waiting w join capture_submission s on s.id = w.submission_id
  order by w.submission_id limit 1)
select
  (select n from stored),
  (select n from handled),
  (select count(*) from capture_waiting),
  coalesce((select greatest(0, extract(epoch from %s - received_at)) from oldest), 0),
  (select count(*) from capture_failure where settled_at is null),
  (select count(*) from base_outbox),
  (select count(*) from base_outbox where attempts > 0),
  (select count(*) from pipeline_clock where stopped_at is null and kind <> 'stage'),
  (select count(*) from pipeline_clock where stopped_at is null and kind <> 'stage' and breached_at is not null),
  ({WORKER})
"""  # noqa: S608  no value is formatted in
GAUGES = (
    ("clew_submissions_stored_total", "counter", "Submissions written, as PostgreSQL counts them"),
    ("clew_submissions_handled_total", "counter", "Submissions that left the queue"),
    ("clew_submissions_waiting", "gauge", "Submissions that wait for the belt"),
    ("clew_oldest_waiting_seconds", "gauge", "Age of the oldest submission that waits"),
    ("clew_failures_open", "gauge", "Submissions that the belt could not handle"),
    ("clew_outbox_waiting", "gauge", "Facts whose followers have not all run"),
    ("clew_outbox_failing", "gauge", "Facts with a follower that failed and is tried again"),
    ("clew_clocks_open", "gauge", "Leads that wait for somebody to make contact"),
    ("clew_clocks_breached", "gauge", "Leads whose contact is overdue"),
    ("clew_worker_silent_seconds", "gauge", "Since a worker was last seen; -1: none is there"),
)


class Durations:
    """How long requests took, by route and class of status, since this process began."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._sums: dict[tuple[str, int], float] = {}

    def note(self, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        if route in ENDLESS:
            return
        key = (route or "page", status // 100)
        counts = self._counts.setdefault(key, [0] * (len(BOUNDS) + 1))
        counts[bisect_left(BOUNDS, seconds)] += 1
        self._sums[key] = self._sums.get(key, 0.0) + seconds

    def lines(self) -> Iterator[str]:
        """Write the histogram."""
        name = "clew_request_seconds"
        yield f"# HELP {name} Duration of requests to this process"
        yield f"# TYPE {name} histogram"
        for key, counts in sorted(self._counts.items()):
            labels = f'route="{key[0]}",status="{key[1]}xx"'
            total = 0
            for bound, count in zip((*BOUNDS, "+Inf"), counts, strict=True):
                total += count
                yield f'{name}_bucket{{{labels},le="{bound}"}} {total}'
            yield f"{name}_sum{{{labels}}} {self._sums[key]:.6f}"
            yield f"{name}_count{{{labels}}} {total}"


requests = Durations()


async def metrics(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer 404 without a token in the settings, 401 without it in the request, 503 without a database."""
    if not settings.METRICS_TOKEN:
        await answer(send, 404, {"status": "set CLEW_METRICS_TOKEN to have metrics"})
    elif not is_allowed("metrics", scopes=_scopes(scope)):
        await answer(send, 401, {"status": "send the token: Authorization: Bearer"})
    elif scope["method"] not in {"GET", "HEAD"}:
        await answer(send, 405, {"status": "GET alone"})
    else:
        found = await asyncio.to_thread(_measured)
        text = "\n".join([*_told(found), *requests.lines(), ""])
        await answer(send, 200 if found else 503, text, TYPE)


def _scopes(scope: dict[str, Any]) -> frozenset[str]:
    given = [v for k, v in scope["headers"] if k == b"authorization"]
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    is_known = len(given) == 1 and hmac.compare_digest(given[0], wanted)
    return frozenset({"metrics"} if is_known else ())


def measure(now: datetime) -> dict[str, float | None]:
    """Measure each of `GAUGES`, by one statement. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY, [now])
        return dict(zip((name for name, _, _ in GAUGES), cursor.fetchone(), strict=True))


def _measured() -> dict[str, float | None]:
    close_old_connections()
    try:
        return measure(datetime.now(UTC))
    except DatabaseError:
        connection.close()
        return {}


def _told(found: Mapping[str, float | None]) -> Iterator[str]:
    yield "# HELP clew_database_up Whether the database answers"
    yield "# TYPE clew_database_up gauge"
    yield f"clew_database_up {int(bool(found))}"
    for name, kind, purpose in GAUGES if found else ():
        value = found[name]
        yield f"# HELP {name} {purpose}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value if value is not None else -1}"
