"""What a person does with an import: send the file, say what is in it, start, pause, undo."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from clew.base import files
from clew.base.ids import uuid7
from clew.base.json import to_builtins
from clew.base.ledger import Actor, append
from clew.capture.columns import Plan
from clew.capture.errors import AlreadyImported, FileTooLarge, ImportMoved, NothingToImport
from clew.capture.events import (
    ImportBegun,
    ImportDiscarded,
    ImportPaused,
    ImportResumed,
    ImportSettled,
    ImportStarted,
    ImportUndoAsked,
)
from clew.capture.models import Import, Source
from clew.capture.queries import NEVER_STORED
from clew.capture.sheets.layout import Examined, Layout
from clew.errors import Missing

State = Import.State
KEPT = timedelta(days=30)  # a file's bytes; what came of its rows stays
LARGEST_FILE = 2_000_000_000  # bytes
BROUGHT_IN = (State.IMPORTING, State.PAUSED, State.DONE, State.UNDOING)
BEFORE_START = (State.EXAMINED, State.CHECKING, State.CHECKED)
NEVER_STARTED = (State.UPLOADING, State.EXAMINING, *BEFORE_START, State.FAILED)


@transaction.atomic
def begin(name: str, size: int, *, actor: Actor, now: datetime) -> Import:
    """Expect a file of `size` bytes. Raises FileTooLarge."""
    if not 0 <= size <= LARGEST_FILE:
        raise FileTooLarge(largest_mb=LARGEST_FILE // 1_000_000)
    batch = Import.objects.create(
        id=uuid7(),
        file=files.create(name, expires_at=now + KEPT, now=now),
        name=name[-200:],
        size=size,
        state=State.UPLOADING,
        actor_kind=actor.kind,
        actor_id=actor.id,
        created_at=now,
    )
    append(ImportBegun(batch.pk), actor=actor, at=now)
    return batch


@transaction.atomic
def register(name: str, size: int, found: Examined, *, actor: Actor, now: datetime) -> Import:
    """Note a file that stays where it is and was examined there; only who has it can carry it on."""
    batch = Import.objects.create(
        id=uuid7(),
        name=name[-200:],
        size=size,
        digest=found.digest,
        row_count=found.row_count,
        layout=to_builtins(found.layout),
        profiles=to_builtins(found.columns),
        state=State.EXAMINED,
        actor_kind=actor.kind,
        actor_id=actor.id,
        created_at=now,
    )
    append(ImportBegun(batch.pk), actor=actor, at=now)
    return batch


@transaction.atomic
def add_piece(import_id: UUID, offset: int, content: bytes) -> int:
    """Add the bytes from `offset` on. Returns how many there are.

    Raises Missing, ImportMoved, FileTooLarge, PieceOutOfTurn with the `size` to go on from.
    """
    batch = _lock(import_id, State.UPLOADING)
    if offset + len(content) > batch.size:
        raise FileTooLarge(announced=batch.size)
    if batch.file_id is None:
        raise Missing
    return files.write(batch.file_id, offset, content)


@transaction.atomic
def finish_upload(import_id: UUID) -> Import:
    """Let the file be examined, once all of it is there. Repeating it does nothing.

    Raises Missing, PieceOutOfTurn with the `size` to go on from.
    """
    batch = _lock(import_id)
    if batch.state != State.UPLOADING:
        return batch
    if batch.file is None or batch.file.size != batch.size:
        raise files.PieceOutOfTurn(size=batch.file.size if batch.file else 0)
    return _to(batch, State.EXAMINING)


@transaction.atomic
def choose_layout(import_id: UUID, layout: Layout) -> Import:
    """Read the file in another way: other header row, encoding, separator or sheet.

    Raises Missing, ImportMoved.
    """
    batch = _lock(import_id, *BEFORE_START, State.FAILED)
    batch.layout = to_builtins(layout)
    batch.plan, batch.problem = None, ""
    return _to(batch, State.EXAMINING)


@transaction.atomic
def settle(import_id: UUID, *, source_key: str, plan: Plan, actor: Actor, now: datetime) -> Import:
    """Say where the rows come from and what the columns mean; every row is then judged.

    Raises Missing, ImportMoved.
    """
    batch = _lock(import_id, *BEFORE_START)
    source = Source.objects.filter(key=source_key, is_active=True).first()
    if source is None:
        raise Missing
    batch.source, batch.plan, batch.is_history = source, to_builtins(plan), plan.is_history
    settled = ImportSettled(batch.pk, source.pk, is_history=plan.is_history)
    append(settled, actor=actor, at=now)
    return _to(batch, State.CHECKING)


def start(import_id: UUID, *, actor: Actor, now: datetime) -> Import:
    """Let the good rows in. Repeating it does nothing.

    Raises Missing, ImportMoved, NothingToImport, and AlreadyImported where the same file went into
    the same source before and was not undone.
    """
    try:
        with transaction.atomic():
            batch = _lock(import_id)
            if batch.state in {State.IMPORTING, State.DONE}:
                return batch
            _demand(batch, State.CHECKED)
            if earlier := _earlier(batch):
                raise AlreadyImported(earlier=str(earlier.pk))
            if not good_count(batch):
                raise NothingToImport
            batch.started_at, batch.counts = now, _left_out(batch)
            _to(batch, State.IMPORTING)
            append(ImportStarted(batch.pk), actor=actor, at=now)
    except IntegrityError as same:
        raise AlreadyImported from same
    return batch


@transaction.atomic
def pause(import_id: UUID, *, actor: Actor, now: datetime) -> Import:
    """Let no further row in until `resume`. Raises Missing, ImportMoved."""
    batch = _lock(import_id, State.IMPORTING)
    append(ImportPaused(batch.pk), actor=actor, at=now)
    return _to(batch, State.PAUSED, keeps_place=True)


@transaction.atomic
def resume(import_id: UUID, *, actor: Actor, now: datetime) -> Import:
    """Go on after a pause. Raises Missing, ImportMoved."""
    batch = _lock(import_id, State.PAUSED)
    append(ImportResumed(batch.pk), actor=actor, at=now)
    return _to(batch, State.IMPORTING, keeps_place=True)


@transaction.atomic
def undo(import_id: UUID, *, actor: Actor, now: datetime) -> Import:
    """Take back everything the import brought, but for leads that somebody has worked on since.

    Repeating it does nothing. Raises Missing, ImportMoved.
    """
    batch = _lock(import_id)
    if batch.state in {State.UNDOING, State.UNDONE}:
        return batch
    _demand(batch, State.PAUSED, State.DONE)
    append(ImportUndoAsked(batch.pk), actor=actor, at=now)
    return _to(batch, State.UNDOING)


@transaction.atomic
def discard(import_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Forget a file of which nothing was let in. Raises Missing, ImportMoved."""
    batch = _lock(import_id, *NEVER_STARTED)
    append(ImportDiscarded(batch.pk), actor=actor, at=now)
    file_id = batch.file_id
    batch.delete()
    if file_id:
        files.drop(file_id)


def good_count(batch: Import) -> int:
    """How many rows of a checked import would go in."""
    return batch.row_count - sum(_left_out(batch).get(v, 0) for v in ("error", "duplicate"))


def _left_out(batch: Import) -> dict[str, int]:
    """Count the rows of a checked import that stay out, by verdict and reason."""
    out = {
        name: n
        for name, n in batch.counts.items()
        if name.startswith("error") or name.removeprefix("duplicate:") in NEVER_STORED
    }
    out["duplicate"] = sum(n for name, n in out.items() if name.startswith("duplicate:"))
    return out


def _lock(import_id: UUID, *allowed: str) -> Import:
    batch = Import.objects.select_for_update().filter(pk=import_id).first()
    if batch is None:
        raise Missing
    if allowed:
        _demand(batch, *allowed)
    return batch


def _demand(batch: Import, *allowed: str) -> None:
    if batch.state not in allowed:
        raise ImportMoved(state=batch.state)


def _to(batch: Import, state: str, *, keeps_place: bool = False) -> Import:
    batch.state = state
    batch.held_by = batch.held_until = None
    if not keeps_place:
        batch.position = 0
    batch.save()
    return batch


def _earlier(batch: Import) -> Import | None:
    """Give the import by which the same file went into the same source and was not taken back."""
    same = Import.objects.filter(
        digest=batch.digest, source=batch.source, is_history=batch.is_history, state__in=BROUGHT_IN
    )
    return same.order_by("started_at").first()
