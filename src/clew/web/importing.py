"""Carrying an import on, a bounded piece at a time: examine, judge every row, let the good ones in, undo.

A reader of the file stays open between the pieces; whoever has none opens one and goes to the position.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.base.away import AWAY
from clew.base.bulk import analyze
from clew.base.ids import uuid7
from clew.base.sealing import lookup
from clew.capture import columns
from clew.capture.actions import rows
from clew.capture.actions.leads import SKEW
from clew.capture.actions.rows import Ended, Good, Judged
from clew.capture.columns import Plan, RowRead
from clew.capture.errors import HoldLost
from clew.capture.inbox import Origin
from clew.capture.models import Import, ImportRow
from clew.capture.queries import fit_rows, known_external_ids, next_to_undo, waiting_rows
from clew.capture.rules import encode, holds_nul
from clew.capture.schemas import LeadIn
from clew.capture.seen import Seen
from clew.capture.sheets import reading
from clew.capture.sheets.content import Content, Stored
from clew.capture.sheets.layout import Layout, Row
from clew.contacts.queries import became, with_open_lead
from clew.errors import ClewError
from clew.web import worker
from clew.web.flow import undo

AHEAD = 2  # chunks
AT_ONCE = 500
HISTORY_AT_ONCE = 2_000  # holds nobody up
UNDONE_AT_ONCE = 750  # the belt stands still meanwhile, about a third of a second
PIECE_SECONDS = 0.5
MANY_ROWS = 2_000
BUILT_ON = ("contacts_lead", "contacts_contact", "base_entry", "handoff_placement", "grading_grade")
HOLDER = uuid7()  # this process
State = Import.State
Verdict = ImportRow.Verdict

RESOLVED_AT_ONCE = 2_000
Key = tuple[str, bytes]


Chunk = list[tuple[Row, RowRead | None]]
_beside = ThreadPoolExecutor(1, thread_name_prefix="reading")
_lane = ThreadPoolExecutor(1, thread_name_prefix="letting in")


@dataclass(slots=True)
class Reader:
    """The rows of one file from the position on, and what was seen of it."""

    plan: Plan
    source: str
    latest: datetime  # no row can tell of a later time, whatever the day it is read on
    rows: Iterator[Row]
    ahead: deque[Future[Chunk]] = field(default_factory=deque)  # read while the database is busy
    position: int = 0
    until: float = 0.0  # when this piece is long enough
    seen: Seen = field(default_factory=Seen)


_readers: dict[UUID, Reader] = {}


def work(now: datetime) -> bool:
    """Carry on one import of those that nobody holds. The chore of `web/chores.py`."""
    batch = rows.take(HOLDER, now)
    if batch is None:
        _readers.clear()
        return False
    try:
        return carry_on(batch, Stored(batch.file_id, batch.name) if batch.file_id else None)
    except HoldLost:
        _readers.pop(batch.pk, None)
        return True


def carry_on(batch: Import, content: Content | None) -> bool:
    """Do one piece of what an import's state asks for. False: it has to wait for the belt.

    Raises HoldLost where somebody paused it, or another worker has it.
    """
    if batch.state == State.UNDOING:
        return _undo(batch)
    if content is None:
        return False
    if batch.state == State.EXAMINING:
        return _examine(batch, content)
    return _judge(batch, content) if batch.state == State.CHECKING else _let_in(batch, content)


def _examine(batch: Import, content: Content) -> bool:
    chosen = msgspec.convert(batch.layout, Layout) if batch.layout else None
    try:
        found = reading.examine(content, chosen, tell=lambda _done: rows.renew(batch, _now()))
    except HoldLost:
        raise
    except ClewError as error:
        rows.keep_unreadable(batch, error.code)
    else:
        rows.keep_examined(batch, found)
    return True


def _judge(batch: Import, content: Content) -> bool:
    """Give the next rows their verdicts; without the reader that saw the rows before, from the start."""
    reader = _readers.get(batch.pk)
    if reader is None or reader.position != batch.position:
        rows.begin_check(batch, now=_now())
        reader = _open(batch, content)
    for chunk in _chunks(reader):
        judged = _verdicts(batch, reader, chunk)
        rows.keep_verdicts(batch, judged, position=reader.position, now=_now())
        if _is_over(reader):
            return True
    rows.end_check(batch)
    del _readers[batch.pk]
    return True


def _let_in(batch: Import, content: Content) -> bool:
    """Store the next good rows and run the belt over them. The rest of the belt's work may be elsewhere."""
    reader = _readers.get(batch.pk)
    if reader is None or reader.position != batch.position:
        reader = _open(batch, content)
        reader.position = sum(1 for _ in islice(reader.rows, batch.position))
    chunks = _chunks(reader)
    for chunk in chunks:
        _store_two(batch, _good(batch, chunk), _good(batch, next(chunks, [])))
        rows.pass_rows(batch, reader.position, now=_now())
        if _is_over(reader):
            return True
    if _resolve(batch):
        return False
    rows.end_import(batch, now=_now())
    del _readers[batch.pk]
    return True


def _store_two(batch: Import, one: Sequence[Good], other: Sequence[Good]) -> None:
    """Let two chunks in side by side, unless what one began the other goes on with."""
    if one and other and _is_apart(one, other) and not connection.in_atomic_block:
        beside = _lane.submit(_store_beside, batch, other)
        try:
            _store(batch, one)
        finally:
            beside.result()
    else:
        _store(batch, one)
        _store(batch, other)


def _is_apart(one: Sequence[Good], other: Sequence[Good]) -> bool:
    """Tell whether nobody sent rows of both: the first of them decides what the later ones become."""
    span = range(one[0].number, one[-1].number + 1)
    return all(row.first not in span for row in other)


def _store_beside(batch: Import, good: Sequence[Good]) -> None:
    try:
        _store(batch, good)
    finally:
        connection.close()


def _store(batch: Import, good: Sequence[Good]) -> None:
    """Let rows in and through the belt at once; where one of them hinders that, let the worker sort it out."""
    if not good:
        return
    origin, now = _origin(batch), _now()

    def belt(ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, str]]:
        worker.ride(ids, now)
        return became(ids)

    try:
        worker.retried(lambda: rows.let_through(batch, good, origin, belt, now=now))
    except (HoldLost, *AWAY):
        raise
    except Exception:  # noqa: BLE001  a poisonous row may fail in any way; the worker isolates it
        worker.handle(rows.let_in(batch, good, origin, now=now), now)
        _resolve(batch)


def _undo(batch: Import) -> bool:
    """Take the last rows back first, since earlier ones may carry what later ones brought."""
    if not batch.position and batch.row_count >= MANY_ROWS:
        analyze(*BUILT_ON)
    until = time.monotonic() + PIECE_SECONDS
    while chunk := next_to_undo(batch, UNDONE_AT_ONCE):
        batch.position = chunk[-1][0]
        with transaction.atomic():  # taken back and counted, or neither
            done = undo([submission_id for _, submission_id in chunk], _now())
            rows.keep_undone(
                batch, undone=done.undone, kept=done.kept, position=batch.position, now=_now()
            )
        if time.monotonic() > until:
            return True
    rows.end_undo(batch, now=_now())
    return True


def _open(batch: Import, content: Content) -> Reader:
    layout, plan = msgspec.convert(batch.layout, Layout), msgspec.convert(batch.plan, Plan)
    latest = batch.created_at + SKEW
    reader = Reader(plan, _origin(batch).key, latest, reading.rows(content, layout))
    _readers[batch.pk] = reader
    return reader


def _chunks(reader: Reader) -> Iterator[Chunk]:
    """Give the rows that are left, so many at once; what is given counts as passed."""
    reader.until = time.monotonic() + PIECE_SECONDS
    while True:
        while len(reader.ahead) < AHEAD:
            reader.ahead.append(_read_on(reader))
        chunk = reader.ahead.popleft().result()
        if not chunk:
            return
        reader.position += len(chunk)
        yield chunk


def _read_on(reader: Reader) -> Future[Chunk]:
    """Let a thread read the next rows. The file's bytes come from here: they may be in the database."""
    count = HISTORY_AT_ONCE if reader.plan.is_history else AT_ONCE
    return _beside.submit(_read, reader, list(islice(reader.rows, count)))


def _read(reader: Reader, chunk: list[Row]) -> Chunk:
    plan, source, latest = reader.plan, reader.source, reader.latest
    return [
        (row, None if row.fault else columns.read(plan, row.cells, source, latest=latest))
        for row in chunk
    ]


def _is_over(reader: Reader) -> bool:
    return time.monotonic() > reader.until


def _verdicts(batch: Import, reader: Reader, chunk: Chunk) -> list[Judged]:
    given = [r.lead.external_id for _, r in chunk if r and r.lead and r.lead.external_id]
    judge = Judge(reader, known_external_ids(_origin(batch).id, given), frozenset())
    if not batch.is_history:
        judge.open_keys = with_open_lead(key for _, r in chunk if r for key in keys_of(r))
    return [judge.verdict(row, read) for row, read in chunk]


@dataclass(slots=True)
class Judge:
    """What tells the verdict of a row: the plan, what the file had before, what Clew has."""

    reader: Reader
    known_ids: set[str]
    open_keys: frozenset[Key]

    def verdict(self, row: Row, read: RowRead | None) -> Judged:
        """Say what a row would be: the first thing that is wrong decides."""
        if read is None:
            return Judged(row.number, Verdict.ERROR, row.fault, cells=row.cells)
        if read.faults or read.lead is None:
            first = read.faults[0]
            details = {"columns": [[f.column, f.code] for f in read.faults]}
            return Judged(row.number, Verdict.ERROR, first.code, details, row.cells)
        if holds_nul(encode(read.lead)):
            return Judged(row.number, Verdict.ERROR, "nul", cells=row.cells)
        return self._repeats(row, read.lead) or self._person(row, read)

    def _repeats(self, row: Row, lead: LeadIn) -> Judged | None:
        """Say whether the row, or what it stands for, is there already."""
        plan, seen = self.reader.plan, self.reader.seen
        if plan.leave_out_same:
            first = seen.first([b"row" + columns.sameness(plan, row.cells)], row.number)
            if first is not None:
                return _duplicate(row, "same_row", first)
        if lead.external_id is None:
            return None
        first = seen.first([lookup(lead.external_id, "external id")], row.number)
        if first is None and lead.external_id not in self.known_ids:
            return None
        return _duplicate(row, "known_id", first)

    def _person(self, row: Row, read: RowRead) -> Judged:
        if self.reader.plan.is_history:
            return Judged(row.number, Verdict.NEW)
        keys = keys_of(read)
        first = self.reader.seen.first([digest for _, digest in keys], row.number)
        if first is not None:
            return Judged(row.number, Verdict.DUPLICATE, "same_person", {"row": first})
        is_known = not self.open_keys.isdisjoint(keys)
        return Judged(row.number, Verdict.STRENGTHENED if is_known else Verdict.NEW)


def keys_of(read: RowRead) -> list[Key]:
    """Give what the ways of a row are found by."""
    return [(way.kind, lookup(way.value, way.kind)) for way in read.ways]


def _duplicate(row: Row, code: str, first: int | None) -> Judged:
    details = {"row": first} if first is not None else None
    return Judged(row.number, Verdict.DUPLICATE, code, details, row.cells)


def _good(batch: Import, chunk: Chunk) -> list[Good]:
    """Give those of the rows that the check found fit to go in."""
    if not chunk:
        return []
    found = fit_rows(batch, chunk[0][0].number, chunk[-1][0].number)
    fit = {number: (code, (details or {}).get("row")) for number, code, details in found}
    return [
        Good(row.number, *fit[row.number], read.lead, read.outcome)
        for row, read in chunk
        if read and read.lead and row.number in fit
    ]


def _resolve(batch: Import) -> int:
    """Keep what became of rows that were waiting for the belt. Returns how many wait still."""
    waiting = waiting_rows(batch, RESOLVED_AT_ONCE)
    ends = became([submission_id for _, _, submission_id in waiting])
    ended = [
        Ended(number, submission_id, *rows.end(code, *ends[submission_id]))
        for number, code, submission_id in waiting
        if submission_id in ends
    ]
    if ended:
        rows.keep_ends(batch, ended, now=_now())
    return len(waiting) - len(ended)


def _origin(batch: Import) -> Origin:
    if batch.source is None:
        raise HoldLost
    return Origin(batch.source.pk, batch.source.key, batch.source.cost_minor)


def _now() -> datetime:
    return datetime.now(UTC)
