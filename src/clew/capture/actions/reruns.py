"""Replaying or dismissing all that fits a filter in the background: where it stands is a row."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.base.ids import uuid7
from clew.base.ledger import Actor, append
from clew.capture.events import RerunBegun
from clew.capture.models import Rerun


@transaction.atomic
def begin(what: str, wanted: Mapping[str, str], total: int, *, actor: Actor, now: datetime) -> UUID:
    """Have everything replayed or dismissed that fits `wanted` and is there by now."""
    rerun = Rerun.objects.create(
        id=uuid7(),
        what=what,
        wanted=dict(wanted),
        total=total,
        actor_kind=actor.kind,
        actor_id=actor.id,
        started_at=now,
    )
    append(RerunBegun(rerun.pk, what, total), actor=actor, at=now)
    return rerun.pk


def claim() -> Rerun | None:
    """The oldest one that has not ended and that nobody is at, locked until the transaction ends."""
    going = Rerun.objects.select_for_update(skip_locked=True).filter(ended_at__isnull=True)
    return going.order_by("started_at").first()


def advance(
    rerun: Rerun, position: str, *, done: int, refused: int, ended_at: datetime | None
) -> None:
    """Note how far a claimed one has come."""
    rerun.position, rerun.ended_at = position, ended_at
    rerun.done += done
    rerun.refused += refused
    rerun.save(update_fields=["position", "ended_at", "done", "refused"])
