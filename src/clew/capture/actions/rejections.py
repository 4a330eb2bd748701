"""Keeping what a form turned away, and settling what was kept at any door."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from msgspec.structs import replace

from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.ledger import Actor, append
from clew.capture.actions.failures import refuse
from clew.capture.actions.leads import SKEW, receive
from clew.capture.errors import FailureSettled
from clew.capture.events import (
    RejectedCorrected,
    RejectedDismissed,
    RejectedOpened,
    RejectedReplayed,
    TroublesExported,
)
from clew.capture.models import Rejected, Submission
from clew.capture.queries import all_definitions
from clew.capture.rejections import KEEP, NOT_KEPT, Doorway, open_kept, row_of
from clew.capture.rules import Fault, set_aside
from clew.capture.salvage import Salvaged, salvage, strict
from clew.capture.schemas import LeadIn
from clew.errors import Missing

ARRIVED = """
update capture_rejected r set settled_at = %s, settlement = 'arrived', submission_id = s.id
from capture_submission s
where s.source_id = r.source_id and s.external_id = r.external_id
  and r.id in (select id from capture_rejected
               where settled_at is null and external_id is not null for update skip locked)
"""


def keep(lead: bytes, code: str, faults: Sequence[Fault], *, at: Doorway, name: str) -> None:
    """Keep a lead of a form as it was typed; `name` tells what is the same. Counts what does not fit."""
    row = row_of(lead, code, faults, at, name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP, [dumps([row] if row else [])])
        is_kept = cursor.fetchone() is not None
    if not is_kept:
        refuse("form", NOT_KEPT, {"form": at.form}, Actor("visitor"), at.at)


@transaction.atomic
def replay(rejected_id: UUID, *, actor: Actor, now: datetime) -> UUID:
    """Store what was turned away as it was sent: a visitor in haste, a source that is known by now.

    Returns the submission, which may have arrived meanwhile. Raises Missing, FailureSettled,
    LeadsRefused while it is still wrong, SealBroken, Unavailable.
    """
    rejected = _open(rejected_id)
    lead = strict(bytes(open_kept(rejected.digest, rejected.body).lead))
    new, settlement = _send(rejected, lead, Rejected.Settlement.REPLAYED, actor, now)
    append(RejectedReplayed(rejected.pk, new, settlement), actor=actor, at=now)
    return new


@transaction.atomic
def correct(rejected_id: UUID, lead: LeadIn, *, actor: Actor, now: datetime) -> UUID:
    """Store what should have been sent, at the door and of the time where it was turned away.

    Returns the submission; one that has arrived meanwhile is left as it is. What a custom field cannot
    hold is kept beside. Raises Missing,
    FailureSettled, LeadsRefused, SealBroken, Unavailable.
    """
    rejected = _open(rejected_id)
    fitting = set_aside(lead, all_definitions())
    new, settlement = _send(rejected, fitting, Rejected.Settlement.CORRECTED, actor, now)
    append(RejectedCorrected(rejected.pk, new, settlement), actor=actor, at=now)
    return new


@transaction.atomic
def dismiss(rejected_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Decide that it need not be stored. Raises Missing, FailureSettled."""
    rejected = _open(rejected_id)
    _settle(rejected, Rejected.Settlement.DISMISSED, None, now)
    append(RejectedDismissed(rejected.pk), actor=actor, at=now)


@transaction.atomic
def open_rejected(rejected_id: UUID, *, actor: Actor, now: datetime) -> Salvaged:
    """Give all that was kept, on the record. Raises Missing, SealBroken, LeadsRefused."""
    rejected = Rejected.objects.filter(pk=rejected_id).first()
    if rejected is None:
        raise Missing
    append(RejectedOpened(rejected.pk), actor=actor, at=now)
    return salvage(bytes(open_kept(rejected.digest, rejected.body).lead), now + SKEW)


def record_export(count: int, purpose: str, *, actor: Actor, now: datetime) -> None:
    """Note that a list was taken away; with a `purpose` it was in full, without one masked."""
    exported = TroublesExported(uuid7(), count, bool(purpose), purpose)
    append(exported, actor=actor, at=now)


def settle_arrived(now: datetime) -> int:
    """Settle what its sender has sent again and what was stored then. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(ARRIVED, [now])
        return int(cursor.rowcount)


def _open(rejected_id: UUID) -> Rejected:
    rejected = Rejected.objects.select_for_update().filter(pk=rejected_id).first()
    if rejected is None:
        raise Missing
    if rejected.settled_at is not None:
        raise FailureSettled
    return rejected


def _send(
    rejected: Rejected, lead: LeadIn, settlement: str, actor: Actor, now: datetime
) -> tuple[UUID, str]:
    external = rejected.external_id or f"rejected:{rejected.pk}"
    given = replace(lead, external_id=external, occurred_at=lead.occurred_at or rejected.at)
    same = Submission.objects.filter(source__key=given.source, external_id=external).first()
    if same is not None:
        _settle(rejected, Rejected.Settlement.ARRIVED, same.pk, now)
        return same.pk, Rejected.Settlement.ARRIVED
    channel = Submission.Channel.FORM if rejected.form_id else Submission.Channel.API
    evidence = open_kept(rejected.digest, rejected.body).evidence
    (new,) = receive([given], channel=channel, actor=actor, evidence=evidence, now=now)
    _settle(rejected, settlement, new, now)
    return new, settlement


def _settle(rejected: Rejected, settlement: str, submission: UUID | None, now: datetime) -> None:
    rejected.settled_at, rejected.settlement = now, settlement
    rejected.submission_id = submission
    rejected.save(update_fields=["settled_at", "settlement", "submission"])
