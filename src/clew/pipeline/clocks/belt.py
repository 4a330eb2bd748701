"""Clocks go on: the policies in force, and whatever is due of running clocks, a piece at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from clew.base.ledger import CLOCKS, Fact, append_facts
from clew.base.live import Hint, announce
from clew.handoff.belt.placing import Placed
from clew.handoff.belt.seating import read_hours
from clew.pipeline.clocks.models import Policy
from clew.pipeline.clocks.rules import Terms, moments
from clew.pipeline.events import ClockBreached, ClockEscalated, ClockWarned

AT_ONCE = 1_000  # clocks of a piece
DEFAULT = 0  # in place of a team
IN_FORCE = """
select coalesce(p.team_id, 0), p.kind, p.level, p.id, p.target_minutes, p.warn_minutes, p.escalate_minutes,
  c.time_zone, c.week::text, c.days_off::text, c.days_on::text
from clocks_policy p left join handoff_calendar c on c.id = p.calendar_id where p.ended_at is null
"""
# What comes so late that the next step is due as well: a warning is none then, all others happen.
GO_ON = """
with due as (
  select id, breached_at is null and due_at > %(now)s as warns,
    breached_at is null and due_at <= %(now)s as breaches,
    escalated_at is null and escalate_at <= %(now)s as escalates
  from pipeline_clock
  where next_at <= %(now)s and stopped_at is null
  order by next_at limit %(most)s for update skip locked),
gone_on as (
  update pipeline_clock c set
    warned_at = case when due.warns then %(now)s else c.warned_at end,
    breached_at = case when due.breaches then %(now)s else c.breached_at end,
    escalated_at = case when due.escalates then %(now)s else c.escalated_at end
  from due where c.id = due.id
  returning c.lead_id, c.id, c.kind, due.warns, due.breaches, due.escalates)
select g.*, s.member_id from gone_on g
left join handoff_placement p on p.lead_id = g.lead_id and p.closed_at is null
left join handoff_seat s on s.id = p.seat_id
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
                    id_, target, warn, escalate, read_hours(*hours) if hours[0] else None
                )
                for team, kind, level, id_, target, warn, escalate, *hours in cursor.fetchall()
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


@transaction.atomic
def go_on(now: datetime) -> int:
    """Let at most AT_ONCE clocks warn, run out or tell the manager, once each. Returns how many did.

    What somebody is just stopping, or another worker letting go on, is left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(GO_ON, {"now": now, "most": AT_ONCE})
        rows: list[tuple[UUID, int, str, bool, bool, bool, int | None]] = cursor.fetchall()
    if rows:
        append_facts([fact for row in rows for fact in _facts(*row[:6])], actor=CLOCKS, at=now)
        announce(Hint(row[0], member_id=row[6]) for row in rows if row[6])
    return len(rows)


def _facts(lead_id: UUID, clock_id: int, kind: str, *happens: bool) -> Iterator[Fact]:
    for fact, is_due in zip((ClockWarned, ClockBreached, ClockEscalated), happens, strict=True):
        if is_due:
            yield fact(lead_id, clock_id, kind)
