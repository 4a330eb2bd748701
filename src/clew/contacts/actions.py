"""Showing what is sealed, on the record."""

from datetime import datetime

from django.db import transaction

from clew.base.ledger import Actor, append
from clew.contacts.errors import PurposeUnknown
from clew.contacts.events import IdentifiersRevealed
from clew.contacts.models import Lead
from clew.contacts.queries import identifiers, value

PURPOSES = ("call", "message", "check")


@transaction.atomic
def reveal(lead: Lead, *, purpose: str, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """Give all ways of reaching the contact as (kind, value), and record who looked and what for.

    The caller has checked that the actor may see the lead. Raises PurposeUnknown.
    """
    if purpose not in PURPOSES:
        raise PurposeUnknown
    append(IdentifiersRevealed(lead.pk, lead.contact_id, purpose), actor=actor, at=now)
    return [(i.kind, value(i)) for i in identifiers(lead)]
