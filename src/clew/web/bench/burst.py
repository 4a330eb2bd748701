"""Ten times as many leads as the system can take, for a while: every answer is true, and then it is quick again.

An answer is true where it acknowledges leads that are stored, or says 429 or 503 and when to come again.
"""

import asyncio
import time
from uuid import UUID

import uvloop

from clew.capture.models import Submission
from clew.web.bench.accept import token
from clew.web.bench.both import Figures, system
from clew.web.bench.start import weight
from clew.web.bench.traffic import Journal, Traffic
from clew.web.bench.watch import Watch, watching

TIMES = 12  # so that ten are reached: a turn that somebody missed is not made up for
SINGLE = 0.02  # share of leads that come one by one: more would be the client's burst
ARRAYS, SINGLES = 600, 100  # senders: three times as many leads under way as may wait
WEIGH_SECONDS = 2.0
AFTER_SECONDS, AFTER_PER_S = 5, 200
PORTION = 10_000


def measure(seconds: int, contacts: int, per_s: float) -> Figures:
    """Measure with one worker, as `clew up` has it. Raises RuntimeError where an answer was not true."""
    with system(workers=1) as (url, processes):
        traffic = Traffic(url, token(), contacts, TIMES * per_s, SINGLE, ARRAYS, SINGLES)
        figures = uvloop.run(_measure(traffic, processes, seconds))
    missing = traffic.journal.accepted - _stored(traffic.journal)
    if missing or traffic.journal.dishonest:
        raise RuntimeError(f"answers were not true: {missing=} {traffic.journal.dishonest[:3]}")
    return figures


async def _measure(traffic: Traffic, processes: list[int], seconds: int) -> Figures:
    async with watching(processes) as watch:
        before, began = await watch.books(), time.perf_counter()
        async with traffic.flowing() as journal:
            memory = await _weigh(processes[0], seconds)
            took = time.perf_counter() - began
            offered = journal.offered
        calm = Traffic(traffic.url, traffic.token, traffic.contacts, AFTER_PER_S, 1 / 2, seed=12)
        async with calm.flowing() as after:
            await asyncio.sleep(AFTER_SECONDS)
        _check_counts(before.stored, (await watch.books()).stored, [journal, after])
        drained = await _drain(watch)
    return {
        "burst_times": round(offered / took / traffic.per_s * TIMES, 1),
        "burst_offered_per_s": round(offered / took),
        "burst_accepted_per_s": round(journal.accepted / took),
        "burst_sent_away": journal.statuses[503] + journal.statuses[429],
        "burst_unanswered": journal.unanswered,
        "burst_p50_ms": journal.wait_ms(0.5),
        "burst_p99_ms": journal.wait_ms(0.99),
        "burst_longest_ms": journal.wait_ms(1),
        "burst_web_rss_mb": memory,
        "burst_after_p99_ms": after.wait_ms(0.99),
        "burst_drain_s": round(drained),
    }


async def _weigh(pid: int, seconds: int) -> int:
    """Weigh the web process now and then for so long; what it was at most, in megabytes."""
    most, until = 0.0, time.perf_counter() + seconds
    while (rest := until - time.perf_counter()) > 0:
        await asyncio.sleep(min(rest, WEIGH_SECONDS))
        most = max(most, await asyncio.to_thread(weight, [pid], None))
    return round(most)


async def _drain(watch: Watch) -> float:
    seconds = await watch.until_drained()
    books = await watch.books()
    if not books.is_whole or books.failed:
        raise RuntimeError(f"the belt lost leads: {books}")
    return seconds


def _check_counts(before: int, now: int, journals: list[Journal]) -> None:
    """Compare: what is stored was acknowledged, but for what was sent and never answered."""
    surplus = now - before - sum(journal.accepted for journal in journals)
    if not 0 <= surplus <= sum(journal.unanswered for journal in journals):
        raise RuntimeError(f"{surplus} more are stored than were acknowledged")


def _stored(journal: Journal) -> int:
    """How many of the ids that were given out are there."""
    ids, found = [UUID(one) for one in journal.ids()], 0
    for at in range(0, len(ids), PORTION):
        found += Submission.objects.filter(pk__in=ids[at : at + PORTION]).count()
    return found
