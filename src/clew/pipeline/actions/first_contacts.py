"""Keeping when a lead was first tried and first answered, in clock and in working time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from json import loads
from typing import Any
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.handoff.calendars import hours, time_between
from clew.pipeline.stages import ANSWERS

SECOND = timedelta(seconds=1)
FACTS = """
select l.id, l.opened_at, c.tried_at, c.answered_at,
  (select min(k.due_at) from pipeline_clock k where k.lead_id = l.id and k.kind = 'first'), a.id, a.time_zone, a.week,
  a.days_off, a.days_on
from contacts_lead l
join lateral (select min(at) as tried_at, min(at) filter (where result = any(%(answers)s)) as answered_at
  from pipeline_call where lead_id = l.id) c on c.tried_at is not null
left join pipeline_firstcontact f on f.lead_id = l.id
left join handoff_placement p on p.lead_id = l.id and p.closed_at is null
left join handoff_seat s on s.id = p.seat_id
left join handoff_method m on m.team_id = p.team_id
left join handoff_calendar a on a.id = coalesce(s.calendar_id, m.calendar_id)
where l.id = any(%(leads)s::uuid[])
  and (f.lead_id is null or f.answered_at is null and c.answered_at is not null)
"""
KEEP = """
insert into pipeline_firstcontact as f
  (lead_id, tried_at, tried_seconds, answered_at, answered_seconds, promised_at)
select lead_id, tried_at, tried_seconds, answered_at, answered_seconds, promised_at
from json_to_recordset(%s) as n(lead_id uuid, tried_at timestamptz, tried_seconds int,
  answered_at timestamptz, answered_seconds int, promised_at timestamptz)
on conflict (lead_id) do update
  set answered_at = greatest(excluded.answered_at, f.tried_at), answered_seconds =
    case when excluded.answered_at < f.tried_at then f.tried_seconds else excluded.answered_seconds end
  where f.answered_at is null
"""


def note_first_contacts(lead_ids: Iterable[UUID]) -> None:
    """Keep the first attempt and the first answered contact of leads that were called; what is kept stays.

    Working time is counted by the hours of whoever holds the lead, so it is called while they do; where
    there are none, the clock's time counts. Two statements, one where nothing is new.
    """
    given: dict[str, Any] = {
        "leads": as_array(list(lead_ids)),
        "answers": [str(one) for one in ANSWERS],
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, given)
        known: dict[int, Any] = {}
        rows = [_row(row, known) for row in cursor.fetchall()]
        if rows:
            cursor.execute(KEEP, [dumps(rows)])


def _row(row: Sequence[Any], known: dict[int, Any]) -> dict[str, Any]:
    lead_id, opened_at, tried_at, answered_at, promised_at, calendar_id, *calendar = row
    if calendar_id and calendar_id not in known:
        zone, *parts = calendar
        known[calendar_id] = hours(zone, *map(loads, parts))
    worked = known.get(calendar_id)

    def since(moment: datetime) -> int:
        passed = time_between(worked, opened_at, moment) if worked else moment - opened_at
        return max(0, passed // SECOND)

    return {
        "lead_id": lead_id,
        "tried_at": tried_at,
        "tried_seconds": since(tried_at),
        "answered_at": answered_at,
        "answered_seconds": since(answered_at) if answered_at else None,
        "promised_at": promised_at,
    }
