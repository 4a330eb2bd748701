"""Leads that go back and forth: makes as many moves as are wanted out of the stays that there are."""

from django.db import connection, transaction

from clew.pipeline.moves.models import Stay

# A lead's first stay becomes 2 * times + 1 of equal length, by turns in its stage and in the one behind it.
AGAIN = """
create temporary table again on commit drop as
with behind as (
  select s.id, coalesce((select n.id from moves_stage n
    where n.pipeline_id = s.pipeline_id and n.position > s.position and n.retired_at is null
    order by n.position limit 1), s.id) as next
  from moves_stage s
), first as (
  select y.*, b.next, (coalesce(y.left_at, now()) - y.entered_at) / (2 * %(times)s + 1) as lasts
  from moves_stay y join behind b on b.id = y.stage_id where y.number = 1
)
select f.lead_id, case j %% 2 when 0 then f.stage_id else f.next end as stage_id, j + 1 as number,
  case when j = 0 then f.how when j %% 2 = 1 then 'forward' else 'back' end as how,
  f.entered_at + j * f.lasts as entered_at,
  case when j < 2 * %(times)s then f.entered_at + (j + 1) * f.lasts else f.left_at end as left_at,
  case when j = 2 * %(times)s then f.outcome when j %% 2 = 0 then 'onward' else 'back' end as outcome,
  case when j < 2 * %(times)s or f.left_at is not null then extract(epoch from f.lasts)::integer / 3 end as work_seconds,
  f.actor_kind, f.actor_id
from first f cross join generate_series(0, 2 * %(times)s) as j
union all
select lead_id, stage_id, number + 2 * %(times)s, how, entered_at, left_at, outcome, work_seconds, actor_kind, actor_id
from moves_stay where number > 1
"""
ORDERED = "select * from again order by lead_id, number"
COLUMNS = "lead_id, stage_id, number, how, entered_at, left_at, outcome, work_seconds, actor_kind, actor_id"


@transaction.atomic
def wander(wanted: int) -> None:
    """Let leads go back and forth until there are so many stays at least."""
    there = Stay.objects.count()
    leads = Stay.objects.filter(number=1).count()
    times = -(-max(0, wanted - there) // (2 * leads))
    if times:
        with connection.cursor() as cursor:
            cursor.execute(AGAIN, {"times": times})
            cursor.execute("truncate moves_stay")
            cursor.execute(f"insert into moves_stay ({COLUMNS}) {ORDERED}")
