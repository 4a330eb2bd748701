"""Exports: asked for by a person, made in the background piece by piece, taken until they expire.

A worker holds an export for a short while and writes one piece under that hold; one that was killed
loses the hold, and another goes on behind the last piece that was kept.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import override

from clew.access.models import Member, Role
from clew.base import files
from clew.base.ids import uuid7
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.base.sheets_out import Format, begin, end, go_on
from clew.base.workbook import Written
from clew.errors import ClewError
from clew.pipeline.errors import (
    ColumnsMissing,
    ExportBroken,
    ExportOver,
    ExportsEnough,
    ExportTooLarge,
    FullNumbersDenied,
    ReasonMissing,
    RightsChanged,
)
from clew.pipeline.events import (
    ExportAsked,
    ExportDeleted,
    ExportFailed,
    ExportMade,
    ExportTaken,
)
from clew.pipeline.exports import export_place, export_seen, rights, wanted_of
from clew.pipeline.extract import Extract, count, header, offered, rows
from clew.pipeline.filters import Filter
from clew.pipeline.models import Export

TERMINAL = Actor("system", "terminal")
KEPT = timedelta(days=7)
HELD = timedelta(seconds=30)  # so long a worker that was killed keeps others off
AT_ONCE = 2  # exports of one person that are being made
UNDER_WAY = 10  # exports of one person that are not ready
ROWS_AT_MOST = 1_000_000
PIECE = 4_000  # rows, about half a second
ATTEMPTS = 5  # without getting on
TURN = 7_310_578_002  # whose turn it is, is decided by one worker at a time


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for; `language` and `zone` are what they read."""

    wanted: Filter  # settled; the sheet is in the order of arrival whatever it says
    columns: tuple[str, ...]
    format: Format
    language: str
    zone: str
    is_masked: bool = True
    reason: str = ""


@transaction.atomic
def ask(
    order: Order, *, viewer: Member | None, now: datetime, holder: UUID | None = None
) -> Export:
    """Keep what is asked for, and by whom; a worker makes it. Without a viewer it is the terminal's.

    With a `holder` the caller makes it, and workers keep off for a while. Raises ColumnsMissing,
    FullNumbersDenied, ReasonMissing, ExportsEnough, ExportTooLarge.
    """
    known = offered()
    _check(order, viewer, known)
    export_id = uuid7()
    wanted = replace(order.wanted, sort="", after="")
    export = Export(
        id=export_id,
        asked_by=viewer,
        asked_at=now,
        rights=rights(viewer),
        filter=seal(msgspec.json.encode(wanted), export_place(export_id)),
        columns=[code for code in dict.fromkeys(order.columns) if code in known],
        format=order.format.value,
        is_masked=order.is_masked,
        reason=order.reason.strip(),
        language=order.language,
        zone=order.zone,
        state=Export.State.WAITING,
        expected_count=0,
        expires_at=now + KEPT,
        held_by=holder,
        held_until=now + HELD if holder else None,
    )
    export.expected_count = count(_extract(export))
    if export.expected_count > ROWS_AT_MOST:
        raise ExportTooLarge(leads=export.expected_count, at_most=ROWS_AT_MOST)
    export.save(force_insert=True)
    asked = ExportAsked(export.pk, export.is_masked, export.expected_count)
    append(asked, actor=_actor(viewer), at=now)
    return export


def advance(now: datetime) -> bool:
    """Make one piece of whichever export has waited longest. Tells whether there was one."""
    holder = uuid7()
    export = _claim(holder, now)
    if export is None:
        return False
    make(export, holder=holder, now=now)
    Export.objects.filter(pk=export.pk, held_by=holder).update(held_by=None, held_until=None)
    return True


def make(export: Export, *, holder: UUID, now: datetime) -> None:
    """Make the next piece of an export that `holder` holds, and holds on; an obstacle ends it."""
    if export.attempt_count > ATTEMPTS:
        _fail(export, ExportBroken.code, holder=holder, now=now)
        return
    try:
        _piece(export, holder, now)
    except ClewError as obstacle:
        _fail(export, obstacle.code, holder=holder, now=now)


def take(export_id: UUID, *, viewer: Member, now: datetime) -> tuple[Export, Iterator[bytes]]:
    """Give a finished sheet to who asked for it, or to an administrator, on the record.

    Raises ExportMissing, ExportOver, RightsChanged.
    """
    with transaction.atomic():
        export = export_seen(viewer, export_id, for_change=True)
        if export.state != Export.State.DONE or export.file_id is None or export.expires_at <= now:
            raise ExportOver
        if export.asked_by_id == viewer.pk and export.rights != rights(viewer):
            raise RightsChanged
        export.opened_at, export.opened_count = now, export.opened_count + 1
        export.save(update_fields=["opened_at", "opened_count"])
        taken = ExportTaken(export.pk, export.is_masked, export.row_count)
        append(taken, actor=_actor(viewer), at=now)
    return export, files.read(export.file_id)


@transaction.atomic
def delete(export_id: UUID, *, viewer: Member | None, now: datetime) -> None:
    """Delete the sheet, or stop making it; the record stays. Repeating it does nothing.

    Raises ExportMissing.
    """
    export = export_seen(viewer, export_id, for_change=True)
    if export.state != Export.State.DELETED:
        _close(export, Export.State.DELETED, now)
        append(ExportDeleted(export.pk), actor=_actor(viewer), at=now)


def _check(order: Order, viewer: Member | None, known: Container[str]) -> None:
    if not any(code in known for code in order.columns):
        raise ColumnsMissing
    if not order.is_masked:
        if viewer and viewer.role != Role.ADMINISTRATOR:
            raise FullNumbersDenied
        if not order.reason.strip():
            raise ReasonMissing
    if viewer:
        Member.objects.select_for_update(no_key=True).get(pk=viewer.pk)
        under_way = Export.objects.filter(asked_by=viewer, ended_at=None).count()
        if under_way >= UNDER_WAY:
            raise ExportsEnough(under_way=under_way)


def _claim(holder: UUID, now: datetime) -> Export | None:
    """Hold the export that waited longest. Nobody has more than two made at once."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [TURN])
        free = Q(held_until=None) | Q(held_until__lte=now)
        going = Export.objects.filter(free, ended_at=None).select_related("asked_by")
        in_turn = going.order_by(F("advanced_at").asc(nulls_first=True), "asked_at", "pk")
        export = next((e for e in in_turn.iterator(100) if _has_room(e)), None)
        if export is None:
            return None
        export.state = Export.State.RUNNING
        export.held_by, export.held_until = holder, now + HELD
        export.attempt_count += 1
        export.save(update_fields=["state", "held_by", "held_until", "attempt_count"])
        return export


def _has_room(export: Export) -> bool:
    if export.state == Export.State.RUNNING or export.asked_by_id is None:
        return True
    running = Export.objects.filter(asked_by=export.asked_by_id, state=Export.State.RUNNING)
    return running.count() < AT_ONCE


def _piece(export: Export, holder: UUID, now: datetime) -> None:
    if export.rights != rights(export.asked_by):
        raise RightsChanged
    kind = Format(export.format)
    with override(export.language):
        more, position = rows(_extract(export), export.position, PIECE)
        if export.written is None:
            first, done = begin(kind, header(export.columns))
        else:
            first, done = b"", msgspec.convert(export.written, Written)
    content, done = go_on(kind, more, done)
    is_last = len(more) < PIECE
    if is_last:
        content += end(kind, done)

    def keep(held: Export) -> None:
        held.file_id = held.file_id or _file(held, now)
        held.size = files.write(held.file_id, held.size, first + content)
        held.row_count += len(more)
        held.position, held.written = position, msgspec.to_builtins(done)
        held.attempt_count, held.advanced_at, held.held_until = 0, now, now + HELD
        if is_last:
            held.state, held.ended_at = Export.State.DONE, now
            made = ExportMade(held.pk, held.is_masked, held.row_count)
            append(made, actor=_actor(held.asked_by), at=now)
        held.save()

    _while_held(export, holder, keep)


def _file(export: Export, now: datetime) -> UUID:
    return files.create(f"{export.pk}.{export.format}", expires_at=export.expires_at, now=now).pk


@transaction.atomic
def _while_held(export: Export, holder: UUID, change: Callable[[Export], None]) -> None:
    """Change an export unless somebody else holds it by now, or it was deleted."""
    held = Export.objects.select_for_update().get(pk=export.pk)
    if held.held_by == holder and held.ended_at is None:
        change(held)


def _fail(export: Export, code: str, *, holder: UUID, now: datetime) -> None:
    def end_it(held: Export) -> None:
        held.problem = code
        _close(held, Export.State.FAILED, now)
        append(ExportFailed(held.pk, code), actor=_actor(held.asked_by), at=now)

    _while_held(export, holder, end_it)


def _close(export: Export, state: Export.State, now: datetime) -> None:
    file_id, export.file = export.file_id, None
    export.state, export.ended_at = state, now
    export.held_by = export.held_until = None
    export.save()
    if file_id:
        files.drop(file_id)


def _extract(export: Export) -> Extract:
    return Extract(
        viewer=export.asked_by,
        wanted=wanted_of(export),
        columns=export.columns,
        is_masked=export.is_masked,
        zone=ZoneInfo(export.zone),
        before=export.pk,
    )


def _actor(viewer: Member | None) -> Actor:
    return Actor("member", str(viewer.pk)) if viewer else TERMINAL
