"""What a won lead came to: said when it is won, and corrected by rows, never overwritten."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.handoff.actions.locks import lock_leads
from clew.handoff.queries import visible_lead
from clew.pipeline.errors import LeadNotWon, MarginTooLarge, WorthMoved, WorthUnsaid
from clew.pipeline.events import WorthCorrected
from clew.pipeline.models import Result, Worth
from clew.pipeline.queries import newest_worth

REASON_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class WorthIn:
    """A correction: value and margin in hundredths, why, and the number of the worth that was shown (0: none)."""

    value_minor: int | None
    margin_minor: int | None
    reason: str
    seen: int


@transaction.atomic
def correct_worth(lead_id: UUID, said: WorthIn, *, member: Member, now: datetime) -> None:
    """Correct what a won lead came to. Saying the same again changes nothing.

    Raises LeadMissing, LeadNotWon, WorthUnsaid, MarginTooLarge, WorthMoved.
    """
    reason = said.reason.strip()
    if said.value_minor is None or not 0 < len(reason) <= REASON_AT_MOST:
        raise WorthUnsaid
    check_worth(said.value_minor, said.margin_minor)
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)
    result = Result.objects.filter(lead=lead, is_won=True, lead__ended_at__isnull=False).first()
    if result is None:
        raise LeadNotWon
    if said.seen != newest_worth(lead.pk):
        raise WorthMoved
    if (result.value_minor, result.margin_minor) == (said.value_minor, said.margin_minor):
        return
    worth = Worth.objects.create(
        lead=lead,
        value_minor=said.value_minor,
        margin_minor=said.margin_minor,
        currency=result.currency,
        said_at=now,
        sayer=member,
        reason=reason,
    )
    result.value_minor, result.margin_minor = said.value_minor, said.margin_minor
    result.save(update_fields=["value_minor", "margin_minor"])
    corrected = WorthCorrected(lead.pk, worth.pk, said.value_minor, said.margin_minor)
    append(corrected, actor=Actor("member", str(member.pk)), at=now)


def check_worth(value_minor: int | None, margin_minor: int | None) -> None:
    """Refuse a margin beyond its value. Raises MarginTooLarge."""
    if value_minor is not None and margin_minor is not None and margin_minor > value_minor:
        raise MarginTooLarge
