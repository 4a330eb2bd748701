"""`clew bench recycle`: how soon leads that are all due at once go back to their pools, and what the belt keeps.

All were given to people by the belt and are made a day older then, so that the rule of a first call within an
hour takes every one. They go back while two workers have the belt full; its pace is that of the time in between.
"""

import argparse
import json
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from clew.access.models import Team
from clew.capture.models import Source, Waiting
from clew.handoff.models import Placement, Seat
from clew.handoff.pools.actions import PoolTerms, set_policy
from clew.handoff.pools.models import Recall
from clew.web.bench import belt, company
from clew.web.chores import PAUSE_SECONDS
from clew.web.flow import recycle
from clew.web.terminal import say

DUE, QUICK_DUE = 100_000, 5_000
LOAD, QUICK_LOAD = 300_000, 15_000
CONTACTS, QUICK_CONTACTS = 1_000_000, 20_000
PORTION = 20_000
PATIENCE_SECONDS = 600
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when leads went back, and how many waited for the belt then; shared by the workers."""

    began: Any
    ended: Any
    before: Any
    after: Any

    @property
    def seconds(self) -> float:
        """How long it took."""
        took: float = self.ended.value - self.began.value
        return took

    @property
    def belt_per_s(self) -> float:
        """What the belt did meanwhile."""
        handled: float = self.before.value - self.after.value
        return handled / self.seconds


def main() -> None:
    """Measure and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    sources = company.sources()
    contacts = QUICK_CONTACTS if options.quick else CONTACTS
    belt.add_contacts(contacts)
    due, load = (QUICK_DUE, QUICK_LOAD) if options.quick else (DUE, LOAD)
    say(json.dumps(measure(sources, due=due, load=load, contacts=contacts)))


def measure(sources: list[Source], *, due: int, load: int, contacts: int) -> Figures:
    """Give the belt's pace alone and while so many leads go back. Raises RuntimeError where one does not, or twice."""
    _hand_out(sources, due, contacts)
    alone = belt.measure(sources, leads=load // 3, contacts=contacts, workers=2, seed=900)
    _age(due)
    for team in Team.objects.all():
        terms = PoolTerms(uncontacted_minutes=60)
        set_policy(team.pk, terms, actor=company.BENCH, now=datetime.now(UTC))
    window = Window(*(multiprocessing.Value("d", 0.0) for _ in range(4)))
    work = belt.measure(
        sources, leads=load, contacts=contacts, workers=2, beside=_beside(window, due), seed=901
    )
    _check(due)
    return {
        "recycled": due,
        "recycle_s": round(window.seconds, 1),
        "recycle_per_s": round(due / window.seconds),
        "belt_per_s": round(alone.belt_per_s),
        "belt_beside_per_s": round(window.belt_per_s),
        "belt_kept": round(window.belt_per_s / alone.belt_per_s, 2),
        "belt_whole_per_s": round(work.belt_per_s),
    }


def _hand_out(sources: list[Source], due: int, contacts: int) -> None:
    """Let the belt give leads to people until so many are with somebody."""
    seed = 500
    while (missing := due - _held()) > 0:
        belt.measure(
            sources, leads=min(PORTION, 2 * missing), contacts=contacts, workers=2, seed=seed
        )
        seed += 1


def _held() -> int:
    return Placement.objects.filter(kind=Placement.Kind.PERSON, closed_at=None).count()


def _age(due: int) -> None:
    """Make so many of what is held a day older: the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update handoff_placement set opened_at = opened_at - interval '1 day' where id in (
              select id from handoff_placement where closed_at is null and kind = 'person'
              order by id limit %s)
            """,
            [due],
        )
        cursor.execute("vacuum analyze handoff_placement, grading_grade, contacts_lead")
        cursor.execute("checkpoint")


def _beside(window: Window, due: int) -> Callable[[threading.Event], None]:
    def run(stop: threading.Event) -> None:
        """Take leads back as the worker's chore does, until all of them are in a pool: with the belt idle as well."""
        with window.began.get_lock():
            if not window.began.value:
                window.before.value = Waiting.objects.count()
                window.began.value = time.time()
        late = time.monotonic() + PATIENCE_SECONDS
        while recycle(datetime.now(UTC)) or Recall.objects.count() < due:
            if time.monotonic() > late:
                break
            stop.wait(PAUSE_SECONDS)
        with window.ended.get_lock():
            if not window.ended.value:
                window.ended.value = time.time()
                window.after.value = Waiting.objects.count()
        connection.close()

    return run


def _check(due: int) -> None:
    """Raise where not exactly those that were due went back, or the seats' counts are not what they hold."""
    recalled = Recall.objects.count()
    counted = sum(Seat.objects.values_list("open_count", flat=True))
    if recalled != due or counted != _held():
        raise RuntimeError(f"not what was due: {recalled=} {due=} {counted=} held={_held()}")
