"""Leaving pipelines, many leads at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.base.ledger import Actor, append_all
from clew.pipeline.moves.events import LeadLeft
from clew.pipeline.moves.queries import STANDINGS

FLOW = Actor("system", "flow")
RETURNED = """
update moves_exit set returned_at = %(now)s
where lead_id = any(%(leads)s::uuid[]) and returned_at is null
"""
# As one by one: a lead that nobody had moved gets its first stay written now. Nobody had it, so all time counts.
LEFT = f"""
with stands (lead_id, stage_id, since, number) as materialized (
  {STANDINGS.replace("%s", "%(leads)s")}),
known as materialized (
  select lead_id, stage_id, since, number, greatest(since, %(now)s) as at,
    extract(epoch from greatest(since, %(now)s) - since)::int as seconds
  from stands where stage_id is not null),
ended as (
  update moves_stay y set left_at = k.at, outcome = 'left', work_seconds = k.seconds from known k
  where y.lead_id = k.lead_id and y.left_at is null),
begun as (
  insert into moves_stay (lead_id, stage_id, number, how, entered_at, left_at, outcome, work_seconds,
    actor_kind, actor_id)
  select lead_id, stage_id, 1, 'entered', since, at, 'left', seconds, 'system', 'belt'
  from known where number = 0)
insert into moves_exit (lead_id, stage_id, "end", rival, currency, team_id, member_id, at)
select k.lead_id, k.stage_id, %(end)s, '', 'CNY', p.team_id, held.member_id, %(now)s
from known k join handoff_placement p on p.lead_id = k.lead_id and p.closed_at is null
left join lateral (select s.member_id from handoff_placement h join handoff_seat s on s.id = h.seat_id
  where h.lead_id = k.lead_id order by h.id desc limit 1) held on true
returning lead_id, stage_id
"""  # noqa: S608  no value is formatted in


def leave(lead_ids: Sequence[UUID], end: str, now: datetime) -> None:
    """Let leads that have just been closed end their stays, with no reason but how they ended; nothing follows it.

    The caller holds the leads' locks. A fixed number of statements.
    """
    values: dict[str, Any] = {"leads": as_array(lead_ids), "end": end, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(RETURNED, values)
        cursor.execute(LEFT, values)
        left = cursor.fetchall()
    append_all(
        [LeadLeft(lead_id, stage_id, None, end) for lead_id, stage_id in left], actor=FLOW, at=now
    )
