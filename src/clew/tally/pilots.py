"""What came of a pilot: leads by its rules beside those of the same time and regions by the rules in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from clew.handoff.models import Pilot
from clew.handoff.routing import span

ARMS = """
with taken as (
  select l.id, l.opened_at, exists (select from handoff_route r
    where r.lead_id = l.id and r.routing_id = %(routing)s) as is_piloted
  from contacts_lead l
  where l.opened_at >= %(began)s and l.opened_at <= %(ended)s and not l.is_history
    and (%(everywhere)s or exists (select from unnest(%(low)s::int[], %(high)s::int[]) as s(low, high)
      where l.region_code >= s.low and l.region_code < s.high))
)
select t.is_piloted, count(*), count(c.at),
  percentile_cont(0.5) within group (order by extract(epoch from c.at - t.opened_at) / 60),
  count(*) filter (where p.is_won), count(*) filter (where not p.is_won)
from taken t
left join lateral (select min(at) as at from pipeline_call where lead_id = t.id) c on true
left join pipeline_result p on p.lead_id = t.id
group by t.is_piloted order by t.is_piloted desc
"""


@dataclass(frozen=True, slots=True)
class Arm:
    """Leads of one side: how many, how many were called and after how many minutes in the middle, ends."""

    is_piloted: bool
    count: int
    called: int
    minutes: float | None
    won: int
    lost: int


def compare(pilot: Pilot, now: datetime) -> list[Arm]:
    """Compare the leads of a pilot with the rest, the pilot's first; a side without leads is there too."""
    spans = [span(code) for code in pilot.regions]
    given: dict[str, Any] = {
        "routing": pilot.routing_id,
        "began": pilot.started_at,
        "ended": pilot.ended_at or now,
        "everywhere": not spans,
        "low": [low for low, _ in spans],
        "high": [high for _, high in spans],
    }
    with connection.cursor() as cursor:
        cursor.execute(ARMS, given)
        found = {row[0]: Arm(*row) for row in cursor.fetchall()}
    return [found.get(side, Arm(side, 0, 0, None, 0, 0)) for side in (True, False)]
