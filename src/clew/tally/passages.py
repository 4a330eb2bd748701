"""How leads pass through the stages of a pipeline (INS-1): who came, stayed and left, and every jump and return.

The leads are those of a filter that came in during its time; each counts once in each stage that it came into.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
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
from clew.tally.counting import roomy
from clew.tally.numbers import Number, share

FEW = 50_000  # leads that are named one by one: the planner knows how many they are then
NAMED = "with cohort (id) as (select unnest(%s::uuid[]))"
KEPT = "create temporary table cohort (id) on commit drop as {cohort}"
# The stays of each lead in order, and how it stands; most leads go one of few ways.
WAYS = """
select stages, is_open, is_won, count(*) from (
  select c.id, array_agg(s.stage_id order by s.number) filter (where s.stage_id is not null) as stages
  from cohort c left join moves_stay s on s.lead_id = c.id group by c.id) w
join lateral (select kind <> 'closed' as is_open, kind = 'closed' and reason = 'won' as is_won
  from handoff_placement where lead_id = w.id and closed_at is null) p on true
group by stages, is_open, is_won
"""
LASTED = """
select s.stage_id, avg(extract(epoch from s.left_at - s.entered_at))::float8
from cohort c join moves_stay s on s.lead_id = c.id group by s.stage_id
"""
LEFT = """
select e.stage_id, count(*) from cohort c join moves_exit e on e.lead_id = c.id and e.returned_at is null
group by e.stage_id
"""
MONEY = """
select coalesce(sum(l.cost_minor), 0)::bigint, count(*) filter (where r.is_won),
  count(r.value_minor) filter (where r.is_won), coalesce(sum(r.value_minor) filter (where r.is_won), 0)::bigint
from cohort c join contacts_lead l on l.id = c.id left join pipeline_result r on r.lead_id = c.id
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
class _Way:
    """The stages that so many leads went through, in this order, and how they stand."""

    stages: Sequence[int]
    is_open: bool
    is_won: bool
    count: int


@dataclass(frozen=True, slots=True)
class Passages:
    """All stages in use, or passed through, in order; and how often leads went from which into which."""

    pipeline: Pipeline
    received: int
    stages: Sequence[Passage]
    went: Mapping[tuple[int, int], int]
    money: Money


def passages(viewer: Member, wanted: Filter, pipeline: Pipeline) -> Passages:
    """Count how the leads of a settled filter that a member may see passed through a pipeline. A fixed number of statements."""
    wanted = replace(wanted, channel=pipeline.side)
    stages = stages_of(pipeline.pk)
    steps = [step(stage) for stage in stages]
    beginning = first(steps)
    winning = next((s.position for s in steps if s.enters_on == "won" and not s.is_retired), 0)
    if beginning is None:
        return Passages(pipeline, 0, [], {}, Money(0, 0, 0, 0))
    with _cohort(matching(visible_leads(viewer), wanted).order_by()) as cohort:
        ways = [_Way(path or [beginning.id], *alike) for path, *alike in _rows(cohort, WAYS)]
        seconds = dict(_rows(cohort, LASTED))
        left = dict(_rows(cohort, LEFT))
        money = Money(*next(iter(_rows(cohort, MONEY)), (0, 0, 0, 0)))
    positions = {stage.pk: stage.position for stage in stages}
    far = Counter[int]()
    entered, staying, went = Counter[int](), Counter[int](), Counter[tuple[int, int]]()
    for way in ways:
        came = max(positions.get(pk, 0) for pk in way.stages)
        far[max(came, winning) if way.is_won else came] += way.count
        entered.update(dict.fromkeys(way.stages, way.count))
        staying[way.stages[-1]] += way.count * way.is_open
        for before, after in pairwise(way.stages):
            went[before, after] += way.count * (before != after)
    return Passages(
        pipeline,
        far.total(),
        [
            _passage(
                stage,
                wanted,
                (entered[stage.pk], staying[stage.pk], left.get(stage.pk, 0)),
                far,
                seconds.get(stage.pk),
            )
            for stage in stages
            if stage.retired_at is None or stage.pk in entered
        ],
        +went,
        money,
    )


def _passage(
    stage: Stage,
    wanted: Filter,
    counts: tuple[int, int, int],
    far: Mapping[int, int],
    seconds: float | None,
) -> Passage:
    entered, staying, left = counts
    code = str(stage.pk)
    return Passage(
        stage=stage,
        name=name(stage),
        entered=Number(entered, replace(wanted, was=code)),
        staying=Number(staying, replace(wanted, at=code)),
        left=Number(left, replace(wanted, left=code)),
        reached=sum(count for position, count in far.items() if position >= stage.position),
        onward=sum(count for position, count in far.items() if position > stage.position),
        seconds=None if seconds is None else round(seconds),
    )


@contextmanager
def _cohort(leads: QuerySet[Lead]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Give leads as the beginning of a statement, and the values in it; many of them as a table, which needs none."""
    ids = leads.values_list("pk", flat=True)
    some = list(ids[: FEW + 1])
    if len(some) <= FEW:
        yield NAMED, [as_array(some)]
        return
    sql, given = ids.query.sql_with_params()
    with roomy(), connection.cursor() as cursor:
        cursor.execute(KEPT.format(cohort=sql), given)
        cursor.execute("analyze cohort")
        yield "", []
        cursor.execute("drop table cohort")


def _rows(cohort: tuple[str, Sequence[Any]], statement: str) -> list[Any]:
    """Ask something of the leads of a cohort."""
    beginning, given = cohort
    with connection.cursor() as cursor:
        cursor.execute(beginning + statement, given)
        return list(cursor.fetchall())
