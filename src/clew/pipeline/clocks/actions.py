"""The only writers of policies: a change closes what held and appends what holds from the next clock on.

And what a manager does about a lead whose time ran out.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

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
    ReclaimFromContract,
    StopUnknown,
)
from clew.pipeline.clocks.events import PoliciesSet
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.queries import limitable, may_change
from clew.pipeline.clocks.rules import Promise, examine
from clew.pipeline.errors import LeadMoved
from clew.pipeline.moves.errors import StageMissing

POLICIES = 0x636C6F63  # "cloc": one change of targets at a time


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

    `seen`: the ids of the policies that the page showed. What is not changed keeps its version; a stage of which
    nothing is promised has no limit from then on. Raises PolicyMissing, PoliciesMoved, StopUnknown, StageMissing,
    NoWorkingHour and what `rules.examine` does.
    """
    if not may_change(member, team_id):
        raise PolicyMissing
    for promise in promises:
        examine(promise)
        _check(promise, now)
    _check_stages(kind, promises)
    held = {_promised(one).of: one for one in _lock(team_id, kind, seen)}
    made = [p for p in promises if p.of not in held or _promised(held[p.of]) != p]
    kept = {p.of for p in promises if p not in made}
    gone = [
        one.pk
        for of, one in held.items()
        if of not in kept and (kind == Policy.Kind.STAGE or of in {p.of for p in made})
    ]
    if not made and not gone:
        return
    Policy.objects.filter(pk__in=gone).update(ended_at=now)
    new = Policy.objects.bulk_create(
        Policy(
            team_id=team_id,
            kind=kind,
            level=p.level,
            stage_id=p.stage_id,
            is_paused_by_steps=p.is_paused_by_steps,
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
def reassign(
    lead_id: UUID,
    *,
    seat_id: int,
    stands: int,
    member: Member,
    now: datetime,
    reason: str = "by_hand",
) -> None:
    """Give a lead to somebody else, unless it was moved since the page showed its placement `stands`.

    Raises LeadMissing, LeadMoved, LeadNotOpen, SeatMissing.
    """
    lock_leads([visible_lead(member, lead_id).pk])
    found = visible_lead(member, lead_id)  # it may have gone elsewhere meanwhile
    if placement_of(found.pk).pk != stands:
        raise LeadMoved
    actor = Actor("member", str(member.pk))
    assign(found.pk, seat_id=seat_id, actor=actor, now=now, reason=reason)


def _lock(team_id: int | None, kind: str, seen: Collection[int]) -> list[Policy]:
    """Let two changes come one after the other, and give what holds once the one before is through."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [POLICIES])
    held = list(Policy.objects.filter(kind=kind, team=team_id, ended_at=None).order_by("pk"))
    if {one.pk for one in held} != set(seen):
        raise PoliciesMoved
    return held


def _promised(policy: Policy) -> Promise:
    return Promise(
        policy.level,
        policy.target_minutes,
        policy.warn_minutes,
        policy.escalate_minutes,
        policy.reclaim_minutes,
        policy.handons_at_most,
        policy.stops_on,
        policy.calendar_id,
        policy.stage_id,
        policy.is_paused_by_steps,
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


def _check_stages(kind: str, promises: Sequence[Promise]) -> None:
    """See that what is promised of stages is promised of such as leads can be in, and nobody is to take one from a contract."""
    if kind != Policy.Kind.STAGE:
        return
    known = {stage.pk: stage for stage in limitable()}
    for promise in promises:
        stage = known.get(promise.stage_id or 0)
        if stage is None:
            raise StageMissing
        if stage.is_contract and promise.reclaim is not None:
            raise ReclaimFromContract


def _tell(
    team_id: int | None, kind: str, policy_ids: list[int], member: Member, now: datetime
) -> None:
    event = PoliciesSet(team_id or 0, kind, policy_ids)
    append(event, actor=Actor("member", str(member.pk)), at=now)
