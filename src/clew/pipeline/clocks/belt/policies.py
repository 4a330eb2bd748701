"""The policies in force, and when the steps of clocks are due that begin now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from clew.handoff.belt.placing import Placed
from clew.handoff.belt.seating import read_hours
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.rules import Terms, moments

DEFAULT = 0  # in place of a team
IN_FORCE = """
select coalesce(p.team_id, 0), p.kind, coalesce(p.stage_id, p.level), p.id, p.target_minutes, p.warn_minutes, p.escalate_minutes,
  p.reclaim_minutes, c.time_zone, c.week::text, c.days_off::text, c.days_on::text
from clocks_policy p left join handoff_calendar c on c.id = p.calendar_id where p.ended_at is null
"""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies in force, by team (DEFAULT for all others), kind and level; `by_stage`: by team and stage."""

    by_place: dict[tuple[int, str, int], Terms]
    by_stage: Mapping[int, Mapping[int, Terms]]

    def of(self, team_id: int | None, kind: str, level: int) -> Terms:
        """Give what holds for leads of a level with a team."""
        own = self.by_place.get((team_id or DEFAULT, kind, level))
        return own or self.by_place[DEFAULT, kind, level]

    def of_stages(self, team_id: int | None) -> Mapping[int, Terms]:
        """Give what holds for leads with a team, by the stage that they are in; nothing where they may stay."""
        return self.by_stage.get(team_id or DEFAULT) or self.by_stage.get(DEFAULT, {})


def in_force() -> Policies:
    """Read the policies in force."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        found = {
            (team, kind, of): Terms(
                id_, target, warn, escalate, reclaim, read_hours(*hours) if hours[0] else None
            )
            for team, kind, of, id_, target, warn, escalate, reclaim, *hours in cursor.fetchall()
        }
    by_stage: dict[int, dict[int, Terms]] = {}
    for (team, kind, stage), terms in found.items():
        if kind == Policy.Kind.STAGE:
            by_stage.setdefault(team, {})[stage] = terms
    return Policies(found, by_stage)


Row = dict[str, object]


def plan(
    placed: Sequence[Placed],
    policies: Policies,
    now: datetime,
    kinds: Sequence[str] = (Policy.Kind.FIRST, Policy.Kind.NEXT),
) -> tuple[dict[UUID, str], list[Row]]:
    """Give the name of the plan that holds for clocks of each lead from now on, and these plans: one for each kind,
    and one for each stage that has a limit.

    Leads of a team and a level that are worked on in the same hours share them.
    """
    names: dict[tuple[int, int | None, int], str] = {}  # the hours of a team are one object
    of_stages: dict[tuple[int, int | None], list[Row]] = {}
    plans: list[Row] = []
    for p in placed:
        same = id(p.hours), p.team_id, p.level
        if same in names:
            continue
        names[same] = str(len(names))
        for kind in kinds:
            terms = policies.of(p.team_id, kind, p.level)
            plans.append({"plan": names[same], "kind": kind, **_row(terms, p, now)})
        if same[:2] not in of_stages:
            of_stages[same[:2]] = list(_of_stages(policies, p, now))
        plans += [{"plan": names[same], **row} for row in of_stages[same[:2]]]
    return {p.lead_id: names[id(p.hours), p.team_id, p.level] for p in placed}, plans


def _of_stages(policies: Policies, p: Placed, now: datetime) -> Iterator[Row]:
    for stage_id, terms in policies.of_stages(p.team_id).items():
        yield {"kind": Policy.Kind.STAGE, "stage": stage_id, **_row(terms, p, now)}


def _row(terms: Terms, p: Placed, now: datetime) -> Row:
    return {"policy": terms.policy_id, **asdict(moments(terms, p.hours, now))}
