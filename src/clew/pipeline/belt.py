"""The belt's last step: the clocks until somebody must meet with a lead, and until it must leave its stage, start
when a person has it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array, copy_in
from clew.base.json import dumps
from clew.base.ledger import BELT, append_all
from clew.contacts.belt.identifying import Ended
from clew.handoff.actions.locks import lock_leads
from clew.handoff.belt.placing import Placed, held
from clew.handoff.models import Placement
from clew.pipeline.clocks.belt.pausing import pause
from clew.pipeline.clocks.belt.policies import Policies, in_force, plan
from clew.pipeline.clocks.models import Policy
from clew.pipeline.events import ClockStarted
from clew.pipeline.models import IS_CONTACT, Call, Clock, Result, Task

START = """
with plans as materialized (select * from json_to_recordset(%(plans)s) as p(plan text, kind text, stage bigint,
  policy bigint, warn_at timestamptz, due_at timestamptz, escalate_at timestamptz, reclaim_at timestamptz)){stands}
insert into pipeline_clock (lead_id, kind, policy_id, started_at, warn_at, due_at, escalate_at,
  reclaim_at)
select c.lead::uuid, p.kind, p.policy, %(now)s, p.warn_at, p.due_at, p.escalate_at,
  p.reclaim_at
from json_each_text(%(leads)s) as c(lead, plan)
join plans p on p.plan = c.plan and p.kind = case
    when exists (select from pipeline_firstcontact f where f.lead_id = c.lead::uuid) then 'next'
    else 'first' end
{besides}
on conflict do nothing returning lead_id, due_at, kind
"""
# Where leads stand: as the last stay says, else in the first stage in use of their source's pipeline.
STANDS = """,
stands as materialized (select l.id, c.plan, coalesce(y.stage_id, b.id) as stage_id
  from json_each_text(%(leads)s) as c(lead, plan)
  join contacts_lead l on l.id = c.lead::uuid join capture_source o on o.id = l.source_id
  left join lateral (select stage_id from moves_stay where lead_id = l.id order by number desc limit 1) y on true
  left join (select distinct on (w.side) w.side, g.id from moves_pipeline w
      join moves_stage g on g.pipeline_id = w.id and g.retired_at is null
      order by w.side, g.position, g.id) b on b.side = case when o.is_online then 'online' else 'offline' end)"""
BESIDES = """union all
select s.id, p.kind, p.policy, %(now)s, p.warn_at, p.due_at, p.escalate_at, p.reclaim_at
from stands s join plans p on p.plan = s.plan and p.stage = s.stage_id"""
ALONE = START.format(stands="", besides="")
WITH_STAGES = START.format(stands=STANDS, besides=BESIDES)


def start(placed: Sequence[Placed], now: datetime) -> None:
    """Start a clock for each lead that a person holds, unless one is running, by the policy in force.

    It waits for the first contact, or for the next one where somebody has tried before. Where its stage has a
    limit, another one starts besides. History gets no clock; how it came out is kept. What lapsed is left
    alone from now on.
    """
    _record(placed)
    lapsed = [p.lead_id for p in placed if p.kind == "closed" and not p.ended]
    if lapsed:
        leave_alone(lapsed, now)
    with_person = [p for p in placed if p.kind == "person"]
    if not with_person:
        return
    if waiting := [p.lead_id for p in with_person if p.round_id is None]:
        _end_pauses(waiting, now)
    started = _begin(*plan(with_person, in_force(), now), now)
    append_all([ClockStarted(lead_id, due_at) for lead_id, due_at in started], actor=BELT, at=now)


def _begin(
    leads: Mapping[UUID, str], plans: Sequence[Mapping[str, object]], now: datetime
) -> list[tuple[UUID, datetime]]:
    """Write clocks by one statement. Returns those that wait for contact: that one is in a stage is told already."""
    has_stages = any("stage" in one for one in plans)
    with connection.cursor() as cursor:
        cursor.execute(
            WITH_STAGES if has_stages else ALONE,
            {"now": now, "leads": dumps(leads), "plans": dumps(plans)},
        )
        return [
            (lead_id, due_at)
            for lead_id, due_at, kind in cursor.fetchall()
            if kind != Policy.Kind.STAGE
        ]


def enter_stage(lead_id: UUID, now: datetime) -> None:
    """Start the clock of the stage that a lead came into, and stop that of the one before.

    Nothing starts where the stage has no limit, or nobody has the lead. The caller holds its lock.
    """
    running = Clock.objects.filter(lead=lead_id, kind=Policy.Kind.STAGE, stopped_at=None)
    running.update(stopped_at=now)
    policies = in_force()
    if policies.by_stage:
        _begin_stage(held(lead_id), policies, now)
        _heed_plans(lead_id, now)


def _begin_stage(stands: Sequence[Placed], policies: Policies, now: datetime) -> None:
    leads, plans = plan(stands, policies, now, kinds=())
    if plans:
        _begin(leads, plans, now)


def _heed_plans(lead_id: UUID, now: datetime) -> None:
    """Let the clock of a stage stand still from its beginning where a next step is planned."""
    planned = Task.objects.filter(lead=lead_id, done_at=None, due_at__gt=now).first()
    fresh = Clock.objects.filter(
        lead=lead_id, kind=Policy.Kind.STAGE, stopped_at=None, paused_until=None
    )
    if planned and fresh.exists():
        pause(lead_id, planned.due_at, kinds=(Policy.Kind.STAGE,), now=now)


def _end_pauses(lead_ids: list[UUID], now: datetime) -> None:
    """Stop clocks that stand still: who wrote again does not wait for what was planned before."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update pipeline_clock set stopped_at = %(now)s
            where lead_id = any(%(leads)s::uuid[]) and stopped_at is null and paused_until > %(now)s
              and kind <> 'stage'
            """,
            {"now": now, "leads": as_array(lead_ids)},
        )


def leave_alone(lead_ids: list[UUID], now: datetime) -> None:
    """Stop clocks and next steps of leads that ended by themselves, at this very moment."""
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update pipeline_clock set stopped_at = %s
            where lead_id = any(%s::uuid[]) and stopped_at is null
            """,
            [now, ids],
        )
        cursor.execute(
            """
            update pipeline_task set done_at = %s
            where lead_id = any(%s::uuid[]) and done_at is null
            """,
            [now, ids],
        )


def _record(placed: Sequence[Placed]) -> None:
    rows = [_result_row(p.lead_id, p.ended) for p in placed if p.ended]
    if rows:
        copy_in("pipeline_result", "lead_id, is_won, value_minor, currency, ended_at", rows)


def _result_row(lead_id: UUID, ended: Ended) -> tuple[object, ...]:
    told = ended.outcome
    is_won = {"won": True, "lost": False}.get(told.result)
    return lead_id, is_won, told.value_minor, told.currency, ended.ended_at


def resume(lead_id: UUID, now: datetime, *, goes_on: bool = False) -> None:
    """Start the clocks of a lead that was given to a person by hand; for contact, unless they have called already.

    What ran for whoever had it before stops, unless it is meant to go on.
    """
    lock_leads([lead_id])
    stands = held(lead_id)
    if not stands:
        return
    opened_at = Placement.objects.get(lead=lead_id, closed_at=None).opened_at
    since = max(now, opened_at)  # the fact may be younger than the time its follower was given
    running = Clock.objects.filter(lead=lead_id, stopped_at=None)
    before = running.none() if goes_on else running.filter(started_at__lt=opened_at)
    before.exclude(IS_CONTACT).update(stopped_at=since)
    calls = Call.objects.filter(lead=lead_id, at__gte=opened_at)
    if calls.exists() or (goes_on and running.filter(IS_CONTACT).exists()):
        _begin_stage(stands, in_force(), since)
    else:
        before.filter(IS_CONTACT).update(stopped_at=since)
        start(stands, since)
    _heed_plans(lead_id, since)


def stop(lead_id: UUID, now: datetime) -> None:
    """Stop the clock and drop the next step of a lead, unless a person holds it again meanwhile."""
    if held(lead_id):
        return
    Clock.objects.filter(lead=lead_id, stopped_at=None).update(stopped_at=now)
    Task.objects.filter(lead=lead_id, done_at=None).update(done_at=now)


def withdraw(lead_id: UUID, now: datetime) -> None:
    """Take back how a lead came out once it is open again. Repeating it does nothing."""
    Result.objects.filter(lead=lead_id, lead__ended_at=None).delete()


def worked_on(lead_ids: list[UUID]) -> set[UUID]:
    """Find the leads that people have done something about: called, moved, planned, ended. Not looked at.

    So are those on which money, meetings, reviews, touches or what follows a sale stand.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select subject from base_entry where subject = any(%(ids)s::uuid[]) and actor_kind <> 'system'
              and name <> 'IdentifiersRevealed'
            union select lead_id from pipeline_call where lead_id = any(%(ids)s::uuid[])
            union select lead_id from contacts_correction where lead_id = any(%(ids)s::uuid[])
            union select lead_id from meetings_meeting where lead_id = any(%(ids)s::uuid[])
            union select lead_id from commission_deal where lead_id = any(%(ids)s::uuid[])
            union select lead_id from reviews_review where lead_id = any(%(ids)s::uuid[])
            union select lead_id from aftersale_carestep where lead_id = any(%(ids)s::uuid[])
            union select lead_id from aftersale_survey where lead_id = any(%(ids)s::uuid[])
            union select lead_id from resting_rest where lead_id = any(%(ids)s::uuid[]) and touch_count > 0
            """,
            {"ids": as_array(lead_ids)},
        )
        return {lead_id for (lead_id,) in cursor.fetchall()}


def forget(lead_ids: list[UUID]) -> None:
    """Drop clocks, next steps, drafts and results of leads that are undone. Nobody has said what they came to."""
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        cursor.execute("delete from pipeline_clock where lead_id = any(%s::uuid[])", [ids])
        cursor.execute("delete from pipeline_task where lead_id = any(%s::uuid[])", [ids])
        cursor.execute("delete from pipeline_draft where lead_id = any(%s::uuid[])", [ids])
        cursor.execute("delete from pipeline_result where lead_id = any(%s::uuid[])", [ids])


def revive(lapsed: Mapping[UUID, datetime]) -> None:
    """Let clocks and next steps go on that stopped when a lead lapsed."""
    if not lapsed:
        return
    rows = dumps([{"lead_id": lead_id, "at": at} for lead_id, at in lapsed.items()])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update pipeline_clock c set stopped_at = null
            from json_to_recordset(%s) as n(lead_id uuid, at timestamptz)
            where c.lead_id = n.lead_id and c.stopped_at = n.at
            """,
            [rows],
        )
        cursor.execute(
            """
            update pipeline_task t set done_at = null
            from json_to_recordset(%s) as n(lead_id uuid, at timestamptz)
            where t.lead_id = n.lead_id and t.done_at = n.at
            """,
            [rows],
        )
