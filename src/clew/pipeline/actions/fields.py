"""Correcting by hand what leads hold: the operator's own fields, the product group, the region."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.contacts import actions as contacts
from clew.contacts.errors import CategoryNotKnown
from clew.contacts.rules import read_region
from clew.grading.actions import reconsider
from clew.handoff.actions.locks import lock_leads
from clew.handoff.belt.forgetting import tell
from clew.handoff.errors import LeadMissing
from clew.handoff.queries import check_changeable, visible_among
from clew.pipeline.categories import known_categories


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

    They are graded anew where that makes a difference. Raises LeadMissing, LeadNotOpen, ValuesRefused, and
    ValuesChanged where a lead no longer holds what was `shown`.
    """
    _lock_seen(lead_ids, member)
    return _anew(contacts.correct(lead_ids, values, actor=_by(member), now=now, shown=shown), now)


@transaction.atomic
def correct_facts(
    lead_ids: Sequence[UUID],
    facts: Mapping[str, str],
    *,
    member: Member,
    now: datetime,
    shown: Mapping[str, str] | None = None,
) -> list[UUID]:
    """Correct product group or region of leads that the member may see, each as people write it.

    Whoever holds a lead keeps it. Gives the leads that changed. Raises LeadMissing, LeadNotOpen, CategoryNotKnown,
    RegionUnknown, RegionUnclear, and ValuesChanged where a lead no longer holds what was `shown`.
    """
    read = {fact: accept_fact(fact, text) for fact, text in facts.items()}
    return set_facts(lead_ids, read, member=member, now=now, shown=shown)


@transaction.atomic
def set_facts(
    lead_ids: Sequence[UUID],
    facts: Mapping[str, str],
    *,
    member: Member,
    now: datetime,
    shown: Mapping[str, str] | None = None,
) -> list[UUID]:
    """Set product group or region of leads that the member may see to what was accepted, or held, before.

    They are graded anew, and stay valid for as long as leads of their group do. Gives the leads that
    changed. Raises LeadMissing, LeadNotOpen, and ValuesChanged where a lead no longer holds what was `shown`.
    """
    _lock_seen(lead_ids, member)
    done = contacts.correct_facts(lead_ids, facts, actor=_by(member), now=now, shown=shown)
    return _anew(done, now)


def accept_fact(fact: str, text: str) -> str:
    """Give a product group or region as leads keep it. Raises CategoryNotKnown, RegionUnknown, RegionUnclear."""
    if fact == "region":
        return read_region(text)
    if text not in known_categories():
        raise CategoryNotKnown
    return text


def _lock_seen(lead_ids: Sequence[UUID], member: Member) -> None:
    lock_leads(list(lead_ids))
    if visible_among(member, lead_ids).count() < len(set(lead_ids)):
        raise LeadMissing
    check_changeable(member, lead_ids)


def _anew(changed: list[UUID], now: datetime) -> list[UUID]:
    if changed:
        reconsider(changed, now=now)
        tell(changed)
    return changed


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
