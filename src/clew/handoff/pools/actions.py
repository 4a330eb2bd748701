"""The only writers of what is agreed about leads."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member, Role, Team
from clew.base.ledger import Actor, append
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Method, Placement
from clew.handoff.pools.claiming import policy_of, today_of
from clew.handoff.pools.errors import (
    CreditDenied,
    CreditPersonUnknown,
    CreditUnsound,
    OverflowUnknown,
    TurnsElsewhere,
    ViewsSpent,
)
from clew.handoff.pools.events import CreditShared, PoolPolicySet
from clew.handoff.pools.models import CreditShare, Opening, PoolPolicy
from clew.handoff.pools.queries import credit_of, creditable
from clew.handoff.pools.rules import WHOLE, is_sound, only_gives
from clew.handoff.queries import placement_of, visible_lead


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


@dataclass(frozen=True, slots=True)
class PoolTerms:
    """What holds for a team's pool, as `PoolPolicy` keeps it."""

    uncontacted_minutes: int | None = None
    idle_days_high: int | None = None
    idle_days_medium: int | None = None
    idle_days_low: int | None = None
    takes_excess: bool = False
    turns: int = 0
    is_public: bool = False
    claims_per_day: int | None = None
    views_per_day: int | None = None
    waits_hours: int = 0
    is_veiled: bool = False
    is_lifelong: bool = False
    overflow_id: int | None = None


@transaction.atomic
def set_policy(team_id: int | None, terms: PoolTerms, *, actor: Actor, now: datetime) -> PoolPolicy:
    """Let other rules hold for a team's pool, or for the company's where there is no team, from now on.

    Raises TurnsElsewhere where leads are to go to the company's pool and to be given out again, OverflowUnknown
    where another team that takes leads is not named.
    """
    if terms.is_public and terms.turns:
        raise TurnsElsewhere
    if terms.overflow_id is not None and (
        terms.overflow_id == team_id or not Method.objects.filter(team=terms.overflow_id).exists()
    ):
        raise OverflowUnknown
    team = Team.objects.get(pk=team_id) if team_id else None
    policy, _ = PoolPolicy.objects.update_or_create(team=team, defaults=asdict(terms))
    append(PoolPolicySet(team_id or 0, asdict(terms)), actor=actor, at=now)
    return policy


@transaction.atomic
def open_lead(lead_id: UUID, *, member: Member, now: datetime) -> None:
    """Look closer at a lead in a pool: one of so many a day. Looking again that day is free.

    Raises LeadMissing, ViewsSpent. Where the pool does not count looks, nothing is kept.
    """
    place = placement_of(visible_lead(member, lead_id).pk)
    limit = policy_of(place).views_per_day
    if place.kind != Placement.Kind.POOL or limit is None:
        return
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    today = today_of(now)
    seen = Opening.objects.filter(member=member, on=today)
    if seen.filter(lead=place.lead_id).exists():
        return
    if seen.count() >= limit:
        raise ViewsSpent
    Opening.objects.create(member=member, lead_id=place.lead_id, on=today, at=now)
