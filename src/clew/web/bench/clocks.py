"""`clew bench clocks`: how long it takes until all clocks that are due at once have gone on, and what is left of the belt.

Two workers run the belt, each with its clocks in a thread beside it, as `clew work` has them. The belt's leads are
fewer than it handles while the clocks go on, so that none of its time is without them.
"""

import argparse
import json
import multiprocessing
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from clew.capture.models import Source
from clew.pipeline.clocks.belt.reclaiming import reclaim
from clew.pipeline.models import Clock
from clew.web.bench import belt, company
from clew.web.chores import PAUSE_SECONDS
from clew.web.flow import keep_clocks
from clew.web.terminal import complain, say

PORTION = 20_000
FRESH = 1_000  # seeds that no lead was made from
DUE = """
update pipeline_clock set started_at = %(now)s - interval '2 hours', warn_at = null, breached_at = {breached},
  due_at = %(now)s - interval '1 hour', escalate_at = {escalate}, reclaim_at = {reclaim}
where id in (select id from pipeline_clock where stopped_at is null order by id limit %(count)s)
"""
# They have had it for longer than the clock runs: what somebody was given since is left to them.
GIVEN_BEFORE = """
update handoff_placement p set opened_at = %(now)s - interval '3 hours' from pipeline_clock c
where c.lead_id = p.lead_id and p.closed_at is null and c.stopped_at is null and c.next_at <= %(now)s
"""
AGO = "%(now)s - interval '1 minute'"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    clocks: int = 100_000
    leads: int = 15_000
    reclaims: int = 20_000
    contacts: int = 100_000


QUICK = Size(clocks=4_000, leads=1_500, reclaims=500, contacts=5_000)


class Keeping:
    """Keeps the clocks in threads of several processes, and knows when the first began and the last was done."""

    def __init__(self) -> None:
        """Nothing was kept yet."""
        fork = multiprocessing.get_context("fork")
        self._began, self._ended = fork.Value("d", 0.0), fork.Value("d", 0.0)

    def go_on(self, stop: threading.Event) -> None:
        """Do piece after piece until told to stop, and rest after each as the chores do."""
        try:
            while not stop.is_set():
                self.one()
                stop.wait(PAUSE_SECONDS)
        finally:
            connection.close()

    def one(self) -> bool:
        """Do one piece. Tells whether there was anything to do."""
        with self._began.get_lock():
            self._began.value = self._began.value or time.time()
        now = datetime.now(UTC)
        is_any = Clock.objects.filter(next_at__lte=now, stopped_at=None).exists()
        is_full = keep_clocks(now)
        if is_any:
            with self._ended.get_lock():
                self._ended.value = time.time()
        return is_full

    @property
    def seconds(self) -> float:
        """How long it took from the first piece to the last."""
        return float(self._ended.value - self._began.value)


def main() -> None:
    """Measure and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    size = QUICK if parser.parse_args().quick else Size()
    say(json.dumps(measure(company.sources(), size)))


def measure(sources: list[Source], size: Size) -> dict[str, float]:
    """Build the clocks, then let them be due. Raises RuntimeError where one did not go on, or went on twice."""
    belt.add_contacts(size.contacts)
    _build(sources, size)
    alone = _belt(sources, size, FRESH)
    make_due(size.clocks, escalate=AGO)
    keeping = Keeping()
    beside = _belt(sources, size, FRESH + 1, keeping)
    while keeping.one():
        pass
    told = _told()
    if told != {"ClockBreached": size.clocks, "ClockEscalated": size.clocks}:
        raise RuntimeError(f"clocks went on otherwise than once: {told}")
    return {
        "clocks": size.clocks,
        "clocks_s": round(keeping.seconds, 1),
        "clocks_per_s": round(size.clocks / keeping.seconds),
        "belt_alone_per_s": round(alone),
        "belt_beside_per_s": round(beside),
        "clocks_belt_kept": round(beside / alone, 2),
        "reclaims_per_s": round(_reclaim(size.reclaims)),
    }


def make_due(count: int, *, escalate: str = "null", reclaim_at: str = "null") -> None:
    """Let so many running clocks be due, from the first on: to run out, or to be taken back."""
    breached = "null" if reclaim_at == "null" else AGO
    with connection.cursor() as cursor:
        cursor.execute(
            DUE.format(breached=breached, escalate=escalate, reclaim=reclaim_at),
            {"now": datetime.now(UTC), "count": count},
        )
        cursor.execute(GIVEN_BEFORE, {"now": datetime.now(UTC)})
        cursor.execute("vacuum analyze pipeline_clock")


def _build(sources: list[Source], size: Size) -> None:
    seed = 0
    while (running := Clock.objects.filter(stopped_at=None).count()) < size.clocks:
        seed += 1
        leads = min(PORTION, 2 * (size.clocks - running) + 100)
        belt.measure(sources, leads=leads, contacts=size.contacts, workers=2, seed=seed)
        complain(f"{running} clocks …")
    Clock.objects.update(due_at=datetime.now(UTC) + timedelta(days=1), warn_at=None)
    Clock.objects.update(escalate_at=None, reclaim_at=None)


def _belt(sources: list[Source], size: Size, seed: int, keeping: Keeping | None = None) -> float:
    return belt.measure(
        sources,
        leads=size.leads,
        contacts=size.contacts,
        workers=2,
        seed=seed,
        beside=keeping.go_on if keeping else None,
    ).belt_per_s


def _told() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select name, count(distinct (subject, data ->> 'clock_id')) * (case when
              count(*) = count(distinct (subject, data ->> 'clock_id')) then 1 else -1 end)
            from base_entry where name like 'Clock%%ed' and name not in ('ClockStarted', 'ClockWarned')
            group by name order by name
            """
        )
        return dict(cursor.fetchall())


def _reclaim(count: int) -> float:
    make_due(count, reclaim_at=AGO)
    began = time.perf_counter()
    while reclaim(datetime.now(UTC)).count:
        pass
    took = time.perf_counter() - began
    done = Clock.objects.filter(reclaimed_at__isnull=False).count()
    if done != count:
        raise RuntimeError(f"{done} of {count} leads were handed on")
    return count / took
