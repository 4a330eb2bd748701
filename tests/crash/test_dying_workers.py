"""Each kind of long job with workers that are killed by -9 before their first, second, … commit: it ends, once (R11).

Whoever goes on may do so when the hold of the dead one has run out, at most a minute later.
"""

import csv
import io
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from clew.base import files
from clew.base.models import Entry
from clew.capture.actions import imports, reruns
from clew.capture.models import Failure, Import, ImportRow, Rerun, Waiting
from clew.contacts.models import Lead, Suspect
from clew.pipeline.actions import exports
from clew.pipeline.bulk import actions as bulk
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.models import BulkEdit, Export
from clew.web import importing, searching
from clew.web.chores import Chore
from clew.web.office import settling
from clew.web.worker import run_belt_once
from tests.company import HOT, MONDAY_NOON, TESTER, Company, enquire, found, submit
from tests.pipeline.test_exports import ALL
from tests.web import imported

pytestmark = [
    pytest.mark.crash,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
A_MINUTE = timedelta(seconds=60)
MOST_COMMITS = 40


@dataclass
class Job:
    """A kind of long job: begun, carried on by a chore, and what must hold when it has ended."""

    begin: Callable[[Company, int], Any]
    chore: Chore
    holds: Callable[[Any], bool]


def leads_of(company: Company, round_number: int, count: int = 3) -> list[Any]:
    numbers = (f"13{round_number:04}{n:05}" for n in range(count))
    return [enquire(company.site, MONDAY_NOON, phone=phone, **HOT) for phone in numbers]


def begin_bulk(company: Company, number: int, act: str = "plan") -> BulkEdit:
    viewer, now = company.administrator, imported.now()
    made = bulk.choose(uuid4(), act, viewer=viewer, now=now, lead_ids=leads_of(company, number))
    due_at = (now + timedelta(days=1)).isoformat()
    terms = Terms(due_at=due_at) if act == "plan" else Terms(end="won")
    bulk.say(made.pk, terms, viewer=viewer, now=now)
    bulk.start(made.pk, viewer=viewer, now=now)
    return made


def bulk_holds(made: BulkEdit) -> bool:
    made.refresh_from_db()
    leads = list(made.rows.values_list("lead_id", flat=True))
    planned = Entry.objects.filter(name="NextStepPlanned", subject__in=leads).count()
    return made.state == "done" and made.rows.filter(state="done").count() == planned == 3


def begin_bulk_undo(company: Company, number: int) -> BulkEdit:
    made = begin_bulk(company, number, "close")
    while bulk.advance(imported.now()):
        pass
    return bulk.undo(made.pk, uuid4(), viewer=company.administrator, now=imported.now())


def bulk_undo_holds(back: BulkEdit) -> bool:
    back.refresh_from_db()
    leads = list(back.rows.values_list("lead_id", flat=True))
    reopened = Entry.objects.filter(name="LeadReopened", subject__in=leads).count()
    return back.state == "done" and back.rows.filter(state="done").count() == reopened == 3


def begin_export(company: Company, number: int) -> Export:
    leads_of(company, number)
    order = replace(ALL, columns=("lead",))
    return exports.ask(order, viewer=company.administrator, now=imported.now())


def export_holds(export: Export) -> bool:
    export.refresh_from_db()
    assert export.file_id
    text = b"".join(files.read(export.file_id)).decode("utf-8-sig")
    seen = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    return sorted(seen) == sorted(map(str, Lead.objects.values_list("pk", flat=True)))


def begin_import(company: Company, number: int) -> Import:
    rows = "\n".join(f"13{number:04}{n:05},row {n}" for n in range(4))
    batch = imported.check(imported.send(f"phone,message\n{rows}".encode()), company)
    imports.start(batch.pk, actor=imported.ANNA, now=imported.now())
    return batch


def import_holds(batch: Import) -> bool:
    batch.refresh_from_db()
    ids = list(ImportRow.objects.filter(batch=batch).values_list("submission", flat=True))
    return (batch.state, batch.counts.get("new"), Lead.objects.filter(pk__in=ids).count()) == (
        "done",
        4,
        4,
    )


def begin_undo(company: Company, number: int) -> Import:
    batch = imported.work(begin_import(company, number).pk, "importing")
    imports.undo(batch.pk, actor=imported.ANNA, now=imported.now())
    return batch


def undo_holds(batch: Import) -> bool:
    batch.refresh_from_db()
    return (batch.state, batch.counts.get("undone"), Lead.objects.count()) == ("undone", 4, 0)


def begin_replay(company: Company, number: int) -> Rerun:
    for _ in range(3):
        submit(company.site, imported.now(), phone="no number")
    while run_belt_once(imported.now()):
        pass
    made = reruns.begin("replay", {}, 3, actor=TESTER, now=imported.now())
    return Rerun.objects.get(pk=made)


def replay_holds(rerun: Rerun) -> bool:
    rerun.refresh_from_db()
    replayed = Failure.objects.filter(settled_at=None).count(), Waiting.objects.count()
    is_once = (rerun.done, rerun.refused, *replayed) == (3, 0, 0, 3)
    while run_belt_once(imported.now()):
        pass
    Failure.objects.all().delete()
    return rerun.ended_at is not None and is_once


def begin_search(company: Company, number: int) -> int:
    earlier = imported.now() - timedelta(minutes=10)
    before = Suspect.objects.count()
    for last in ("12", "21"):
        enquire(company.site, earlier, phone=f"137{1117 * number:05}0{last}", name="王")
    return before


def search_holds(before: int) -> bool:
    return Suspect.objects.count() == before + 1


JOBS = {
    "bulk edit": Job(begin_bulk, bulk.advance, bulk_holds),
    "undo of a bulk edit": Job(begin_bulk_undo, bulk.advance, bulk_undo_holds),
    "export": Job(begin_export, exports.advance, export_holds),
    "import": Job(begin_import, importing.work, import_holds),
    "undo of an import": Job(begin_undo, importing.work, undo_holds),
    "replay of failures": Job(begin_replay, settling.go_on, replay_holds),
    "search for duplicates": Job(begin_search, searching.go_on, search_holds),
}


def die(chore: Chore, nth: int) -> bool:
    """Let another process do a chore and kill it right before its n-th commit. False where it has fewer."""
    connections.close_all()
    worker = os.fork()
    if not worker:
        _work_and_die(chore, nth)
    _pid, status = os.waitpid(worker, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _work_and_die(chore: Chore, nth: int) -> None:
    """In the child: threads and holds of the parent are not there."""
    status = 1
    try:
        importing.HOLDER = uuid4()
        importing._readers.clear()
        importing._beside, importing._lane = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        commit, left = BaseDatabaseWrapper._commit, nth

        def last(self: BaseDatabaseWrapper) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return commit(self)

        BaseDatabaseWrapper._commit = last  # type: ignore[method-assign]
        carry_on(chore, datetime.now(UTC))
        status = 0
    finally:
        os._exit(status)


def carry_on(chore: Chore, now: datetime) -> None:
    while chore(now):
        pass


@pytest.mark.parametrize("kind", JOBS)
def test_a_job_whose_workers_die_ends_once(kind: str) -> None:
    company, job = found(capacity=1_000), JOBS[kind]
    for nth in range(1, MOST_COMMITS):
        begun = job.begin(company, nth)
        has_died = die(job.chore, nth)
        importing._readers.clear()
        carry_on(job.chore, datetime.now(UTC) + A_MINUTE)
        assert job.holds(begun), f"{kind}, killed before commit {nth}"
        if not has_died:
            assert nth > 1
            return
    pytest.fail("it commits without end")
