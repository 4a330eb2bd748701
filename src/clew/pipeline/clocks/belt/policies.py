"""The policies in force, and when the steps of clocks are due that begin now."""

from collections.abc import Sequence
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
select coalesce(p.team_id, 0), p.kind, p.level, p.id, p.target_minutes, p.warn_minutes, p.escalate_minutes,
  p.reclaim_minutes, c.time_zone, c.week::text, c.days_off::text, c.days_on::text
from clocks_policy p left join handoff_calendar c on c.id = p.calendar_id where p.ended_at is null
"""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies in force, by team (DEFAULT for all others), kind and level."""

    by_place: dict[tuple[int, str, int], Terms]

    def of(self, team_id: int | None, kind: str, level: int) -> Terms:
        """Give what holds for leads of a level with a team."""
        own = self.by_place.get((team_id or DEFAULT, kind, level))
        return own or self.by_place[DEFAULT, kind, level]


def in_force() -> Policies:
    """Read the policies in force."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        return Policies(
            {
                (team, kind, level): Terms(
                    id_, target, warn, escalate, reclaim, read_hours(*hours) if hours[0] else None
                )
                for team, kind, level, id_, target, warn, escalate, reclaim, *hours in cursor.fetchall()
            }
        )


def plan(
    placed: Sequence[Placed], now: datetime
) -> tuple[dict[UUID, str], list[dict[str, object]]]:
    """Give the name of the plan that holds for a clock of each lead from now on, and these plans, for each kind.

    Leads of a team and a level that are worked on in the same hours share one.
    """
    policies = in_force()
    names: dict[tuple[int, int | None, int], str] = {}  # the hours of a team are one object
    plans: list[dict[str, object]] = []
    for p in placed:
        same = id(p.hours), p.team_id, p.level
        if same not in names:
            names[same] = str(len(names))
            for kind in Policy.Kind.values:
                terms = policies.of(p.team_id, kind, p.level)
                when = asdict(moments(terms, p.hours, now))
                plans.append({"plan": names[same], "kind": kind, "policy": terms.policy_id, **when})
    return {p.lead_id: names[id(p.hours), p.team_id, p.level] for p in placed}, plans
