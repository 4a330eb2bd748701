"""The only writers of policies: a change closes what held and appends what holds from the next clock on.

And what a manager does about a lead whose time ran out.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.handoff.actions.leads import assign
from clew.handoff.actions.locks import lock_leads
from clew.handoff.calendars import has_work, hours
from clew.handoff.models import Calendar
from clew.handoff.queries import placement_of, visible_lead
from clew.pipeline.clocks.errors import (
    NoWorkingHour,
    PoliciesMoved,
    PolicyMissing,
    StopUnknown,
)
from clew.pipeline.clocks.events import PoliciesSet
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import may_change
from clew.pipeline.clocks.rules import Promise, examine
from clew.pipeline.errors import LeadMoved


@transaction.atomic
def set_policies(
    team_id: int | None,
    kind: str,
    promises: Sequence[Promise],
    *,
    seen: Collection[int],
    member: Member,
    now: datetime,
) -> None:
    """Let these promises hold for a team's leads, or for all of teams without any, from the next clock on.

    `seen`: the ids of the policies that the page showed. What is not changed keeps its version.
    Raises PolicyMissing, PoliciesMoved, StopUnknown, NoWorkingHour and what `rules.examine` does.
    """
    if not may_change(member, team_id):
        raise PolicyMissing
    for promise in promises:
        examine(promise)
        _check(promise, now)
    held = _lock(team_id, kind, seen)
    by_level = {one.level: one for one in held}
    made = [p for p in promises if _promised(by_level.get(p.level)) != p]
    if not made:
        return
    changed = Policy.objects.filter(
        pk__in=[by_level[p.level].pk for p in made if p.level in by_level]
    )
    changed.update(ended_at=now)
    new = Policy.objects.bulk_create(
        Policy(
            team_id=team_id,
            kind=kind,
            level=p.level,
            target_minutes=p.target,
            warn_minutes=p.warn,
            escalate_minutes=p.escalate,
            reclaim_minutes=p.reclaim,
            handons_at_most=p.handons,
            stops_on=p.stops_on,
            calendar_id=p.calendar_id,
            made_at=now,
            maker=member,
        )
        for p in made
    )
    _tell(team_id, kind, [one.pk for one in new], member, now)


@transaction.atomic
def drop_policies(
    team_id: int, kind: str, *, seen: Collection[int], member: Member, now: datetime
) -> None:
    """Let a team go by what holds for all. Raises PolicyMissing, PoliciesMoved. Repeating it does nothing."""
    if not may_change(member, team_id):
        raise PolicyMissing
    held = _lock(team_id, kind, seen)
    if held:
        Policy.objects.filter(pk__in=[one.pk for one in held]).update(ended_at=now)
        _tell(team_id, kind, [], member, now)


@transaction.atomic
def reassign(lead_id: UUID, *, seat_id: int, stands: int, member: Member, now: datetime) -> None:
    """Give a lead to somebody else, unless it was moved since the page showed its placement `stands`.

    Raises LeadMissing, LeadMoved, LeadNotOpen, SeatMissing.
    """
    lock_leads([visible_lead(member, lead_id).pk])
    found = visible_lead(member, lead_id)  # it may have gone elsewhere meanwhile
    if placement_of(found.pk).pk != stands:
        raise LeadMoved
    actor = Actor("member", str(member.pk))
    assign(found.pk, seat_id=seat_id, actor=actor, now=now, reason="by_hand")


def _lock(team_id: int | None, kind: str, seen: Collection[int]) -> list[Policy]:
    """Lock what holds for everybody of this kind, so that two changes come one after the other."""
    in_force = Policy.objects.select_for_update().filter(kind=kind, ended_at=None).order_by("pk")
    held = [one for one in in_force if one.team_id == team_id]
    if {one.pk for one in held} != set(seen):
        raise PoliciesMoved
    return held


def _promised(policy: Policy | None) -> Promise | None:
    if policy is None:
        return None
    return Promise(
        policy.level,
        policy.target_minutes,
        policy.warn_minutes,
        policy.escalate_minutes,
        policy.reclaim_minutes,
        policy.handons_at_most,
        policy.stops_on,
        policy.calendar_id,
    )


def _check(promise: Promise, now: datetime) -> None:
    """See that what is promised exists, and can be kept at all."""
    if promise.stops_on not in Policy.Stop.values:
        raise StopUnknown
    if promise.calendar_id is None:
        return
    calendar = Calendar.objects.filter(pk=promise.calendar_id).first()
    if calendar is None:
        raise PolicyMissing
    told = hours(calendar.time_zone, calendar.week, calendar.days_off, calendar.days_on)
    if not has_work(told, now):
        raise NoWorkingHour


def _tell(
    team_id: int | None, kind: str, policy_ids: list[int], member: Member, now: datetime
) -> None:
    event = PoliciesSet(team_id or 0, kind, policy_ids)
    append(event, actor=Actor("member", str(member.pk)), at=now)
