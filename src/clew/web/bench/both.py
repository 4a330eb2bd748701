"""How many leads a second are accepted and belted at once by the real system, and how much memory that takes.

One web process accepts; workers as `clew up` starts them empty the queue, followers and chores beside it. The
senders go at a steady rate that follows what waits: slower while more than WAITING leads do, faster while it
is fewer, so that the workers always have full batches and the queue does not grow. What counts is what has
left the belt, or was accepted, if that is less.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import uvloop

from clew.web.bench import servers
from clew.web.bench.accept import token
from clew.web.bench.traffic import Traffic
from clew.web.bench.watch import Watch, watching

WAITING = 2_000  # four batches
FIRST_PER_S, SLOWEST_PER_S = 2_000, 300
CALM_SECONDS = 3  # in which a queue of another length is to come to its length
LOOK_SECONDS, WEIGH_SECONDS, SETTLE_SECONDS = 1.0, 5.0, 60.0
MOST_WORKERS = 2
Figures = dict[str, float | str | None]


def measure(seconds: int, contacts: int) -> Figures:
    """Measure with one worker and with two, and tell of those that did more.

    Raises RuntimeError where a lead is refused or lost, or the queue grows.
    """
    found = []
    for workers in range(1, MOST_WORKERS + 1):
        with system(workers) as (url, processes):
            traffic = Traffic(url, token(), contacts, FIRST_PER_S, seed=workers)
            found.append(uvloop.run(_measure(traffic, processes, seconds)))
    best = max(found, key=lambda figures: figures["both_per_s"] or 0)
    each = {f"both_{n}_per_s": one["both_per_s"] for n, one in enumerate(found, 1)}
    return {**best, "both_workers": found.index(best) + 1, **each}


@contextmanager
def system(workers: int) -> Iterator[tuple[str, list[int]]]:
    """Run one web process and so many workers. Gives the address and all process ids."""
    with ExitStack() as running:
        url, web = running.enter_context(servers.web())
        words = [sys.executable, "-m", "clew.web.cli", "work"]
        crew = [running.enter_context(servers.running(words)) for _ in range(workers)]
        yield url, [web, *(one.pid for one in crew)]


async def _measure(traffic: Traffic, processes: list[int], seconds: int) -> Figures:
    async with watching(processes) as watch:
        before = await watch.books()
        async with traffic.flowing() as journal:
            steering = asyncio.create_task(_steer(traffic, watch))
            await _settle(watch, before.left, seconds)
            journal.waits.clear()
            first, began, cpu = await watch.books(), time.perf_counter(), await watch.cpu_seconds()
            memory = await _weigh(watch, seconds)
            last, took = await watch.books(), time.perf_counter() - began
            cpu = await watch.cpu_seconds() - cpu
            steering.cancel()
            with suppress(asyncio.CancelledError):
                await steering
        await watch.until_drained()
        after = await watch.books()
    stored = after.stored - before.stored
    left, came = last.left - first.left, last.stored - first.stored
    if journal.accepted != journal.offered or stored != journal.accepted or not after.is_whole:
        raise RuntimeError(f"leads were refused or lost: {journal.statuses} {before} {after}")
    if last.waiting > 2 * WAITING:
        raise RuntimeError(f"the queue grew: {first} {last}")
    return {
        "both_per_s": round(min(left, came) / took),
        "both_cpu_us": round(cpu / left * 1e6),
        "both_waiting_before": first.waiting,
        "both_waiting_after": last.waiting,
        "both_accept_p99_ms": journal.wait_ms(0.99),
        "rss_load_mb": memory,
    }


async def _settle(watch: Watch, left: int, seconds: int) -> None:
    """Wait until all are at work and the queue has about its length. Raises TimeoutError where it gets none."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while (await watch.books()).left == left:
            await asyncio.sleep(LOOK_SECONDS / 4)
        await asyncio.sleep(max(CALM_SECONDS, seconds / 6))
        while not WAITING / 2 <= await watch.waiting() <= WAITING * 3 / 2:
            await asyncio.sleep(LOOK_SECONDS / 4)


async def _steer(traffic: Traffic, watch: Watch) -> None:
    """Send as much as has left the belt lately, and a little more or less as fewer or more wait than should."""
    marks = deque([(time.perf_counter(), -await watch.waiting())], maxlen=CALM_SECONDS + 1)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        waiting = await watch.waiting()
        marks.append((time.perf_counter(), traffic.journal.accepted - waiting))
        (since, then), (now, left) = marks[0], marks[-1]
        per_s = (left - then) / (now - since) + (WAITING - waiting) / CALM_SECONDS
        traffic.go_at(max(SLOWEST_PER_S, per_s))


async def _weigh(watch: Watch, seconds: int) -> float | None:
    """Weigh everything now and then for so long; what it was at most."""
    most, until = await watch.memory_mb(), time.perf_counter() + seconds
    while (rest := until - time.perf_counter()) > 0:
        await asyncio.sleep(min(rest, WEIGH_SECONDS))
        now = await watch.memory_mb()
        most = max(most, now) if most is not None and now is not None else None
    return None if most is None else round(most)
