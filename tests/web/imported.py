"""A file brought in as a person and the worker would, for tests."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from clew.base.ledger import Actor
from clew.capture.actions import imports
from clew.capture.columns import Plan
from clew.capture.guessing import guess
from clew.capture.models import Import, ImportRow
from clew.capture.sheets.layout import ColumnProfile
from clew.web import importing
from clew.web.worker import run_belt_once
from tests.company import Company

ANNA = Actor("member", "1")
State = Import.State


def now() -> datetime:
    """The time at this edge."""
    return datetime.now(UTC)


def send(content: bytes, name: str = "leads.csv") -> Import:
    """Send a file in two pieces and let it be examined."""
    batch = imports.begin(name, len(content), actor=ANNA, now=now())
    middle = len(content) // 2
    imports.add_piece(batch.pk, 0, content[:middle])
    imports.add_piece(batch.pk, middle, content[middle:])
    imports.finish_upload(batch.pk)
    return work(batch.pk, State.EXAMINING)


def guessed(batch: Import, *, is_history: bool = False, **targets: str) -> Plan:
    """The plan that is guessed, with targets changed by the names of columns."""
    profiles = msgspec.convert(batch.profiles, list[ColumnProfile])
    plan = guess(profiles, is_history=is_history, row_count=batch.row_count)
    changed = [
        msgspec.structs.replace(c, target=targets.get(c.name, c.target)) for c in plan.columns
    ]
    return msgspec.structs.replace(plan, columns=changed)


def check(batch: Import, company: Company, plan: Plan | None = None, **targets: str) -> Import:
    """Settle what the columns are, and let every row be judged."""
    plan = plan or guessed(batch, **targets)
    imports.settle(batch.pk, source_key=company.site.key, plan=plan, actor=ANNA, now=now())
    return work(batch.pk, State.CHECKING)


def bring(company: Company, content: bytes, **targets: str) -> Import:
    """Send, check and let in."""
    batch = check(send(content), company, **targets)
    imports.start(batch.pk, actor=ANNA, now=now())
    return work(batch.pk, State.IMPORTING)


def take_back(batch: Import) -> Import:
    """Undo an import to its end."""
    imports.undo(batch.pk, actor=ANNA, now=now())
    return work(batch.pk, State.UNDOING)


def work(import_id: UUID, state: str) -> Import:
    """Let the worker go on until the import has left a state."""
    for _ in range(1000):
        batch = Import.objects.get(pk=import_id)
        if batch.state != state:
            return batch
        importing.work(now())
        run_belt_once(now())
    raise AssertionError(f"the import stays {state}: {batch.counts}")


def verdicts(batch: Import) -> dict[int, tuple[str, str]]:
    """Verdict and reason of each row by its number."""
    rows = ImportRow.objects.filter(batch=batch).order_by("number")
    return {row.number: (row.verdict, row.code) for row in rows}


def on_disk(folder: Path, content: bytes, name: str = "leads.csv") -> Path:
    """The same content as a file for the terminal."""
    file = folder / name
    file.write_bytes(content)
    return file
