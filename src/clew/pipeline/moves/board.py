"""The board: who is in which stage, fifty cards a column, in a fixed number of statements."""

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext

from clew.access.models import Member, Role
from clew.access.queries import members, teams
from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.pipeline.clocks.queries import Limit, limits
from clew.pipeline.leads import Listed, listed
from clew.pipeline.moves.models import Exit, ExitReason, Pipeline, Stage, Usual
from clew.pipeline.moves.queries import name, stages_of, step
from clew.pipeline.moves.rules import first, long_after
from clew.pipeline.wording import ENDS, moment, span, word

CARDS_AT_MOST = 50
EXIT_DAYS = 30
REASONS_SHOWN = 3

# Seat by seat along its index: the planner knows that every lead has an open place, not that few are with people.
HELD = """
select p.lead_id, seat.member_id from handoff_seat seat
join lateral (select lead_id from handoff_placement where seat_id = seat.id and closed_at is null offset 0) p on true
where {seats}
"""
CARDS = """
select lead_id, stage_id, since, member_id, value_minor, due_at, in_stage, worth, long_there, is_long
from (
  select s.*, count(*) over w as in_stage, sum(value_minor) over w as worth,
    count(*) filter (where is_long) over w as long_there,
    row_number() over (partition by stage_id order by due_at nulls first, since, lead_id) as place
  from (
    select p.lead_id, g.id as stage_id, coalesce(y.entered_at, l.opened_at) as since, p.member_id,
      e.value_minor, coalesce(k.due_at, t.due_at) as due_at,
      coalesce(extract(epoch from %(now)s - coalesce(y.entered_at, l.opened_at)) > a.seconds, false) as is_long
    from unnest(%(leads)s::uuid[], %(members)s::bigint[]) as p(lead_id, member_id)
    join contacts_lead l on l.id = p.lead_id
    join capture_source o on o.id = l.source_id
    left join moves_stay y on y.lead_id = l.id and y.left_at is null
    join moves_stage g on g.pipeline_id = %(pipeline)s
      and g.id = coalesce(y.stage_id, case when o.is_online = %(is_online)s then %(first)s end)
    left join moves_estimate e on e.lead_id = l.id and e.superseded_at is null
    left join pipeline_clock k on k.lead_id = l.id and k.stopped_at is null and k.kind <> 'stage'
    left join pipeline_task t on t.lead_id = l.id and t.done_at is null
    left join json_to_recordset(%(long)s) as a(stage_id bigint, seconds bigint) on a.stage_id = g.id
  ) s window w as (partition by stage_id)
) c where place <= %(most)s order by place
"""


class Row(NamedTuple):
    """A line of `CARDS`; the last four but one hold for its whole stage."""

    lead_id: UUID
    stage_id: int
    since: datetime
    member_id: int
    value_minor: int | None
    due_at: datetime | None
    in_stage: int
    worth_minor: int | None
    long_there: int
    is_long: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A lead on the board, with what is said of it in the language of whoever looks."""

    lead: Listed
    holder: str
    value_minor: int | None
    next: str
    stays: str
    is_long: bool
    is_over: bool  # the limit of its stage

    @property
    def moving(self) -> str:
        """Say what its menu is for."""
        return gettext("Move %(name)s to…") % {"name": self.lead.title}

    @property
    def with_whom(self) -> str:
        """Say who has it."""
        return gettext("With %(name)s") % {"name": self.holder}


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its cards, and what is usual there; `count` and `worth_minor` of all that are in it."""

    stage: Stage
    name: str
    is_winning: bool
    cards: list[Card]
    count: int
    worth_minor: int
    usual: str
    passed: int | None
    exit_count: int
    exits: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of one pipeline, as far as leads are still to be won in them."""

    pipeline: Pipeline
    columns: list[Column]
    long_count: int

    @property
    def count(self) -> int:
        """How many leads are on it."""
        return sum(column.count for column in self.columns)

    @property
    def worth_minor(self) -> int:
        """What they may be worth together."""
        return sum(column.worth_minor for column in self.columns)


def board(viewer: Member, pipeline: Pipeline, now: datetime, *, holder: int | None = None) -> Board:
    """Show the leads that people have, as far as the viewer may see them. `now` is local."""
    stages = stages_of(pipeline.pk)
    usual = {one.stage_id: one for one in Usual.objects.filter(stage__in=stages)}
    rows = _rows(viewer, pipeline, now, holder, stages=stages, usual=usual.values())
    leads = listed([row.lead_id for row in rows], says_where=False)
    names = dict(members(viewer).values_list("pk", "name"))
    limited = limits(leads, now)
    exits = _exits(seen_exits(viewer, holder), stages, now)
    by_stage: dict[int, list[Row]] = {}
    for row in rows:
        by_stage.setdefault(row.stage_id, []).append(row)
    spans = {pk: span(one.seconds) for pk, one in usual.items() if one.seconds}
    columns = [
        _column(
            stage,
            by_stage.get(stage.pk, []),
            cards=[
                _card(
                    row,
                    leads[row.lead_id],
                    names.get(row.member_id, ""),
                    limit=limited.get(row.lead_id),
                    usual=spans.get(stage.pk, ""),
                    now=now,
                )
                for row in by_stage.get(stage.pk, [])
            ],
            usual=usual.get(stage.pk),
            exits=exits.get(stage.pk, []),
        )
        for stage in _shown(stages, by_stage)
    ]
    return Board(pipeline, columns, sum(found[0].long_there for found in by_stage.values()))


def _rows(
    viewer: Member,
    pipeline: Pipeline,
    now: datetime,
    holder: int | None,
    *,
    stages: Sequence[Stage],
    usual: Iterable[Usual],
) -> list[Row]:
    beginning = first(map(step, stages))
    long = [(one.stage_id, long_after(one.seconds, one.stay_count)) for one in usual]
    given: dict[str, Any] = {
        "pipeline": pipeline.pk,
        "is_online": pipeline.side == Pipeline.Side.ONLINE,
        "first": beginning.id if beginning else None,
        "now": now,
        "most": CARDS_AT_MOST,
        "long": dumps([{"stage_id": pk, "seconds": after} for pk, after in long if after]),
        "member": viewer.pk if viewer.role == Role.SALESPERSON else holder,
        "teams": list(teams(viewer).values_list("pk", flat=True)),
    }
    asked = ["true"]
    if given["member"] is not None:
        asked.append("seat.member_id = %(member)s")
    if viewer.role == Role.MANAGER:
        asked.append("seat.team_id = any(%(teams)s)")
    with connection.cursor() as cursor:
        cursor.execute(HELD.format(seats=" and ".join(asked)), given)
        held = cursor.fetchall()
        given["leads"] = as_array(lead_id for lead_id, _member in held)
        given["members"] = [member_id for _lead, member_id in held]
        cursor.execute(CARDS, given)
        return [Row(*values) for values in cursor.fetchall()]


def _shown(stages: Sequence[Stage], full: Container[int]) -> list[Stage]:
    """Leave out what lies behind winning, and retired stages that are empty."""
    in_use = [stage for stage in stages if stage.retired_at is None]
    winning = next((s.position for s in in_use if s.enters_on == Stage.Sign.WON), math.inf)
    return [
        stage
        for stage in stages
        if stage.pk in full or (stage in in_use and stage.position <= winning)
    ]


def _column(
    stage: Stage,
    rows: Sequence[Row],
    *,
    cards: list[Card],
    usual: Usual | None,
    exits: list[tuple[str, int]],
) -> Column:
    return Column(
        stage=stage,
        name=name(stage),
        is_winning=stage.enters_on == Stage.Sign.WON,
        cards=cards,
        count=rows[0].in_stage if rows else 0,
        worth_minor=int(rows[0].worth_minor or 0) if rows else 0,
        usual=span(usual.seconds) if usual and usual.seconds else "",
        passed=round(usual.passed_bp / 100) if usual and usual.passed_bp is not None else None,
        exit_count=sum(number for _reason, number in exits),
        exits=exits[:REASONS_SHOWN],
    )


def _card(
    row: Row, lead: Listed, holder: str, *, limit: Limit | None, usual: str, now: datetime
) -> Card:
    is_over = limit is not None and limit.is_over
    said = {
        "lasts": span(int((now - row.since).total_seconds())),
        "until": moment(limit.until, now=now) if limit else "",
        "usual": usual,
    }
    if is_over:
        stays = gettext("Here for %(lasts)s, allowed until %(until)s") % said
    elif row.is_long:
        stays = gettext("Here for %(lasts)s, usually %(usual)s") % said
    else:
        stays = gettext("%(lasts)s, until %(until)s") % said if limit else said["lasts"]
    if row.due_at:
        next_step = gettext("Due %(time)s") % {"time": moment(row.due_at, now=now)}
    else:
        next_step = gettext("No next step")
    return Card(lead, holder, row.value_minor, next_step, stays, row.is_long, is_over)


def _exits(
    seen: QuerySet[Exit], stages: Sequence[Stage], now: datetime
) -> dict[int, list[tuple[str, int]]]:
    """Count who left each stage lately, by reason, the commonest first."""
    found = (
        seen.filter(stage__in=stages, at__gte=exits_since(now))
        .values_list("stage", "reason__name_zh", "reason__name_en", "end")
        .annotate(number=Count("pk"))
        .order_by("-number", "stage", "end")
    )
    told: dict[int, list[tuple[str, int]]] = {}
    for stage_id, zh, en, end, number in found:
        words = name(ExitReason(name_zh=zh, name_en=en)) if zh else word(ENDS, end)
        told.setdefault(stage_id, []).append((words, number))
    return told


def exits_since(now: datetime) -> datetime:
    """Give the beginning of the day, in local time, since when exits are counted."""
    return datetime.combine(now.date() - timedelta(days=EXIT_DAYS), time.min, now.tzinfo)


def seen_exits(viewer: Member, holder: int | None = None) -> QuerySet[Exit]:
    """Give the exits that stand and that a member may count: own ones, the teams' ones, or all."""
    found = Exit.objects.filter(returned_at=None)
    if viewer.role == Role.SALESPERSON:
        return found.filter(member=viewer)
    if viewer.role == Role.MANAGER:
        found = found.filter(team__in=list(teams(viewer).values_list("pk", flat=True)))
    return found if holder is None else found.filter(member=holder)
