"""Showing what is sealed, on the record; correcting what leads hold; deciding about what was suspected."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from clew.base.json import dumps
from clew.base.ledger import Actor, append, append_all
from clew.base.sealing import SealBroken
from clew.capture.custom import accept_all
from clew.capture.queries import all_definitions
from clew.contacts.errors import (
    PurposeUnknown,
    SuspectMissing,
    SuspectSettled,
    ValuesChanged,
    ValuesRefused,
)
from clew.contacts.events import (
    FactsCorrected,
    IdentifiersRevealed,
    LeadCorrected,
    SuspicionDismissed,
)
from clew.contacts.models import Contact, Correction, Identifier, Lead, Suspect
from clew.contacts.queries import identifiers, value
from clew.contacts.rules import LEAD, as_columns

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
def correct(
    lead_ids: Iterable[UUID],
    values: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    shown: Mapping[str, object] | None = None,
) -> list[UUID]:
    """Set custom fields of leads to values as they are kept; None clears. Gives the leads that changed.

    The caller has checked that the actor may change the leads. A fixed number of statements, however many
    there are. Raises ValuesRefused, and ValuesChanged where a lead no longer holds what was `shown`.
    """
    typed, faults = accept_all(all_definitions(), values)
    if faults:
        raise ValuesRefused(faults)
    leads = Lead.objects.filter(pk__in=list(lead_ids)).order_by("pk").select_for_update(no_key=True)
    held = dict(leads.values_list("pk", "custom"))
    expected = shown or {}
    if any(custom.get(key) != value for custom in held.values() for key, value in expected.items()):
        raise ValuesChanged
    changes = {
        lead_id: {k: typed.get(k) for k in values if custom.get(k) != typed.get(k)}
        for lead_id, custom in held.items()
    }
    changes = {lead_id: changed for lead_id, changed in changes.items() if changed}
    _write_corrections(changes, actor, now)
    events = [LeadCorrected(lead_id, sorted(changed)) for lead_id, changed in changes.items()]
    append_all(events, actor=actor, at=now)
    return list(changes)


def _write_corrections(
    changes: Mapping[UUID, Mapping[str, object]], actor: Actor, now: datetime
) -> None:
    Correction.objects.bulk_create(
        Correction(
            lead_id=lead_id,
            key=key,
            value=value,
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
        )
        for lead_id, changed in changes.items()
        for key, value in changed.items()
    )
    rows = [{"id": lead_id, "changed": changed} for lead_id, changed in changes.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update contacts_lead l set custom = jsonb_strip_nulls(l.custom || n.changed)
            from json_to_recordset(%s) as n(id uuid, changed jsonb) where l.id = n.id
            """,
            [dumps(rows)],
        )


@transaction.atomic
def correct_facts(
    lead_ids: Iterable[UUID],
    facts: Mapping[str, str],
    *,
    actor: Actor,
    now: datetime,
    shown: Mapping[str, str] | None = None,
) -> list[UUID]:
    """Set the product group and region of leads as they are kept. Gives the leads that changed.

    The caller has checked the facts, and that the actor may change the leads. A fixed number of statements,
    however many there are. Raises ValuesChanged where a lead no longer holds what was `shown`.
    """
    leads = Lead.objects.filter(pk__in=list(lead_ids)).order_by("pk").select_for_update(no_key=True)
    held = list(leads.only("category", "region", "region_code"))
    if any(getattr(lead, fact) != was for lead in held for fact, was in (shown or {}).items()):
        raise ValuesChanged
    columns = as_columns(facts)
    changes = [(lead, [f for f in facts if getattr(lead, f) != facts[f]]) for lead in held]
    changes = [(lead, changed) for lead, changed in changes if changed]
    said = [
        Correction(
            lead_id=lead.pk,
            key=LEAD + fact,
            value={"was": getattr(lead, fact), "is": facts[fact]},
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
        )
        for lead, changed in changes
        for fact in changed
    ]
    Correction.objects.bulk_create(said)
    Lead.objects.filter(pk__in=[lead.pk for lead, _ in changes]).update(**columns)
    code = columns.get("region_code")
    events = [
        FactsCorrected(lead.pk, changed, *_codes(lead, changed, code)) for lead, changed in changes
    ]
    append_all(events, actor=actor, at=now)
    return [lead.pk for lead, _ in changes]


def _codes(lead: Lead, changed: Sequence[str], code: int | None) -> tuple[int | None, int | None]:
    return (lead.region_code, code) if "region" in changed else (None, None)


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
