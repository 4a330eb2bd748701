"""Reading a list page by page while others write: nothing missed, nothing twice."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client

from clew.contacts.models import Contact, Lead
from clew.web.flow import undo
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, Company, found, submit
from tests.races.threads import at_once
from tests.web.api.programs import follow, page, program

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_NOON + timedelta(hours=1)
LEADS = 500
MORE = 50


@pytest.mark.slow
def test_500_leads_are_read_while_others_come_and_are_undone() -> None:
    company = found(capacity=10_000)
    there = arrive(company, range(LEADS))
    undone = there[::10]
    crm = program(company.administrator)
    writes, over = threading.Event(), threading.Event()
    seen: list[dict[str, Any]] = []
    came: list[UUID] = []

    def write() -> None:
        try:
            for number in range(MORE):
                came.extend(arrive(company, [LEADS + number]))
                if number < len(undone):
                    undo([undone[number]], LATER)
                writes.set()
        finally:
            over.set()

    def read() -> None:
        writes.wait(10)
        cursor = ""
        while True:
            is_over = over.is_set()
            told = page(crm, "leads", limit=20, **({"cursor": cursor} if cursor else {}))
            seen.extend(told["items"])
            cursor = told["next_cursor"]
            if is_over and not told["has_more"]:
                return

    assert not at_once(write, read)
    counts = Counter(UUID(item["id"]) for item in seen)
    assert counts.keys() >= set(Lead.objects.values_list("pk", flat=True))
    assert set(counts.values()) == {1}
    gone = {UUID(item["id"]) for item in follow(crm, "deletions", kind="lead")[0]}
    assert gone == set(undone)
    assert counts.keys() - gone == {*there, *came} - gone


def arrive(company: Company, numbers: Any) -> list[UUID]:
    leads = [submit(company.site, phone=f"138{n:08}", **HOT) for n in numbers]
    while run_belt_once(MONDAY_NOON):
        pass
    return leads


@pytest.mark.parametrize("writers", [6])
def test_whoever_commits_out_of_order_is_read_all_the_same(writers: int) -> None:
    crm = program(found().administrator)
    seen: Counter[str] = Counter()
    left = threading.Semaphore(0)
    made: list[UUID] = []

    def write(pause: float) -> Callable[[], None]:
        def act() -> None:
            for _ in range(12):
                with transaction.atomic():
                    made.append(Contact.objects.create(id=uuid4(), created_at=MONDAY_NOON).pk)
                    time.sleep(pause)  # its number is given out, its commit is not there yet
            left.release()

        return act

    def read() -> None:
        cursor, over = "", 0
        while True:
            over += left.acquire(blocking=False)
            items, cursor = follow_some(crm, cursor)
            seen.update(items)
            if over == writers and not items:
                return

    assert not at_once(read, *(write(0.005 * (n + 1)) for n in range(writers)))
    assert seen == Counter(dict.fromkeys(map(str, made), 1))


def follow_some(crm: Client, cursor: str) -> tuple[list[str], str]:
    items, cursor = follow(crm, "contacts", cursor, limit=3)
    return [item["id"] for item in items], cursor
