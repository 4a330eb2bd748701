"""How leads pass through the stages of a pipeline (INS-1): who came, stayed and left, and every jump and return.

The leads are those of a filter that came in during its time; each counts once in each stage that it came into.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from clew.access.models import Member
from clew.base.bulk import as_array
from clew.contacts.models import Lead
from clew.handoff.queries import visible_leads
from clew.pipeline.filters import Filter
from clew.pipeline.matching import matching
from clew.pipeline.moves.models import Pipeline, Stage
from clew.pipeline.moves.queries import name, stages_of, step
from clew.pipeline.moves.rules import first
from clew.tally.numbers import Number, share

# A lead without stays is in the first stage; a won one has come to the winning stage. Lead by lead along an index:
# the planner would rather read all stays there are.
COHORT = "with cohort (id) as materialized ({cohort})"
FEW = 50_000  # leads that are named one by one: the planner knows how many they are then
NAMED = "with cohort (id) as (select unnest(%s::uuid[]))"
FURTHEST = """
select last, far, is_open, count(*) from (
  select coalesce(y.last, %s) as last, p.kind <> 'closed' as is_open,
    case when p.reason = 'won' and p.kind = 'closed' then greatest(coalesce(y.far, %s), %s)
      else coalesce(y.far, %s) end as far
  from cohort c
  join handoff_placement p on p.lead_id = c.id and p.closed_at is null
  left join lateral (select max(g.position) as far, (array_agg(s.stage_id order by s.number desc))[1] as last
    from moves_stay s join moves_stage g on g.id = s.stage_id where s.lead_id = c.id) y on true) t
group by last, far, is_open
"""
ENTERED = """
select coalesce(s.stage_id, %s), count(distinct c.id), avg(extract(epoch from s.left_at - s.entered_at))::float8
from cohort c left join lateral (select stage_id, entered_at, left_at from moves_stay
  where lead_id = c.id offset 0) s on true
group by 1
"""
LEFT = """
select e.stage_id, count(*) from cohort c
join lateral (select stage_id from moves_exit where lead_id = c.id and returned_at is null offset 0) e on true
group by e.stage_id
"""
WENT = """
select s.before, s.stage_id, count(*) from cohort c
join lateral (select stage_id, lag(stage_id) over (order by number) as before from moves_stay
  where lead_id = c.id) s on s.before <> s.stage_id
group by s.before, s.stage_id
"""
MONEY = """
select coalesce(sum(l.cost_minor), 0)::bigint, count(*) filter (where r.is_won),
  count(r.value_minor) filter (where r.is_won), coalesce(sum(r.value_minor) filter (where r.is_won), 0)::bigint
from cohort c
join lateral (select cost_minor from contacts_lead where id = c.id offset 0) l on true
left join lateral (select is_won, value_minor from pipeline_result where lead_id = c.id offset 0) r on true
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """One stage. `reached`: came to it or behind it; `onward`: came behind it. `seconds`: the mean of stays that ended."""

    stage: Stage
    name: str
    entered: Number
    staying: Number
    left: Number
    reached: int
    onward: int
    seconds: int | None

    @property
    def share(self) -> int | None:
        """Give how many of a hundred that came so far came further."""
        return share(self.onward, self.reached)


@dataclass(frozen=True, slots=True)
class Money:
    """What the leads cost, how many were won, and what those are worth whose value is known; in cents."""

    cost_minor: int
    won: int
    valued: int
    value_minor: int

    @property
    def ticket_minor(self) -> int:
        """What a sale is worth on average."""
        return round(self.value_minor / self.valued) if self.valued else 0


@dataclass(frozen=True, slots=True)
class Passages:
    """All stages in use, or passed through, in order; and how often leads went from which into which."""

    pipeline: Pipeline
    received: int
    stages: Sequence[Passage]
    went: Mapping[tuple[int, int], int]
    money: Money


def passages(viewer: Member, wanted: Filter, pipeline: Pipeline) -> Passages:
    """Count how the leads of a settled filter that a member may see passed through a pipeline. Six statements."""
    wanted = replace(wanted, channel=pipeline.side)
    stages = stages_of(pipeline.pk)
    steps = [step(stage) for stage in stages]
    beginning = first(steps)
    winning = next((s.position for s in steps if s.enters_on == "won" and not s.is_retired), 0)
    if beginning is None:
        return Passages(pipeline, 0, [], {}, Money(0, 0, 0, 0))
    cohort = _cohort(matching(visible_leads(viewer), wanted).order_by())
    stands = _rows(cohort, FURTHEST, beginning.id, beginning.position, winning, beginning.position)
    entered = {pk: (count, mean) for pk, count, mean in _rows(cohort, ENTERED, beginning.id)}
    left = dict(_rows(cohort, LEFT))
    return Passages(
        pipeline,
        sum(count for *_, count in stands),
        [
            _passage(stage, wanted, stands, entered.get(stage.pk, (0, None)), left.get(stage.pk, 0))
            for stage in stages
            if stage.retired_at is None or stage.pk in entered
        ],
        {(before, after): count for before, after, count in _rows(cohort, WENT)},
        Money(*next(iter(_rows(cohort, MONEY)), (0, 0, 0, 0))),
    )


def _passage(
    stage: Stage,
    wanted: Filter,
    stands: Sequence[tuple[int, int, bool, int]],
    entered: tuple[int, float | None],
    left: int,
) -> Passage:
    came, mean = entered
    code = str(stage.pk)
    staying = sum(n for last, _far, is_open, n in stands if is_open and last == stage.pk)
    return Passage(
        stage=stage,
        name=name(stage),
        entered=Number(came, replace(wanted, was=code)),
        staying=Number(staying, replace(wanted, at=code)),
        left=Number(left, replace(wanted, left=code)),
        reached=sum(n for _last, far, _open, n in stands if far >= stage.position),
        onward=sum(n for _last, far, _open, n in stands if far > stage.position),
        seconds=None if mean is None else round(mean),
    )


def _cohort(leads: QuerySet[Lead]) -> tuple[str, Sequence[Any]]:
    """Give leads as the beginning of a statement, and the values in it."""
    ids = leads.values_list("pk", flat=True)
    some = list(ids[: FEW + 1])
    if len(some) <= FEW:
        return NAMED, [as_array(some)]
    sql, given = ids.query.sql_with_params()
    return COHORT.format(cohort=sql), given


def _rows(cohort: tuple[str, Sequence[Any]], statement: str, *values: int) -> list[Any]:
    """Ask something of the leads of a cohort."""
    beginning, given = cohort
    with connection.cursor() as cursor:
        cursor.execute(beginning + statement, [*given, *values])
        return list(cursor.fetchall())
