"""Showing what is sealed, on the record, and deciding about what was suspected."""

from datetime import datetime

from django.db import transaction

from clew.base.ledger import Actor, append
from clew.contacts.errors import PurposeUnknown, SuspectMissing, SuspectSettled
from clew.contacts.events import IdentifiersRevealed, SuspicionDismissed
from clew.contacts.models import Lead, Suspect
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


@transaction.atomic
def dismiss(suspect_id: int, *, actor: Actor, now: datetime) -> Suspect:
    """Remember that two contacts are not one person. The caller has checked that the actor may see both.

    Raises SuspectMissing, SuspectSettled.
    """
    suspect = Suspect.objects.select_for_update().filter(pk=suspect_id).first()
    if suspect is None:
        raise SuspectMissing
    if suspect.state != Suspect.State.OPEN:
        raise SuspectSettled
    suspect.state, suspect.settled_at = Suspect.State.DIFFERENT, now
    suspect.save(update_fields=["state", "settled_at"])
    append(SuspicionDismissed(suspect.first_id, suspect.second_id), actor=actor, at=now)
    return suspect
