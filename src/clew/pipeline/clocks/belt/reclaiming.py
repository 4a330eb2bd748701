"""Leads are taken back whose time ran out so long ago, and go to the next one by turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from clew.base.bulk import as_array
from clew.base.ledger import CLOCKS, append_all
from clew.handoff.actions.locks import lock_idle
from clew.handoff.belt.placing import Leaving, hand_on
from clew.pipeline.belt import leave_alone, start
from clew.pipeline.events import ClockReclaimed

AT_ONCE = 250  # leads of a piece
DUE = """
select lead_id from pipeline_clock
where next_at <= %(now)s and reclaim_at <= %(now)s and breached_at is not null
order by next_at limit %(most)s
"""
# As they stand under the leads' locks: whether a person did something since the clock began, or it is not theirs.
# From its stage nothing that was done keeps a lead: only a call sheet that somebody is at, and the contract.
STAND = """
select c.id, c.lead_id, c.kind, p.seat_id, coalesce(y.handons_at_most, 1),
  p.kind <> 'person' or p.opened_at > c.started_at
  or exists (select from pipeline_draft d where d.lead_id = c.lead_id and d.saved_at >= c.started_at)
  or case when c.kind = 'stage' then coalesce(g.is_contract, false)
    else exists (select from pipeline_call k where k.lead_id = c.lead_id and k.at >= c.started_at)
      or exists (select from base_entry e where e.subject = c.lead_id and e.actor_kind = 'member'
        and e.at > c.started_at) end,
  array(select b.seat_id from pipeline_clock a
    join handoff_placement b on b.lead_id = a.lead_id and b.closed_at = a.reclaimed_at
    where a.lead_id = c.lead_id and a.reclaimed_at is not null and b.seat_id is not null)
from pipeline_clock c
join handoff_placement p on p.lead_id = c.lead_id and p.closed_at is null
left join clocks_policy y on y.id = c.policy_id
left join moves_stage g on g.id = y.stage_id
where c.lead_id = any(%(leads)s::uuid[]) and c.next_at <= %(now)s and c.reclaim_at <= %(now)s
  and c.breached_at is not null
order by c.lead_id, c.id for update of c
"""
MARK = """
update pipeline_clock set reclaimed_at = case when id = any(%(taken)s) then %(now)s end,
  spared_at = case when id = any(%(taken)s) then null else %(now)s end
where id = any(%(clocks)s)
"""


@dataclass(frozen=True, slots=True)
class Late:
    """A lead whose taking back is due; `had`: the seats that it was taken from before."""

    clock_id: int
    lead_id: UUID
    kind: str
    seat_id: int | None
    handons: int
    is_spared: bool
    had: list[int]


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """How many clocks were looked at, and the leads that were taken and are somewhere else now."""

    count: int
    lead_ids: list[UUID]


@transaction.atomic
def reclaim(now: datetime) -> Reclaimed:
    """Take at most AT_ONCE late leads from those who have them, each once.

    A lead that somebody has done something about since the clock began stays, and so does one that nobody
    else could take. Handed on as often as the policy says, it goes to the pool. What another writer is just
    at is left for later.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now, "most": AT_ONCE})
        due = [lead_id for (lead_id,) in cursor.fetchall()]
        cursor.execute(STAND, {"leads": as_array(lock_idle(due)), "now": now})
        late = [Late(*row) for row in cursor.fetchall()]
    return Reclaimed(len(late), _take(late, now) if late else [])


def _take(late: Sequence[Late], now: datetime) -> list[UUID]:
    due = {one.lead_id: one for one in late if not one.is_spared}  # one clock takes a lead, not two
    moved = hand_on([_leaving(one) for one in due.values()], now)
    taken = [due[p.lead_id] for p in moved]
    _mark(late, taken, now)
    leave_alone([one.lead_id for one in taken], now)
    start(moved, now)
    told = [ClockReclaimed(one.lead_id, one.clock_id, one.kind, one.seat_id) for one in taken]
    append_all(told, actor=CLOCKS, at=now)
    return [one.lead_id for one in taken]


def _leaving(one: Late) -> Leaving:
    had = {*one.had, *([one.seat_id] if one.seat_id else [])}
    return Leaving(one.lead_id, tuple(sorted(had)), is_over=len(one.had) >= one.handons)


def _mark(late: Sequence[Late], taken: Sequence[Late], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MARK,
            {
                "taken": [one.clock_id for one in taken],
                "clocks": [one.clock_id for one in late],
                "now": now,
            },
        )
