"""Settling what failed, and counting what was turned away at a door."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from msgspec.structs import replace

from clew.base.ledger import Actor, append
from clew.base.models import Refusal
from clew.capture.actions.leads import receive
from clew.capture.errors import FailureSettled
from clew.capture.events import FailureCorrected, FailureDismissed, FailureOpened, FailureReplayed
from clew.capture.models import Failure, Waiting
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn
from clew.errors import Missing

REFUSALS_APART = timedelta(seconds=10)


@transaction.atomic
def replay(failure_id: int, *, actor: Actor, now: datetime) -> None:
    """Put a failed submission before the belt again. Raises Missing, FailureSettled."""
    failure = _settle(failure_id, Failure.Settlement.REPLAYED, now)
    Waiting.objects.bulk_create(
        [Waiting(submission_id=failure.submission_id)], ignore_conflicts=True
    )
    append(FailureReplayed(failure.submission_id, failure.pk), actor=actor, at=now)
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('clew_waiting', '')")


@transaction.atomic
def dismiss(failure_id: int, *, actor: Actor, now: datetime) -> None:
    """Decide that a failed submission need not become a lead. Raises Missing, FailureSettled."""
    failure = _settle(failure_id, Failure.Settlement.DISMISSED, now)
    append(FailureDismissed(failure.submission_id, failure.pk), actor=actor, at=now)


@transaction.atomic
def correct(failure_id: int, lead: LeadIn, *, actor: Actor, now: datetime) -> UUID:
    """Store what a failed submission should have said as a new one, by its channel and of its time.

    The old submission stays as it is. Raises Missing, FailureSettled, LeadsRefused, Unavailable.
    """
    failure = _settle(failure_id, Failure.Settlement.CORRECTED, now)
    old = failure.submission
    body = open_body(old.pk, old.body)
    given = replace(lead, external_id=f"{old.pk}:corrected", occurred_at=old.occurred_at)
    (new,) = receive(
        [given],
        channel=old.channel,
        actor=actor,
        evidence=body.evidence,
        now=now,
        outcome=body.outcome,
    )
    Failure.objects.filter(pk=failure.pk).update(correction=new)
    append(FailureCorrected(old.pk, failure.pk, new), actor=actor, at=now)
    return new


@transaction.atomic
def open_failure(failure_id: int, *, actor: Actor, now: datetime) -> LeadIn:
    """Give all that a failed submission says, on the record. Raises Missing, SealBroken."""
    failure = Failure.objects.select_related("submission").filter(pk=failure_id).first()
    if failure is None:
        raise Missing
    append(FailureOpened(failure.submission_id, failure.pk), actor=actor, at=now)
    return open_body(failure.submission_id, failure.submission.body).lead


def refuse(door: str, code: str, details: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Count something turned away. A row for each reason and sender at most every ten seconds.

    `details` holds no personal data. The row's own `count` says how often it happened.
    """
    same = Refusal.objects.filter(
        door=door, code=code, actor_kind=actor.kind, actor_id=actor.id, at__gt=now - REFUSALS_APART
    )
    with transaction.atomic():
        known = same.select_for_update().order_by("-at").first()
        if known is None:
            Refusal.objects.create(
                at=now,
                door=door,
                code=code,
                details={**details, "count": 1},
                actor_kind=actor.kind,
                actor_id=actor.id,
            )
            return
        known.details["count"] += 1
        known.save(update_fields=["details"])


def _settle(failure_id: int, settlement: str, now: datetime) -> Failure:
    changed = Failure.objects.filter(pk=failure_id, settled_at__isnull=True).update(
        settled_at=now, settlement=settlement
    )
    failure = Failure.objects.filter(pk=failure_id).first()
    if failure is None:
        raise Missing
    if not changed:
        raise FailureSettled
    return failure
