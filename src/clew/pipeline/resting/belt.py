"""Leads that come to rest by rule, persons who give a sign of life, merges and undoing: many at once.

What a person ended rests if its reason is among those of the team's policy; what waits in a pool to be claimed
rests when it was tried, handed round or left lying for long enough. What somebody is still to get by turn, to meet,
or to play on does not, and nobody rests who wants to be left alone or has an open lead.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from clew.base.bulk import as_array
from clew.base.hearing import Heard
from clew.base.json import dumps
from clew.base.ledger import Actor, append_all
from clew.handoff.actions.locks import lock_idle
from clew.handoff.belt.waiting import POSTPONED
from clew.handoff.pools.belt import shelve
from clew.pipeline.belt import leave_alone
from clew.pipeline.moves.belt import leave
from clew.pipeline.resting.events import CameBack, LeadRested, RestEnded
from clew.pipeline.resting.models import RestPolicy
from clew.pipeline.resting.queries import hours_of, pace_of, policies
from clew.pipeline.resting.rules import days_of_many

RULES = Actor("system", "resting")
AT_ONCE = 5_000
TURN = 0x72657374  # "rest": one worker at a time, so that none looks for what another is at
SHELVED = "no_intent"  # how leads end that rest by rule
NEVER = ("do_not_contact", "blocked")
# Nobody of whom another lead is open, or who wants to be left alone; `l` is the lead.
MAY_REST = """
not exists (select from contacts_lead o
  join handoff_placement e on e.lead_id = o.id and e.closed_at is null
  where (o.contact_id = coalesce(l.person_id, l.contact_id)
      or o.person_id = coalesce(l.person_id, l.contact_id)) and o.id <> l.id
    and (o.ended_at is null or e.kind = 'closed' and e.reason = any(%(never)s)))
"""
OF_TEAM = "(p.team_id = %(team)s or %(team)s::bigint is null and p.team_id is null)"
ENDED = f"""
select l.id, p.reason, p.opened_at from handoff_placement p join contacts_lead l on l.id = p.lead_id
where p.closed_at is null and p.kind = 'closed' and p.reason = any(%(ends)s) and {OF_TEAM}
  and (%(since)s::timestamptz is null or p.opened_at >= %(since)s) and (%(all)s or l.id = any(%(leads)s::uuid[])) and not l.is_history
  and not exists (select from resting_rest r where r.lead_id = l.id and r.since >= p.opened_at)
  and {MAY_REST}
order by p.opened_at desc limit %(most)s
"""  # noqa: S608  no value is formatted in
# What somebody writes afterwards is a sign of life: what was tried before it does not count.
POOLED = f"""
select l.id, case when z.is_unreached then 'unreached' when z.is_returned then 'returned'
  else 'unclaimed' end
from handoff_placement p join contacts_lead l on l.id = p.lead_id
left join pools_recall r on r.placement_id = p.id
left join pipeline_firstcontact f on f.lead_id = l.id
cross join lateral (select l.strengthened_at <= p.opened_at as is_silent) s
cross join lateral (select
  s.is_silent and f.tried_at is not null and f.answered_at is null and coalesce((select count(*)
    from pipeline_call k where k.lead_id = l.id) >= %(tries)s, false) as is_unreached,
  s.is_silent and coalesce((select count(*) from handoff_placement q
    where q.lead_id = l.id and q.kind = 'person') >= %(turns)s, false) as is_returned,
  coalesce(greatest(p.opened_at, l.strengthened_at) < %(before)s, false) as is_unclaimed) z
where p.closed_at is null and p.kind = 'pool' and {OF_TEAM}
  and p.reason <> all(%(postponed)s) and r.is_given_out is not true
  and (%(all)s or l.id = any(%(leads)s::uuid[]))
  and (z.is_unreached or z.is_returned or z.is_unclaimed)
  and not exists (select from meetings_meeting m
    where m.lead_id = l.id and m.state in ('offered', 'wished', 'confirmed'))
  and not exists (select from plays_run y
    where y.lead_id = l.id and y.ended_at is null and not y.is_held_back)
  and {MAY_REST}
limit %(most)s
"""  # noqa: S608  no value is formatted in
LAY = """
insert into resting_rest (lead_id, person_id, team_id, reason, since, next_touch_at, touch_count, "end")
select d.lead_id, coalesce(l.person_id, l.contact_id), %(team)s, d.reason, d.since,
  (%(days)s::timestamptz[])[1 + (row_number() over (order by d.since desc, d.lead_id) - 1)
    %% array_length(%(days)s::timestamptz[], 1)], 0, ''
from json_to_recordset(%(rows)s) as d(lead_id uuid, reason text, since timestamptz)
join contacts_lead l on l.id = d.lead_id
on conflict do nothing returning lead_id, reason
"""
WAKE = """
update resting_rest r set ended_at = %(now)s, back_as_id = nullif(n.id, r.lead_id),
  "end" = case when n.id = r.lead_id then 'reopened' else 'wrote' end
from contacts_lead n
where r.ended_at is null and n.ended_at is null and coalesce(n.person_id, n.contact_id) = r.person_id
  {chosen}
returning r.id, r.lead_id, r."end", r.back_as_id
"""
OF_THESE = """and r.person_id in (select coalesce(l.person_id, l.contact_id) from contacts_lead l
  where l.id = any(%(leads)s::uuid[]))"""
# Of each person one rests at most, and none beside an open lead; the one that rests for the shortest time stays.
SURPLUS = """
with theirs as (select r.id, row_number() over (partition by coalesce(l.person_id, l.contact_id)
    order by r.since desc, r.id desc) as number,
    exists (select from contacts_lead o where o.ended_at is null
      and coalesce(o.person_id, o.contact_id) = coalesce(l.person_id, l.contact_id)) as has_other
  from resting_rest r join contacts_lead l on l.id = r.lead_id
  where r.ended_at is null and l.contact_id = any(%(contacts)s::uuid[]))
update resting_rest r set ended_at = %(now)s, "end" = 'merged' from theirs t
where r.id = t.id and (t.number > 1 or t.has_other)
returning r.id, r.lead_id
"""
POINTED = """
update resting_rest r set person_id = coalesce(l.person_id, l.contact_id) from contacts_lead l
where l.id = r.lead_id and l.contact_id = any(%(contacts)s::uuid[])
  and r.person_id <> coalesce(l.person_id, l.contact_id)
"""
RESUMED = """
update resting_rest r set ended_at = null, "end" = '', back_as_id = null
where r.id in (select distinct on (q.person_id) q.id from resting_rest q {which}
    and not exists (select from contacts_lead o where o.ended_at is null
      and coalesce(o.person_id, o.contact_id) = q.person_id {but})
    and not exists (select from resting_rest a where a.ended_at is null and a.person_id = q.person_id)
  order by q.person_id, q.since desc, q.id desc)
returning r.lead_id, r.team_id, r.reason
"""
OF_MERGED = """join contacts_lead l on l.id = q.lead_id
  where q."end" = 'merged' and l.contact_id = any(%(contacts)s::uuid[])"""
OF_BACK = "where q.back_as_id = any(%(leads)s::uuid[])"
FORGET = (
    """delete from resting_touch where rest_id in
       (select id from resting_rest where lead_id = any(%(leads)s::uuid[]))""",
    "delete from resting_rest where lead_id = any(%(leads)s::uuid[])",
    RESUMED.format(which=OF_BACK, but="and o.id <> all(%(leads)s::uuid[])"),
    "update resting_rest set back_as_id = null where back_as_id = any(%(leads)s::uuid[])",
)


def rest_by_rule(now: datetime) -> bool:
    """Let some of the leads rest that are due by their teams' policies. Tells whether there may be more."""
    return sum(_rest_by(policy, now) for policy in policies()) > 0


def begin(lead_id: UUID, policy: RestPolicy, now: datetime) -> None:
    """Let a lead rest that was closed, if its policy says so. The caller holds the lead's lock."""
    _lay(policy, _ended(policy, lead_ids=[lead_id]), now)


@transaction.atomic
def _rest_by(policy: RestPolicy, now: datetime) -> bool:
    """Do one piece for a policy, alone with it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [TURN])
        if not cursor.fetchone()[0]:
            return False
    return _shelve(policy, now) + _take_in(policy, now) > 0


def _shelve(policy: RestPolicy, now: datetime) -> int:
    """End leads that lie in the pool for nothing; what is found is asked again once it is locked."""
    if (policy.tries, policy.turns, policy.pooled_days) == (None, None, None):
        return 0
    due = _pooled(policy, now)
    locked = lock_idle(lead_id for lead_id, _ in due)
    still = _pooled(policy, now, locked) if locked else []
    if not still:
        return 0
    lead_ids = [lead_id for lead_id, _ in still]
    shelve(lead_ids, SHELVED, now)
    leave_alone(lead_ids, now)
    leave(lead_ids, SHELVED, now)
    _lay(policy, [(lead_id, reason, now) for lead_id, reason in still], now)
    return len(due) == AT_ONCE


def _take_in(policy: RestPolicy, now: datetime) -> int:
    """Let leads rest that ended before the policy was there, as far back as it was told to look."""
    if policy.since is None:
        return 0
    found = _ended(policy, since=policy.since)
    _lay(policy, found, now)
    if len(found) < AT_ONCE:
        RestPolicy.objects.filter(pk=policy.pk, since=policy.since).update(since=None)
    return len(found) == AT_ONCE


def _pooled(
    policy: RestPolicy, now: datetime, lead_ids: Sequence[UUID] | None = None
) -> list[tuple[UUID, str]]:
    days = policy.pooled_days
    return _found(
        POOLED,
        policy,
        lead_ids,
        tries=policy.tries,
        turns=policy.turns,
        before=None if days is None else now - timedelta(days=days),
        postponed=list(POSTPONED),
    )


def _ended(
    policy: RestPolicy, *, since: datetime | None = None, lead_ids: Sequence[UUID] | None = None
) -> list[tuple[UUID, str, datetime]]:
    return _found(ENDED, policy, lead_ids, ends=policy.ends, since=since)


def _found(
    sql: str, policy: RestPolicy, lead_ids: Sequence[UUID] | None, **values: Any
) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "team": policy.team_id,
                "all": lead_ids is None,
                "leads": as_array(lead_ids or ()),
                "never": list(NEVER),
                "most": AT_ONCE,
                **values,
            },
        )
        return list(cursor.fetchall())


def _lay(policy: RestPolicy, found: Sequence[tuple[UUID, str, datetime]], now: datetime) -> None:
    """Let leads rest for a reason, each since a time. Whoever rests already goes on with that lead."""
    if not found:
        return
    days = days_of_many(pace_of(policy), len(found), now, hours_of(policy.team))
    rows = [{"lead_id": id_, "reason": reason, "since": since} for id_, reason, since in found]
    with connection.cursor() as cursor:
        cursor.execute(LAY, {"team": policy.team_id, "days": days, "rows": dumps(rows)})
        rested = cursor.fetchall()
    events = [LeadRested(lead_id, policy.team_id, reason) for lead_id, reason in rested]
    append_all(events, actor=RULES, at=now)


def wake_heard(heard: Sequence[Heard], now: datetime) -> None:
    """Let nobody rest on of whom a lead was opened, or one came to rest while another was opened."""
    _wake(WAKE.format(chosen=OF_THESE), now, as_array(one.subject for one in heard))


@transaction.atomic
def wake_all(now: datetime) -> None:
    """Let nobody rest on who has an open lead: whatever opened it, and whoever was not told."""
    _wake(WAKE.format(chosen=""), now)


def _wake(sql: str, now: datetime, lead_ids: str = "{}") -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": now, "leads": lead_ids})
        woken = cursor.fetchall()
    ended = [RestEnded(lead_id, id_, end) for id_, lead_id, end, _ in woken]
    back = [CameBack(back_as, lead_id) for _, lead_id, _, back_as in woken if back_as]
    append_all([*ended, *back], actor=RULES, at=now)


def settle(contact_ids: Iterable[UUID], now: datetime) -> None:
    """Let what rests follow a merge, or one that was taken apart: each person with one lead, or none beside an open one.

    The caller keeps the belt still and holds the leads' locks.
    """
    values: dict[str, Any] = {"contacts": as_array(contact_ids), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(SURPLUS, values)
        over = cursor.fetchall()
        cursor.execute(POINTED, values)
        cursor.execute(RESUMED.format(which=OF_MERGED, but=""), values)
        again = cursor.fetchall()
    ended = [RestEnded(lead_id, id_, "merged") for id_, lead_id in over]
    append_all([*ended, *(LeadRested(*row) for row in again)], actor=RULES, at=now)


def forget(lead_ids: Sequence[UUID]) -> None:
    """Drop what rests of leads that are undone; what they had woken rests again."""
    with connection.cursor() as cursor:
        for statement in FORGET:
            cursor.execute(statement, {"leads": as_array(lead_ids)})
