"""Reading when leads go back to a pool."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.handoff.belt.seating import read_hours
from clew.handoff.calendars import Hours
from clew.handoff.pools.models import PoolPolicy
from clew.pipeline.recycling.models import Patience
from clew.pipeline.recycling.rules import Held, Limits, Return, returns

# Held leads, by who holds them or named; then, a row each, all that the rules ask. `sign` is the last sign of progress.
# Lead by lead along an index: the planner would rather read all grades there are.
BY_SEAT = """
from handoff_seat s
join lateral (select id, lead_id, opened_at from handoff_placement
  where seat_id = s.id and closed_at is null and opened_at <= %(newest)s offset 0) p on true
"""
NAMED = """
from unnest(%(leads)s::uuid[]) as n(lead_id)
join lateral (select id, lead_id, seat_id, opened_at from handoff_placement
  where lead_id = n.lead_id and closed_at is null offset 0) p on true
join handoff_seat s on s.id = p.seat_id
"""
ABOUT = """
join handoff_method m on m.team_id = s.team_id
join lateral (select level from grading_grade
  where lead_id = p.lead_id and superseded_at is null offset 0) g on true
left join lateral (select k.at from pipeline_call k where k.lead_id = p.lead_id
  order by k.at desc limit 1) call on true
left join lateral (select due_at, created_at from pipeline_task
  where lead_id = p.lead_id and done_at is null offset 0) t on true
left join lateral (select stage_id, entered_at from moves_stay
  where lead_id = p.lead_id and left_at is null offset 0) y on true
left join moves_stage e on e.id = y.stage_id
cross join lateral (select
  greatest(p.opened_at, call.at, y.entered_at, least(t.due_at, t.created_at + interval '60 days')) as sign,
  coalesce(e.id, (select f.id from contacts_lead l join capture_source o on o.id = l.source_id
    join moves_pipeline w on w.side = case when o.is_online then 'online' else 'offline' end
    join moves_stage f on f.pipeline_id = w.id and f.retired_at is null
    where l.id = p.lead_id order by f.position, f.id limit 1)) as stage_id,
  e.id is not null and exists (select from moves_stage k where k.pipeline_id = e.pipeline_id
    and k.is_contract and k.position <= e.position) as is_contracted) z
"""
# What of the leads of people who hold too much is too much: the lowest grades first, then what rested longest.
EXCESS = f"""
select lead_id, seat_id, since from (
  select p.lead_id, s.id as seat_id, x.since, s.open_count - s.capacity as much,
    row_number() over (partition by s.id order by g.level, z.sign, p.id) as number
  {BY_SEAT} {ABOUT} join pools_overload x on x.seat_id = s.id and x.until_at is null
  where not z.is_contracted and s.id = any(%(seats)s)) ranked
where number <= much
"""  # noqa: S608  no value is formatted in
ANY = "infinity"  # however new


class Row(NamedTuple):
    """A held lead as the database tells it."""

    lead_id: UUID
    seat_id: int
    team_id: int
    calendar_id: int
    level: int
    given_at: datetime
    called_at: datetime | None
    entered_at: datetime | None
    due_at: datetime | None
    said_at: datetime | None
    stage_id: int | None
    is_contracted: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of all teams that have some: limits by team and grade, and by team and stage; hours by calendar."""

    policies: dict[int, PoolPolicy]
    patience: dict[tuple[int, int], int]
    hours: dict[int, Hours]

    def of(self, team_id: int, level: int, stage_id: int | None) -> Limits:
        """Give what holds for a lead of a team, a grade and a stage."""
        policy = self.policies.get(team_id)
        if policy is None:
            return Limits()
        days = self.patience.get((team_id, stage_id or 0))
        return Limits(policy.uncontacted_minutes, days or idle_days(policy, level))


def idle_days(policy: PoolPolicy, level: int) -> int | None:
    """Give after how many working days without progress leads of a grade go back."""
    by_level = {1: policy.idle_days_low, 2: policy.idle_days_medium, 3: policy.idle_days_high}
    return by_level[level]


def terms() -> Terms:
    """Read the rules of all teams, and all calendars; one statement where no team has any."""
    policies = {
        policy.team_id: policy
        for policy in PoolPolicy.objects.filter(team__isnull=False)
        if policy.team_id
    }
    if not policies:
        return Terms({}, {}, {})
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, time_zone, week::text, days_off::text, days_on::text from handoff_calendar"
        )
        hours = {id_: read_hours(*written) for id_, *written in cursor.fetchall()}
    patience = Patience.objects.values_list("team_id", "stage_id", "days")
    return Terms(
        policies, {(team_id, stage_id): days for team_id, stage_id, days in patience}, hours
    )


def returning(lead_ids: Iterable[UUID]) -> dict[UUID, Return]:
    """Say when leads that people hold go back to a pool, and why; those that do not are left out."""
    found = terms()
    if not found.policies:
        return {}
    rows = _rows(list(lead_ids))
    excess = _excess(
        {row.seat_id for row in rows if found.policies.get(row.team_id, NONE).takes_excess}
    )
    told = {}
    for row in rows:
        limits = found.of(row.team_id, row.level, row.stage_id)
        back = returns(_held(row, excess), limits, found.hours[row.calendar_id])
        if back:
            told[row.lead_id] = back
    return told


NONE = PoolPolicy()


def _held(row: Row, excess: dict[UUID, datetime]) -> Held:
    return Held(
        given_at=row.given_at,
        called_at=row.called_at,
        entered_at=row.entered_at,
        planned=(row.due_at, row.said_at) if row.due_at and row.said_at else None,
        excess_since=excess.get(row.lead_id),
        is_under_contract=row.is_contracted,
    )


def _rows(lead_ids: list[UUID]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select p.lead_id, s.id, s.team_id, coalesce(s.calendar_id, m.calendar_id), g.level, p.opened_at,
              call.at, y.entered_at, t.due_at, t.created_at, z.stage_id, z.is_contracted
            {NAMED} {ABOUT}
            """,
            {"leads": as_array(lead_ids)},
        )
        return [Row(*row) for row in cursor.fetchall()]


def _excess(seat_ids: set[int]) -> dict[UUID, datetime]:
    if not seat_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(EXCESS, {"seats": list(seat_ids), "newest": ANY})
        return {lead_id: since for lead_id, _, since in cursor.fetchall()}
