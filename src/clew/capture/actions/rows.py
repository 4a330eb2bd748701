"""What a worker does with an import: hold it, examine it, judge its rows, let them in, take them back.

Whoever holds an import renews the hold with every step, so that another worker goes on a while after
the first one died. Each step is one transaction and happens once: it keeps the position, or what became
of each row.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from clew.base.bulk import analyze, copy_in
from clew.base.json import dumps, to_builtins
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.capture.errors import HoldLost
from clew.capture.events import ImportEnded, ImportUndone
from clew.capture.inbox import STORE, Arrival, ConsentRow, Origin, SubmissionRow, rows_of
from clew.capture.models import Import, ImportRow, Submission
from clew.capture.queries import cells_place
from clew.capture.schemas import LeadIn, Outcome
from clew.capture.sheets.layout import Examined

State = Import.State
Verdict = ImportRow.Verdict
WORKING = (State.EXAMINING, State.CHECKING, State.IMPORTING, State.UNDOING)
HELD = timedelta(seconds=30)
COLUMNS = "batch_id, number, verdict, code, details, cells"
RUNNER = Actor("system", "import")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with its verdict; `cells` are kept of rows that stay out."""

    number: int
    verdict: str
    code: str = ""
    details: Mapping[str, Any] | None = None
    cells: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """A row on its way in; `code` is what the check had noted of it, `first` the row it repeats."""

    number: int
    code: str
    first: int | None
    lead: LeadIn
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a row; its submission, where it has one."""

    number: int
    submission: UUID | None
    verdict: str
    code: str = ""


Belt = Callable[[Sequence[UUID]], Mapping[UUID, tuple[str, str]]]


def take(holder: UUID, now: datetime) -> Import | None:
    """Take hold of an import that is to go on and that nobody holds; of several, the one that waits longest.

    Imports from a terminal have no file here and are held by their command alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update capture_import set held_by = %s, held_until = %s where id = (
              select id from capture_import
              where state = any(%s) and (file_id is not null or state = 'undoing')
                and (held_until is null or held_until < %s or held_by = %s)
              order by held_until nulls first, created_at limit 1 for update skip locked)
            returning id
            """,
            [holder, now + HELD, list(WORKING), now, holder],
        )
        found = cursor.fetchone()
    return Import.objects.select_related("source").get(pk=found[0]) if found else None


def hold(import_id: UUID, holder: UUID, now: datetime) -> Import:
    """Take hold of one import, or keep it. Raises HoldLost."""
    is_free = Q(held_by=holder) | Q(held_until=None) | Q(held_until__lt=now)
    own = Import.objects.filter(is_free, pk=import_id)
    if not own.update(held_by=holder, held_until=now + HELD):
        raise HoldLost
    return Import.objects.select_related("source").get(pk=import_id)


def renew(batch: Import, now: datetime) -> None:
    """Keep the hold during a step that takes long. Raises HoldLost."""
    mine = Import.objects.filter(pk=batch.pk, held_by=batch.held_by, state=batch.state)
    if not mine.update(held_until=now + HELD):
        raise HoldLost


@transaction.atomic
def keep_examined(batch: Import, found: Examined) -> None:
    """Keep how the file reads and what its columns look like. Raises HoldLost."""
    held = _mine(batch)
    held.layout, held.profiles = to_builtins(found.layout), to_builtins(found.columns)
    held.digest, held.row_count = found.digest, found.row_count
    _let_go(held, State.EXAMINED)


@transaction.atomic
def keep_unreadable(batch: Import, problem: str) -> None:
    """Keep why the file cannot be read. Raises HoldLost."""
    held = _mine(batch)
    held.problem = problem
    _let_go(held, State.FAILED)


@transaction.atomic
def begin_check(batch: Import, *, now: datetime) -> None:
    """Forget the verdicts of an earlier check. Raises HoldLost."""
    held = _mine(batch)
    ImportRow.objects.filter(batch=batch).delete()
    held.counts = {}
    _step(held, 0, now)


@transaction.atomic
def keep_verdicts(batch: Import, judged: Sequence[Judged], *, position: int, now: datetime) -> None:
    """Keep the verdicts of the next rows. Raises HoldLost."""
    held = _mine(batch)
    copy_in("capture_importrow", COLUMNS, (_row(batch.pk, j) for j in judged))
    _count(held, ((j.verdict, j.code, 1) for j in judged))
    _step(held, position, now)


@transaction.atomic
def end_check(batch: Import) -> None:
    """Every row has its verdict. Raises HoldLost."""
    held = _mine(batch)
    held.row_count = held.position
    analyze("capture_importrow")
    _let_go(held, State.CHECKED)


@transaction.atomic
def let_in(batch: Import, good: Sequence[Good], origin: Origin, *, now: datetime) -> list[UUID]:
    """Store good rows. Returns their ids, which wait for the belt. Raises HoldLost."""
    stored, known = _store(batch, good, origin, now)
    held = _mine(batch)
    ends = [Ended(number, id_, Verdict.WAITING) for number, id_ in stored.items()]
    _keep_ends(
        held, ends + [Ended(number, None, Verdict.DUPLICATE, "known_id") for number in known]
    )
    _step(held, held.position, now)
    return list(stored.values())


@transaction.atomic
def let_through(
    batch: Import, good: Sequence[Good], origin: Origin, belt: Belt, *, now: datetime
) -> None:
    """Store good rows and run the belt over them in the same transaction.

    `belt` takes the ids and says what became of each. What it raises leaves nothing behind; HoldLost too.
    Others may be at other rows of the same import meanwhile: who holds it is asked last.
    """
    stored, known = _store(batch, good, origin, now)
    became = belt(list(stored.values()))
    with connection.cursor() as cursor:
        # what is checked now holds nobody up
        cursor.execute("set constraints all immediate; set constraints all deferred")
    held = _mine(batch)
    codes = {row.number: row.code for row in good}
    ends = [Ended(n, id_, *end(codes[n], *became[id_])) for n, id_ in stored.items()]
    _keep_ends(
        held, ends + [Ended(number, None, Verdict.DUPLICATE, "known_id") for number in known]
    )
    _step(held, held.position, now)


@transaction.atomic
def pass_rows(batch: Import, position: int, *, now: datetime) -> None:
    """Note up to where all rows are in that go in. Raises HoldLost."""
    _step(_mine(batch), position, now)


@transaction.atomic
def keep_ends(batch: Import, ends: Sequence[Ended], *, now: datetime) -> None:
    """Keep what the belt made of rows that were waiting for it. Raises HoldLost."""
    held = _mine(batch)
    _keep_ends(held, ends)
    _count(held, [(Verdict.WAITING, "", -len(ends))])
    _step(held, held.position, now)


def end(code: str, verdict: str, failure: str) -> tuple[str, str]:
    """Give verdict and reason of a row by what its submission became and how the check had counted it."""
    if verdict == Verdict.STRENGTHENED and code == "same_person":
        return Verdict.DUPLICATE, code
    return verdict, failure


@transaction.atomic
def end_import(batch: Import, *, now: datetime) -> None:
    """Every row was handled. Raises HoldLost."""
    held = _mine(batch)
    held.ended_at = now
    append(ImportEnded(held.pk, held.counts), actor=RUNNER, at=now)
    analyze("capture_importrow", "capture_submission")
    _let_go(held, State.DONE)


@transaction.atomic
def keep_undone(batch: Import, *, undone: int, kept: int, position: int, now: datetime) -> None:
    """Keep how many submissions of the next rows were taken back, and how many stay. Raises HoldLost."""
    held = _mine(batch)
    _count(held, [("undone", "", undone), ("kept", "", kept)])
    _step(held, position, now)


@transaction.atomic
def end_undo(batch: Import, *, now: datetime) -> None:
    """All that could be taken back was. Raises HoldLost."""
    held = _mine(batch)
    undone, kept = held.counts.get("undone", 0), held.counts.get("kept", 0)
    append(ImportUndone(held.pk, undone, kept), actor=RUNNER, at=now)
    _let_go(held, State.UNDONE)


def seal_cells(import_id: UUID, number: int, cells: Sequence[str]) -> bytes:
    """Seal the cells of a row that stays out."""
    return seal(msgspec.json.encode(cells), cells_place(import_id, number))


def _mine(batch: Import) -> Import:
    held = (
        Import.objects.select_for_update(of=("self",))
        .filter(pk=batch.pk, held_by=batch.held_by, state=batch.state)
        .first()
    )
    if held is None:
        raise HoldLost
    return held


def _step(held: Import, position: int, now: datetime) -> None:
    held.position, held.held_until = position, now + HELD
    held.save(update_fields=["position", "held_until", "counts"])


def _let_go(held: Import, state: str) -> None:
    held.state, held.position = state, 0
    held.held_by = held.held_until = None
    held.save()


def _count(held: Import, changes: Iterable[tuple[str, str, int]]) -> None:
    """Add to the counts: by verdict, and by verdict and reason."""
    counts = Counter(held.counts)
    for verdict, code, n in changes:
        counts[verdict] += n
        if code:
            counts[f"{verdict}:{code}"] += n
    held.counts = {name: n for name, n in counts.items() if n}


def _row(import_id: UUID, judged: Judged) -> tuple[object, ...]:
    details = dumps(judged.details) if judged.details else None
    cells = seal_cells(import_id, judged.number, judged.cells) if judged.cells else None
    return import_id, judged.number, judged.verdict, judged.code, details, cells


def _store(
    batch: Import, good: Sequence[Good], origin: Origin, now: datetime
) -> tuple[dict[int, UUID], list[int]]:
    """Store leads by the numbers of their rows; and the numbers whose external id was there before."""
    channel = Submission.Channel.HISTORY if batch.is_history else Submission.Channel.FILE
    evidence = {"import": str(batch.pk), "file": batch.name}
    arrival = Arrival(channel, Actor(batch.actor_kind, batch.actor_id), evidence, now)
    submissions: list[SubmissionRow] = []
    consents: list[ConsentRow] = []
    for row in good:
        submission, basis = rows_of(row.lead, origin, arrival, row.outcome)
        submissions.append(submission)
        consents += basis
    ids = {submission.id: row.number for submission, row in zip(submissions, good, strict=True)}
    submissions.sort(key=lambda row: row.external or "")  # against deadlocks
    with connection.cursor() as cursor:
        cursor.execute(STORE, ["[]", dumps(submissions), dumps(consents)])
        missing = set(cursor.fetchone()[0] or ())
    stored = {number: id_ for id_, number in ids.items() if id_ not in missing}
    return stored, [ids[id_] for id_ in missing]


def _keep_ends(held: Import, ends: Sequence[Ended]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update capture_importrow r set submission_id = g.submission, verdict = g.verdict,
              code = case when g.verdict = 'waiting' then r.code else g.code end
            from json_to_recordset(%s) as g(number int, submission uuid, verdict text, code text)
            where r.batch_id = %s and r.number = g.number
            """,
            [dumps(ends), held.pk],
        )
    _count(held, [(e.verdict, e.code, 1) for e in ends])
