"""Setting what the operator's own fields of leads hold, by hand, for one lead or many."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.contacts.actions import correct
from clew.grading.actions import reconsider
from clew.handoff.actions.locks import lock_leads
from clew.handoff.belt.forgetting import tell
from clew.handoff.errors import LeadMissing
from clew.handoff.queries import visible_leads


@transaction.atomic
def set_fields(
    lead_ids: Sequence[UUID],
    values: Mapping[str, object],
    *,
    member: Member,
    now: datetime,
    shown: Mapping[str, object] | None = None,
) -> list[UUID]:
    """Set custom fields of leads that the member may see; None clears. Gives the leads that changed.

    They are graded anew where that makes a difference. Raises LeadMissing, ValuesRefused, and
    ValuesChanged where a lead no longer holds what was `shown`.
    """
    lock_leads(list(lead_ids))
    if visible_leads(member).filter(pk__in=lead_ids).count() < len(set(lead_ids)):
        raise LeadMissing
    changed = correct(lead_ids, values, actor=Actor("member", str(member.pk)), now=now, shown=shown)
    if changed:
        reconsider(changed, now=now)
        tell(changed)
    return changed
