"""How many leads a second the whole belt handles: two worker processes, against known contacts."""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from typing import Any
from uuid import UUID

from django.db import connection

from clew.base.bulk import copy_in
from clew.base.ids import uuid7
from clew.base.sealing import lookup, seal
from clew.capture.models import Source
from clew.capture.schemas import Body, LeadIn, encode_body
from clew.contacts.lettering import letters
from clew.web.bench.servers import cpu_seconds
from clew.web.worker import run_belt_once, unburden

KNOWN = 0.3  # share of leads from a contact that exists
EVIDENCE = {"channel": "api"}
SEED = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to. CPU in microseconds per lead: Python and PostgreSQL."""

    belt_per_s: float
    python_us: float
    postgres_us: float

    @property
    def cpu_us(self) -> float:
        """Both."""
        return self.python_us + self.postgres_us


def measure(
    sources: list[Source],
    *,
    leads: int,
    contacts: int,
    workers: int,
    beside: Callable[[threading.Event], None] | None = None,
    seed: int = SEED,
) -> Figures:
    """Fill the queue and let `workers` processes empty it. Raises RuntimeError where a lead is lost.

    `beside` is what each of them does in another thread; it is told to stop once the queue is empty, and
    waited for. The same seed gives the same leads: the second time all of them are known.
    """
    fill(sources, leads=leads, contacts=contacts, seed=seed)
    fork = multiprocessing.get_context("fork")
    done: Queue[tuple[int, float, float]] = fork.Queue()
    go = fork.Barrier(workers + 1)
    before = _accounted()
    crew = [fork.Process(target=_work, args=(go, done, beside)) for _ in range(workers)]
    connection.close()  # the crew must not share it
    for process in crew:
        process.start()
    go.wait()
    start = time.perf_counter()
    results = [done.get() for _ in crew]
    seconds = time.perf_counter() - start
    for process in crew:
        process.join()
    _check(leads, sum(count for count, _, _ in results), before)
    return Figures(
        leads / seconds,
        sum(cpu for _, cpu, _ in results) / leads * 1e6,
        sum(cpu for _, _, cpu in results) / leads * 1e6,
    )


def add_contacts(count: int) -> None:
    """Put `count` people with one phone number each into an empty database."""
    now = datetime.now(UTC)
    ids = [uuid7() for _ in range(count)]
    copy_in(
        "contacts_contact",
        "id, name, company, initials, pairs, created_at",
        (_contact(number, contact_id, now) for number, contact_id in enumerate(ids)),
    )
    copy_in(
        "contacts_identifier",
        "contact_id, kind, digest, tail, sealed",
        (_identifier(number, contact_id) for number, contact_id in enumerate(ids)),
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze contacts_contact, contacts_identifier")


def fill(sources: list[Source], *, leads: int, contacts: int, seed: int = SEED) -> None:
    """Store `leads` submissions as capture does and leave them waiting."""
    now = datetime.now(UTC)
    chance = random.Random(seed)  # noqa: S311  the same leads in every run
    with connection.cursor() as cursor:
        rows = list(_submissions(sources, leads, contacts, now, chance))
        with cursor.copy(
            """copy capture_submission (id, source_id, channel, occurred_at, received_at, cost_minor,
              actor_kind, actor_id, body) from stdin"""
        ) as copying:
            for row in rows:
                copying.write_row(row)
        with cursor.copy("copy capture_waiting (submission_id) from stdin") as copying:
            for row in rows:
                copying.write_row(row[:1])
        cursor.execute("analyze capture_submission, capture_waiting")
        cursor.execute("checkpoint")


def phone(number: int) -> str:
    """Give the phone number of contact `number`."""
    return f"1{3 + number % 7}{number * 9973 % 10**9:09d}"


def given(number: int, contacts: int, chance: random.Random, source: str) -> LeadIn:
    """Make a lead as the yardstick's are: 30 % known, with company, e-mail and a message."""
    is_known = chance.random() < KNOWN
    return LeadIn(
        source=source,
        name=f"张三{number}",
        phone=phone(chance.randrange(contacts if is_known else 10**9)),
        company="某某自动化有限公司",
        email="" if is_known else f"u{chance.randrange(10**9)}@example.com",
        message=f"询价 400W 伺服电机 {chance.randrange(1, 50)} 台 " + "带抱闸，配驱动器 " * 11,
        region="苏州",
        utm={"campaign": f"c{number % 50}"},
    )


def _submissions(
    sources: list[Source], leads: int, contacts: int, now: datetime, chance: random.Random
) -> Iterator[tuple[Any, ...]]:
    for number in range(leads):
        source = sources[number % 10 == 0]
        submission_id = uuid7()
        body = Body(lead=given(number, contacts, chance, source.key), evidence=EVIDENCE)
        sealed = seal(encode_body(body), b"submission:" + submission_id.bytes)
        yield (submission_id, source.pk, "api", now, now, 3860, "system", "bench", sealed)


def _contact(number: int, contact_id: UUID, now: datetime) -> tuple[object, ...]:
    name, company = f"张三{number}", "某某自动化有限公司"
    found_by = letters(name, company)
    return contact_id, name, company, found_by["initials"], found_by["pairs"], now


def _identifier(number: int, contact_id: UUID) -> tuple[object, ...]:
    value = "+86" + phone(number)
    sealed = seal(value.encode(), b"identifier:" + contact_id.bytes)
    return contact_id, "phone", lookup(value, "phone"), lookup(value[-4:], "tail"), sealed


def _work(
    go: Any,
    done: "Queue[tuple[int, float, float]]",
    beside: Callable[[threading.Event], None] | None,
) -> None:
    unburden()
    stop = threading.Event()
    others = [threading.Thread(target=beside, args=(stop,), daemon=True)] if beside else []
    for other in others:
        other.start()
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    go.wait()
    count, began, backend_began = 0, time.process_time(), cpu_seconds([backend])
    while handled := run_belt_once(datetime.now(UTC)):
        count += handled
    stop.set()
    done.put((count, time.process_time() - began, cpu_seconds([backend]) - backend_began))
    for other in others:
        other.join()


def _check(leads: int, handled: int, before: tuple[int, ...]) -> None:
    accounted, places, opened, failed = (
        now - then for now, then in zip(_accounted(), before, strict=True)
    )
    if (handled, accounted, places, failed) != (leads, leads, opened, 0):
        raise RuntimeError(f"the belt lost leads: {handled=} {accounted=} {places=} {failed=}")


def _accounted() -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select count(*) from contacts_lead) + (select count(*) from contacts_repeat),
              (select count(*) from handoff_placement where closed_at is null),
              (select count(*) from contacts_lead), (select count(*) from capture_failure)"""
        )
        return tuple(cursor.fetchone())
