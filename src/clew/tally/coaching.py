"""Where each person loses leads, beside the others of the team, and what chance does not explain (PIP-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from clew.access.models import Team
from clew.pipeline.moves.models import Stage
from clew.tally.counting import roomy
from clew.tally.rules import Compared, Rate, Verdict, compare, rate

STEPS = ("tried", "answered", "won")
# A lead is of who held it last. It is counted at a step once it is past it or has ended: what is still on its way
# says nothing yet. Whoever came to a later step has come through those before it.
COUNTED = """
with came as (select l.id, l.ended_at is not null as is_over from contacts_lead l
    where l.opened_at >= %(since)s and l.opened_at < %(until)s and not l.is_history),
held as (select distinct on (p.lead_id) p.lead_id, s.member_id, s.team_id
    from handoff_placement p join handoff_seat s on s.id = p.seat_id
    where p.lead_id in (select id from came) order by p.lead_id, p.id desc),
far as (select held.member_id, came.is_over,
    case when exists (select from handoff_placement w where w.lead_id = came.id and w.closed_at is null
        and w.kind = 'closed' and w.reason = 'won') then 3
      when f.answered_at is not null then 2 when f.tried_at is not null then 1 else 0 end as step
    from held join came on came.id = held.lead_id
    left join pipeline_firstcontact f on f.lead_id = came.id where held.team_id = %(team)s)
select member_id, m.name, count(*),
  count(*) filter (where step >= 1), count(*) filter (where step >= 1 or is_over),
  count(*) filter (where step >= 2), count(*) filter (where step >= 2 or step = 1 and is_over),
  count(*) filter (where step >= 3), count(*) filter (where step >= 3 or step = 2 and is_over)
from far join access_member m on m.id = far.member_id group by member_id, m.name order by m.name, member_id
"""
# By the stages of the pipelines: a lead that ever went on from one has passed it, whatever came before.
STAGED = """
with came as (select l.id from contacts_lead l
    where l.opened_at >= %(since)s and l.opened_at < %(until)s and not l.is_history),
held as (select distinct on (p.lead_id) p.lead_id, s.member_id, s.team_id
    from handoff_placement p join handoff_seat s on s.id = p.seat_id
    where p.lead_id in (select id from came) order by p.lead_id, p.id desc),
been as (select y.lead_id, y.stage_id, bool_or(y.outcome = 'onward') as has_passed,
      bool_or(y.outcome in ('onward', 'left')) as is_decided
    from moves_stay y where y.lead_id in (select lead_id from held where team_id = %(team)s)
    group by y.lead_id, y.stage_id)
select been.stage_id, held.member_id, count(*) filter (where has_passed), count(*) filter (where is_decided)
from been join held on held.lead_id = been.lead_id group by been.stage_id, held.member_id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """One person: how many leads they had, and each step beside the others."""

    member_id: int
    name: str
    leads: int
    steps: Sequence[Compared]

    @property
    def weakest(self) -> int | None:
        """Give the step at which most is lost of what the others would have kept; none where chance explains all."""
        below = [at for at, one in enumerate(self.steps) if one.verdict == Verdict.BELOW]
        return min(below, key=lambda at: self.steps[at].apart) if below else None

    @property
    def strongest(self) -> int | None:
        """Give the step at which most is won beyond what the others would have; none where chance explains all."""
        above = [at for at, one in enumerate(self.steps) if one.verdict == Verdict.ABOVE]
        return max(above, key=lambda at: self.steps[at].apart) if above else None


@dataclass(frozen=True, slots=True)
class Passing:
    """A stage of a pipeline: how many of the team's leads went on from it, and whose stand out."""

    stage: Stage
    whole: Rate
    apart: Sequence[tuple[str, Compared]]


@dataclass(frozen=True, slots=True)
class Coaching:
    """A team in a time, step by step, and its people."""

    team: Team
    steps: Sequence[str]
    whole: Sequence[Rate]
    people: Sequence[Person]
    stages: Sequence[Passing]


def coaching(team: Team, since: datetime, until: datetime) -> Coaching:
    """Compare the people of a team by the leads that came in a time. Three statements; the caller may see the team."""
    given: dict[str, Any] = {"since": since, "until": until, "team": team.pk}
    with roomy(), connection.cursor() as cursor:
        cursor.execute(COUNTED, given)
        rows = cursor.fetchall()
        cursor.execute(STAGED, given)
        staged = cursor.fetchall()
    counts = {pk: list(zip(row[::2], row[1::2], strict=True)) for pk, _, _, *row in rows}
    compared = compare(counts)
    people = [Person(pk, name, leads, compared[pk]) for pk, name, leads, *_ in rows]
    whole = [_whole(counts, at) for at in range(len(STEPS))]
    return Coaching(
        team, STEPS, whole, people, _stages(staged, {p.member_id: p.name for p in people})
    )


def _stages(rows: Sequence[tuple[int, int, int, int]], names: Mapping[int, str]) -> list[Passing]:
    """Compare people at each stage from which anybody's lead went on or left."""
    decided = {stage_id for stage_id, _, _, whole in rows if whole}
    stages = list(Stage.objects.filter(pk__in=decided).order_by("pipeline", "position", "pk"))
    places = {stage.pk: at for at, stage in enumerate(stages)}
    counts = {pk: [(0, 0)] * len(stages) for pk in names}
    for stage_id, member_id, passed, whole in rows:
        if stage_id in places and member_id in counts:
            counts[member_id][places[stage_id]] = (passed, whole)
    compared = compare(counts)
    return [
        Passing(
            stage,
            _whole(counts, at),
            [
                (names[pk], found[at])
                for pk, found in compared.items()
                if found[at].verdict in {Verdict.ABOVE, Verdict.BELOW}
            ],
        )
        for at, stage in enumerate(stages)
    ]


def _whole(counts: Mapping[int, Sequence[tuple[int, int]]], at: int) -> Rate:
    parts = [row[at] for row in counts.values()]
    return rate(sum(part for part, _ in parts), sum(whole for _, whole in parts))
