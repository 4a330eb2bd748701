"""What is due to go back to a pool, a piece at a time, found and decided by the database."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Coalesce

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.handoff.actions.locks import lock_idle
from clew.handoff.calendars import before, closed_since
from clew.handoff.models import Seat
from clew.handoff.pools.belt import note_overloads
from clew.pipeline.recycling.queries import (
    ABOUT,
    ANY,
    BY_SEAT,
    EXCESS,
    NAMED,
    Terms,
    idle_days,
    terms,
)
from clew.pipeline.recycling.rules import EXCESS_DAYS

AT_ONCE = 3_500
TURN = 0x72656379  # "recy": one worker at a time, so that none looks for what another is at
# `cuts`: for leads of a team by a calendar and of a grade, before when they must have been given, or given a sign
# of progress, to be due now. `patience`: the same by stage, which goes before; where there is none, nobody finds out
# in which stage a lead is. What is newer than all is not read.
DUE = """
with cut as (
  select * from json_to_recordset(%(cuts)s) as c(team_id bigint, calendar_id bigint, level int,
    untouched timestamptz, idle timestamptz, newest timestamptz)),
patience as (
  select * from json_to_recordset(%(patience)s)
    as w(team_id bigint, calendar_id bigint, stage_id bigint, idle timestamptz))
select p.lead_id, case when (call.at is null or call.at < p.opened_at)
  and p.opened_at <= c.untouched then 'uncontacted' else 'stalled' end
{held}
join cut c on c.team_id = s.team_id and c.calendar_id = coalesce(s.calendar_id, m.calendar_id)
  and c.level = g.level and p.opened_at <= c.newest
left join patience w on %(by_stage)s and w.team_id = c.team_id and w.calendar_id = c.calendar_id
  and w.stage_id = z.stage_id
where not z.is_contracted and ((call.at is null or call.at < p.opened_at) and p.opened_at <= c.untouched
  or z.sign < coalesce(w.idle, c.idle))
limit %(most)s
"""


def due(now: datetime) -> list[tuple[UUID, str]]:
    """Lock some of the leads that are due to go back now, and give them with the reason.

    Whom somebody is at is left for later. What is found is asked again once it is locked: somebody may have
    called meanwhile.
    """
    found = terms()
    if not found.policies or not _is_first():
        return []
    note_overloads(now)
    cuts = list(_cuts(found, now))
    values: dict[str, Any] = {
        "cuts": dumps(cuts),
        "patience": dumps(list(_patience(found, now))),
        "by_stage": bool(found.patience),
        "newest": max((cut["newest"] for cut in cuts), default=None),
        "most": AT_ONCE,
    }
    seen = {**_excess(found, now), **_due(BY_SEAT, values)}
    if not seen:
        return []
    locked = lock_idle(list(seen)[:AT_ONCE])
    still = {
        **_excess(found, now),
        **_due(NAMED, {**values, "leads": as_array(locked)}),
    }
    return [(lead_id, still[lead_id]) for lead_id in locked if lead_id in still]


def _is_first() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [TURN])
        return bool(cursor.fetchone()[0])


def _due(held: str, values: dict[str, Any]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(DUE.format(held=held + ABOUT), values)
        return dict(cursor.fetchall())


def _excess(found: Terms, now: datetime) -> dict[UUID, str]:
    """Give what has been too much for long enough."""
    teams = [team_id for team_id, policy in found.policies.items() if policy.takes_excess]
    if not teams:
        return {}
    loaded = Seat.objects.filter(team__in=teams, overloads__until_at=None, overloads__isnull=False)
    with connection.cursor() as cursor:
        seats = list(loaded.values_list("pk", flat=True))
        cursor.execute(EXCESS, {"seats": seats, "newest": ANY})
        rows = cursor.fetchall()
    own = Seat.objects.filter(pk__in={seat_id for _, seat_id, _ in rows})
    calendars = dict(own.values_list("pk", Coalesce("calendar_id", "team__method__calendar_id")))
    return {
        lead_id: "over_capacity"
        for lead_id, seat_id, since in rows
        if since < closed_since(found.hours[calendars[seat_id]], now, EXCESS_DAYS)
    }


def _cuts(found: Terms, now: datetime) -> Iterator[dict[str, Any]]:
    for team_id, policy in found.policies.items():
        stages = [days for (team, _), days in found.patience.items() if team == team_id]
        for calendar_id, hours in found.hours.items():
            minutes = policy.uncontacted_minutes
            untouched = None if minutes is None else before(hours, now, minutes)
            by_stage = [closed_since(hours, now, days) for days in stages]
            for level in (1, 2, 3):
                days = idle_days(policy, level)
                idle = None if days is None else closed_since(hours, now, days)
                bounds = [one for one in (untouched, idle, *by_stage) if one]
                if bounds:
                    yield {
                        "team_id": team_id,
                        "calendar_id": calendar_id,
                        "level": level,
                        "untouched": untouched,
                        "idle": idle,
                        "newest": max(bounds),
                    }


def _patience(found: Terms, now: datetime) -> Iterator[dict[str, Any]]:
    for (team_id, stage_id), days in found.patience.items():
        for calendar_id, hours in found.hours.items():
            yield {
                "team_id": team_id,
                "calendar_id": calendar_id,
                "stage_id": stage_id,
                "idle": closed_since(hours, now, days),
            }
