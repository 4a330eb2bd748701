"""The only writers of what is agreed about leads."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member, Role
from clew.base.ledger import Actor, append
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement
from clew.handoff.pools.errors import CreditDenied, CreditPersonUnknown, CreditUnsound
from clew.handoff.pools.events import CreditShared
from clew.handoff.pools.models import CreditShare
from clew.handoff.pools.queries import credit_of, creditable
from clew.handoff.pools.rules import WHOLE, is_sound, only_gives
from clew.handoff.queries import visible_lead


@transaction.atomic
def share_credit(
    lead_id: UUID, parts: Sequence[tuple[int, int]], *, member: Member, now: datetime
) -> None:
    """Say whose the credit for a lead is: members with whole per cent; none gives it wholly to whoever holds it.

    A salesperson gives of the own part of a lead that is held; managers say anything. Saying the same again
    changes nothing. Raises LeadMissing, CreditUnsound, CreditPersonUnknown, CreditDenied.
    """
    if not is_sound(parts):
        raise CreditUnsound
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)
    before = {part.member_id: part.percent for part in credit_of([lead.pk]).get(lead.pk, [])}
    after = dict(parts)
    known = set(creditable(member).values_list("pk", flat=True)) | before.keys()
    if not after.keys() <= known:
        raise CreditPersonUnknown
    if member.role == Role.SALESPERSON:
        _check(member, lead.pk, before, after)
    stands = CreditShare.objects.filter(lead=lead, until_at=None)
    if dict(stands.values_list("member_id", "percent")) == after:
        return
    stands.update(until_at=now)
    CreditShare.objects.bulk_create(
        CreditShare(lead=lead, member_id=member_id, percent=percent, setter=member, from_at=now)
        for member_id, percent in parts
    )
    append(CreditShared(lead.pk, list(parts)), actor=Actor("member", str(member.pk)), at=now)


def _check(member: Member, lead_id: UUID, before: dict[int, int], after: dict[int, int]) -> None:
    """Refuse a salesperson who does not hold the lead, or takes from others what they have."""
    holds = Placement.objects.filter(lead=lead_id, closed_at=None, seat__member=member).exists()
    whole = after or {member.pk: WHOLE}
    if not holds or not only_gives(member.pk, before, whole):
        raise CreditDenied
