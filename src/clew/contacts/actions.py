"""Showing what is sealed, on the record, and deciding about what was suspected."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.base.ledger import Actor, append, append_all
from clew.base.sealing import SealBroken
from clew.contacts.errors import PurposeUnknown, SuspectMissing, SuspectSettled
from clew.contacts.events import IdentifiersRevealed, SuspicionDismissed
from clew.contacts.models import Contact, Identifier, Lead, Suspect
from clew.contacts.queries import identifiers, value

PURPOSES = ("call", "message", "check")
SYNCHRONISE = "synchronise"


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


@transaction.atomic
def reveal_all(
    contacts: Sequence[Contact], *, actor: Actor, now: datetime
) -> dict[UUID, list[tuple[str, str]]]:
    """Give another system all ways of reaching contacts, and record it with each of their leads.

    The caller has checked that the actor may see them. Four statements, however many contacts.
    """
    told = list(contacts)
    leads = Lead.objects.filter(contact__in=told).values_list("pk", "contact")
    events = [IdentifiersRevealed(lead, contact, SYNCHRONISE) for lead, contact in leads]
    append_all(events, actor=actor, at=now)
    found: dict[UUID, list[tuple[str, str]]] = {contact.pk: [] for contact in told}
    for way in Identifier.objects.filter(contact__in=told).order_by("pk"):
        found[way.contact_id].append((way.kind, _opened(way)))
    return found


def _opened(way: Identifier) -> str:
    """Give nothing where the present key does not open it: the others must not wait for this one."""
    try:
        return value(way)
    except SealBroken:
        return ""
