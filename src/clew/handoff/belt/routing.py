"""The belt's third step begins: which team each lead goes to, by the distribution rules in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import connection

from clew.base.bulk import copy_in
from clew.base.json import dumps
from clew.grading.belt import Graded
from clew.handoff.routing import (
    Given,
    Ready,
    Rule,
    Situation,
    choose,
    is_piloted,
    prepare,
    situation,
)

IN_FORCE = """
select r.id, r.rules::text, p.id, p.percent, p.regions::text
from handoff_routing r left join handoff_pilot p on p.routing_id = r.id
where p.ended_at is null and (p.id is not null or r.id = (
  select max(id) from handoff_routing where not is_trial))
order by p.id nulls first
"""


@dataclass(frozen=True, slots=True)
class Destination:
    """Teams to ask in turn, or into whose pool; none where no team takes leads."""

    teams: tuple[int, ...]
    is_pooled: bool = False


@dataclass(frozen=True, slots=True)
class Pilot:
    """The share of the leads, and the regions, that other rules hold for."""

    id: int
    percent: int
    regions: list[int]


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the rules, ready to use; with a pilot where it is on trial."""

    id: int
    rules: list[Rule]
    ready: list[Ready]
    pilot: Pilot | None


def destinations(
    graded: Sequence[Graded], sides: Mapping[int, str], now: datetime
) -> list[Destination]:
    """Say where each lead goes, and keep which rule said so and on what facts.

    Where no rule fits, or the team of the one that does takes no leads any more, a lead goes to the
    team of its side. `sides`: of the teams that take leads.
    """
    in_force = rules_in_force()
    if not in_force or not graded:
        return [Destination(_by_side(g, sides)) for g in graded]
    keys = _source_keys()
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    found, routes = [], []
    for g in graded:
        seen = _observe(g, keys[g.enquiry.source_id], local)
        applied = _applied(g.enquiry.lead_id, seen.region, in_force)
        number = choose(seen, applied.ready) if applied else None
        found.append(_destination(g, applied, number, sides))
        if applied:
            routes.append((g.enquiry.lead_id, applied.id, number, dumps(seen), now))
    copy_in("handoff_route", "lead_id, routing_id, rule, facts, at", routes)
    return found


def _observe(g: Graded, source: str, local: datetime) -> Situation:
    e = g.enquiry
    given = Given(
        level=g.level,
        source=source,
        kind=e.arrival.source_kind,
        region=e.region_code,
        category=e.category,
        wanted=e.interest,
        company=e.given.company,
        is_online=e.arrival.is_online,
        is_introduced=bool(e.given.introduced_by),
        custom=e.custom,
    )
    return situation(given, local)


def team_of_side(g: Graded, sides: Mapping[int, str]) -> int | None:
    """Give the team of the lead's side, else the other side's, else none."""
    is_offline = bool(g.enquiry.given.introduced_by) or not g.enquiry.arrival.is_online
    by_side = {side: team_id for team_id, side in sides.items() if side != "rules"}
    wanted = "offline" if is_offline else "online"
    return by_side.get(wanted) or next(iter(by_side.values()), None)


_ready: dict[int, tuple[list[Rule], list[Ready]]] = {}


def rules_in_force() -> list[InForce]:
    """Give the newest published rules, and behind them those of a running pilot."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        rows = cursor.fetchall()
    for id_ in _ready.keys() - {row[0] for row in rows}:
        del _ready[id_]
    found = []
    for id_, text, pilot_id, percent, regions in rows:
        if id_ not in _ready:
            rules = msgspec.json.decode(text, type=list[Rule])
            _ready[id_] = rules, [prepare(rule) for rule in rules]
        pilot = Pilot(pilot_id, percent, msgspec.json.decode(regions)) if pilot_id else None
        found.append(InForce(id_, *_ready[id_], pilot))
    return found


def _applied(lead_id: UUID, region: int | None, in_force: Sequence[InForce]) -> InForce | None:
    for one in reversed(in_force):
        trial = one.pilot
        if trial is None or is_piloted(lead_id, trial.id, trial.percent, trial.regions, region):
            return one
    return None


def _destination(
    g: Graded, applied: InForce | None, number: int | None, sides: Mapping[int, str]
) -> Destination:
    if applied and number is not None:
        rule = applied.rules[number]
        teams = tuple(team_id for team_id in rule.teams if team_id in sides)
        if teams and teams[0] == rule.team:
            return Destination(teams, rule.into == "pool")
    return Destination(_by_side(g, sides))


def _by_side(g: Graded, sides: Mapping[int, str]) -> tuple[int, ...]:
    team_id = team_of_side(g, sides)
    return (team_id,) if team_id else ()


def _source_keys() -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("select id, key from capture_source")
        return dict(cursor.fetchall())
