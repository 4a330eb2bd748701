"""A next step has come and was not done: from then on somebody must respond."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.ledger import CLOCKS, append_all
from clew.handoff.actions.locks import lock_idle
from clew.handoff.belt.seating import read_hours
from clew.handoff.calendars import Hours
from clew.pipeline.clocks.belt.policies import in_force
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.rules import Moments, moments
from clew.pipeline.events import ClockStarted

AT_ONCE = 500  # next steps of a piece
DUE = """
select lead_id from pipeline_task where due_at <= %s and done_at is null and passed_at is null
order by due_at limit %s
"""
COME = """
with passed as (
  update pipeline_task set passed_at = %(now)s
  where lead_id = any(%(leads)s::uuid[]) and due_at <= %(now)s and done_at is null and passed_at is null
  returning lead_id, due_at)
select t.lead_id, t.due_at, p.team_id, g.level, a.id, a.time_zone, a.week::text, a.days_off::text,
  a.days_on::text
from passed t
left join handoff_placement p on p.lead_id = t.lead_id and p.closed_at is null and p.kind = 'person'
left join grading_grade g on g.lead_id = t.lead_id and g.superseded_at is null
left join handoff_seat s on s.id = p.seat_id
left join handoff_method m on m.team_id = p.team_id
left join handoff_calendar a on a.id = coalesce(s.calendar_id, m.calendar_id)
"""
START = """
insert into pipeline_clock (lead_id, kind, policy_id, started_at, warn_at, due_at, escalate_at, reclaim_at)
select lead_id, 'next', policy_id, started_at, warn_at, due_at, escalate_at, reclaim_at
from json_to_recordset(%s) as n(lead_id uuid, policy_id bigint, started_at timestamptz,
  warn_at timestamptz, due_at timestamptz, escalate_at timestamptz, reclaim_at timestamptz)
on conflict do nothing returning lead_id, due_at
"""


@transaction.atomic
def begin(now: datetime) -> int:
    """Start the clock of a next response where a next step has passed, at most AT_ONCE, once each.

    It counts from when the step was due. A clock that runs already goes on. What another writer is just at
    is left for later. Returns how many steps have passed.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE, [now, AT_ONCE])
        due = [lead_id for (lead_id,) in cursor.fetchall()]
        if not due:
            return 0
        cursor.execute(COME, {"leads": as_array(lock_idle(due)), "now": now})
        passed = cursor.fetchall()
        cursor.execute(START, [dumps(_clocks(passed))])
        started: list[tuple[UUID, datetime]] = cursor.fetchall()
    append_all([ClockStarted(*one) for one in started], actor=CLOCKS, at=now)
    return len(passed)


def _clocks(passed: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Plan a clock for each lead that a person holds; those alike are planned once."""
    policies = in_force()
    known: dict[int | None, Hours] = {}
    planned: dict[tuple[Any, ...], tuple[int, Moments]] = {}
    clocks = []
    for lead_id, due_at, team_id, level, calendar_id, *written in passed:
        if team_id is None or level is None:
            continue
        if calendar_id and calendar_id not in known:
            known[calendar_id] = read_hours(*written)
        alike = due_at, team_id, level, calendar_id
        if alike not in planned:
            terms = policies.of(team_id, Policy.Kind.NEXT, level)
            planned[alike] = terms.policy_id, moments(terms, known.get(calendar_id), due_at)
        policy_id, when = planned[alike]
        clocks.append(
            {"lead_id": lead_id, "policy_id": policy_id, "started_at": due_at, **asdict(when)}
        )
    return clocks
