"""Choosing leads, saying what is to be done to them, and doing it: each lead in a transaction of its own.

The rows of a change are the queue: whoever locks one does that lead, so several workers may be at the
same change, and one that was killed leaves nothing half done.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F

from clew.access.models import Member
from clew.base.bulk import delete_some
from clew.base.ledger import Actor, append
from clew.errors import ClewError
from clew.handoff.queries import visible_leads
from clew.pipeline.bulk.checks import check
from clew.pipeline.bulk.deeds import do
from clew.pipeline.bulk.queries import (
    bulk_seen,
    may_act,
    may_undo,
    stands,
    tally,
    terms_of,
)
from clew.pipeline.bulk.rules import Terms, judge, stamp
from clew.pipeline.errors import (
    ActDenied,
    ActUnknown,
    BulkMissing,
    BulkOver,
    BulkTooLarge,
    NothingChosen,
    NothingToChange,
    UndoOver,
)
from clew.pipeline.events import BulkEditEnded, BulkEditStarted
from clew.pipeline.filters import Filter
from clew.pipeline.matching import matching
from clew.pipeline.models import BulkEdit, BulkRow

AT_MOST = 10_000  # leads of one change
PIECE = 50  # leads, about half a second
State = BulkEdit.State


@transaction.atomic
def choose(
    bulk_id: UUID,
    act: str,
    *,
    viewer: Member,
    now: datetime,
    lead_ids: Collection[UUID] = (),
    wanted: Filter | None = None,
) -> BulkEdit:
    """Keep which leads are meant: those named, or all that fit a settled filter; only what the member may see.

    The same id again is a double click. Raises ActUnknown, ActDenied, NothingChosen, BulkTooLarge, BulkMissing.
    """
    known = BulkEdit.objects.filter(pk=bulk_id).first()
    if known:
        return bulk_seen(viewer, bulk_id)
    if act not in BulkEdit.Act.values or act == BulkEdit.Act.UNDO:
        raise ActUnknown
    if not may_act(viewer, act):
        raise ActDenied
    meant = _meant(viewer, lead_ids, wanted)
    made, is_new = BulkEdit.objects.get_or_create(
        pk=bulk_id, defaults={"asked_by": viewer, "asked_at": now, "act": act}
    )
    if not is_new:
        return bulk_seen(viewer, bulk_id)
    BulkRow.objects.bulk_create(
        [BulkRow(bulk=made, lead_id=lead_id) for lead_id in meant], batch_size=1_000
    )
    if act in {BulkEdit.Act.REOPEN, BulkEdit.Act.LIFT}:
        _judge(made, Terms())
    return made


@transaction.atomic
def say(bulk_id: UUID, terms: Terms, *, viewer: Member, now: datetime) -> None:
    """Say what exactly is to be done, and judge each lead by how it stands now. It may be said again until it begins.

    Raises BulkMissing, BulkOver, and what `check` refuses.
    """
    bulk = _locked(bulk_id, viewer)
    if bulk.state not in {State.CHOSEN, State.JUDGED}:
        raise BulkOver
    check(bulk.act, terms, viewer=viewer, now=now)
    _judge(bulk, terms)


@transaction.atomic
def start(bulk_id: UUID, *, viewer: Member, now: datetime) -> None:
    """Begin to make a change that was shown. Repeating it changes nothing.

    Raises BulkMissing, BulkOver, ActDenied, NothingToChange.
    """
    bulk = _locked(bulk_id, viewer)
    if bulk.state in {State.RUNNING, State.DONE}:
        return
    if bulk.state != State.JUDGED:
        raise BulkOver
    if not may_act(viewer, bulk.act):
        raise ActDenied
    count = tally(bulk).waiting
    if not count:
        raise NothingToChange
    BulkEdit.objects.filter(pk=bulk.pk).update(state=State.RUNNING)
    append(BulkEditStarted(bulk.pk, bulk.act, count), actor=_actor(viewer), at=now)


@transaction.atomic
def undo(bulk_id: UUID, new_id: UUID, *, viewer: Member, now: datetime) -> BulkEdit:
    """Begin to take a change back where each lead still stands as it left it. Repeating it gives the same.

    Raises BulkMissing, UndoOver.
    """
    bulk = _locked(bulk_id, viewer)
    begun = BulkEdit.objects.filter(undoes=bulk).first()
    if begun:
        return begun
    if not may_undo(viewer, bulk_seen(viewer, bulk_id), tally(bulk), now):
        raise UndoOver
    back = BulkEdit.objects.create(
        id=new_id,
        asked_by=viewer,
        asked_at=now,
        act=BulkEdit.Act.UNDO,
        state=State.RUNNING,
        undoes=bulk,
        terms=bulk.terms,
    )
    done = bulk.rows.filter(state=BulkRow.State.DONE).order_by("pk")
    left_as = terms_of(bulk).value
    rows = [
        BulkRow(bulk=back, lead_id=lead_id, stamp=after, held=left_as)
        for lead_id, after in done.values_list("lead_id", "after")
    ]
    BulkRow.objects.bulk_create(rows, batch_size=1_000)
    append(BulkEditStarted(back.pk, back.act, len(rows)), actor=_actor(viewer), at=now)
    return back


def advance(now: datetime) -> bool:
    """Chore: make a piece of whichever change has waited longest. False where there is none."""
    running = BulkEdit.objects.filter(state=State.RUNNING)
    bulk = running.order_by(F("advanced_at").asc(nulls_first=True), "asked_at").first()
    if bulk is None:
        return False
    BulkEdit.objects.filter(pk=bulk.pk).update(advanced_at=now)
    go_on(bulk.pk, now=now, most=PIECE)
    return True


def go_on(bulk_id: UUID, *, now: datetime, most: int) -> None:
    """Change the next leads, each in its own transaction, and end where none is left to anybody."""
    running = BulkEdit.objects.filter(pk=bulk_id, state=State.RUNNING)
    bulk = running.select_related("asked_by", "undoes").first()
    if bulk is None:
        return
    for _ in range(most):
        if not _one(bulk, now):
            break
    _end(bulk, now)


def drop_bulk_edits(before: datetime, most: int) -> int:
    """Delete changes asked for before a time, with their rows. Returns how many."""
    old = "bulk_id in (select id from pipeline_bulkedit where asked_at < %s)"
    count = delete_some("pipeline_bulkrow", old, [before], most)
    if count < most:
        spent = (
            "asked_at < %s and not exists (select from pipeline_bulkrow r where r.bulk_id = pipeline_bulkedit.id)"
            " and not exists (select from pipeline_bulkedit u where u.undoes_id = pipeline_bulkedit.id)"
        )
        count += delete_some("pipeline_bulkedit", spent, [before], most - count)
    return count


def _meant(viewer: Member, lead_ids: Collection[UUID], wanted: Filter | None) -> list[UUID]:
    seen = visible_leads(viewer)
    found = matching(seen, wanted) if wanted else seen.filter(pk__in=lead_ids).order_by("pk")
    meant = list(found.values_list("pk", flat=True)[: AT_MOST + 1])
    if not meant:
        raise NothingChosen
    if len(meant) > AT_MOST:
        raise BulkTooLarge
    return meant


def _locked(bulk_id: UUID, viewer: Member) -> BulkEdit:
    bulk = BulkEdit.objects.select_for_update().filter(pk=bulk_id, asked_by=viewer).first()
    if bulk is None:
        raise BulkMissing
    return bulk


def _judge(bulk: BulkEdit, terms: Terms) -> None:
    rows = list(bulk.rows.order_by("pk"))
    found = stands([row.lead_id for row in rows], bulk.act, terms.field)
    for row in rows:
        stand = found.get(row.lead_id)
        row.code, row.stamp = judge(bulk.act, terms, stand), stamp(bulk.act, stand)
        row.held = stand.held if stand else None
        row.state = BulkRow.State.LEFT if row.code else BulkRow.State.WAITING
    BulkRow.objects.bulk_update(rows, ["code", "stamp", "state", "held"], batch_size=1_000)
    kept = msgspec.to_builtins(terms)
    BulkEdit.objects.filter(pk=bulk.pk).update(terms=kept, state=State.JUDGED)


@transaction.atomic
def _one(bulk: BulkEdit, now: datetime) -> bool:
    """Change one lead that nobody else is at, or say why it is left. False where there is none."""
    waiting = BulkRow.objects.filter(bulk=bulk, state=BulkRow.State.WAITING).order_by("pk")
    row = waiting.select_for_update(skip_locked=True).first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            row.after = do(bulk, row, terms_of(bulk), now=now)
        row.state = BulkRow.State.DONE
    except ClewError as refused:
        row.state, row.code = BulkRow.State.LEFT, refused.code
    row.save(update_fields=["state", "code", "after"])
    return True


@transaction.atomic
def _end(bulk: BulkEdit, now: datetime) -> None:
    """End a change once, when no lead waits any more, be it in somebody else's hands."""
    counts = tally(bulk)
    if counts.waiting:
        return
    going = BulkEdit.objects.filter(pk=bulk.pk, state=State.RUNNING)
    if going.update(state=State.DONE, ended_at=now):
        ended = BulkEditEnded(bulk.pk, counts.done, counts.left)
        append(ended, actor=_actor(bulk.asked_by), at=now)


def _actor(viewer: Member) -> Actor:
    return Actor("member", str(viewer.pk))
