"""Distribution rules played through: for one lead, step by step, and for the leads of the past."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import connection
from msgspec import structs

from clew.access.models import Member, Team
from clew.handoff.belt.seating import Worked, own_hours, seated
from clew.handoff.calendars import hours, is_working
from clew.handoff.models import Method
from clew.handoff.queries import Candidate, candidate, ranked
from clew.handoff.routing import Given, Rule, choose, failing, prepare, situation
from clew.handoff.rules import Lead as TurnLead
from clew.handoff.rules import share_out, standings


@dataclass(frozen=True, slots=True)
class Asked:
    """A team that would be asked: its seats as they stand, whom it would choose, or why nobody."""

    team: Team
    is_working: bool
    candidates: list[Candidate]
    chosen: str
    reason: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """Where a lead would go: each rule with its first failing condition, the one that fits, the teams."""

    steps: list[tuple[Rule, str]]
    number: int | None
    asked: list[Asked]


def simulate(given: Given, rules: Sequence[Rule], *, lead_id: UUID, now: datetime) -> Simulation:
    """Play through where a lead would go now by some rules, and change nothing."""
    seen = situation(given, now.astimezone(ZoneInfo(settings.TIME_ZONE)))
    ready = [prepare(rule) for rule in rules]
    number = choose(seen, ready)
    upto = len(rules) if number is None else number + 1
    steps = [(rule, failing(seen, tests)) for rule, tests in zip(rules[:upto], ready, strict=False)]
    methods = {m.team_id: m for m in Method.objects.select_related("team", "calendar")}
    wanted = (
        [methods[id_] for id_ in rules[number].teams if id_ in methods]
        if number is not None
        else []
    )
    if not wanted or (number is not None and wanted[0].team_id != rules[number].team):
        wanted = _of_side(given, list(methods.values()))
    is_pooled = number is not None and rules[number].into == "pool"
    lead = TurnLead(lead_id, given.level, given.region, given.category.strip().casefold())
    asked: list[Asked] = []
    for method in wanted:
        asked.append(_ask(method, lead, is_pooled=is_pooled, now=now))
        if asked[-1].chosen or asked[-1].reason in {"rule", "grade"}:
            break
    return Simulation(steps, number, asked)


def _of_side(given: Given, methods: list[Method]) -> list[Method]:
    is_offline = given.is_introduced or not given.is_online
    side = Method.Side.OFFLINE if is_offline else Method.Side.ONLINE
    by_side = sorted(
        (m for m in methods if m.side != Method.Side.RULES), key=lambda m: m.side != side
    )
    return by_side[:1]


def _ask(method: Method, lead: TurnLead, *, is_pooled: bool, now: datetime) -> Asked:
    way = {1: method.low, 2: method.medium, 3: method.high}[lead.level]
    c = method.calendar
    of_team = hours(c.time_zone, c.week, c.days_off, c.days_on)
    working = is_working(of_team, now)
    if is_pooled or way == Method.Way.POOL:
        return Asked(method.team, working, [], "", "rule" if is_pooled else "grade")

    waiting = frozenset([method.team_id])
    worked = Worked({method.team_id: of_team}, own_hours(), waiting)
    seats = seated([method.team_id], worked, now).get(method.team_id, [])
    names = dict(
        Member.objects.filter(pk__in=[s.member_id for s in seats]).values_list("pk", "name")
    )
    leads = [structs.replace(lead, way=way)]
    turn = share_out(seats, leads).turns[0]
    seen = ranked(standings(seats, leads, 0), way)
    candidates = [candidate(s, names, turn.seat_id) for s in seen]
    chosen = next((c.name for c in candidates if c.is_chosen), "")
    return Asked(method.team, working, candidates, chosen, turn.reason)


PAST = """
select l.id, coalesce(g.level, 1), s.key, s.kind, l.region_code, l.category, l.interest, c.company,
  s.is_online, coalesce((g.facts ->> 'is_introduced')::bool, false), l.custom::text, l.opened_at, p.team_id
from contacts_lead l join capture_source s on s.id = l.source_id
join contacts_contact c on c.id = l.contact_id
left join grading_grade g on g.lead_id = l.id and g.superseded_at is null
left join handoff_placement p on p.lead_id = l.id and p.closed_at is null
where not l.is_history order by l.opened_at desc limit %s
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """Rules tried on past leads: how many, how many of them each rule fits, and leads per team then and now.

    `by_rule` has one more entry than there are rules: those that none fits.
    """

    count: int
    by_rule: list[int]
    before: Counter[int]
    after: Counter[int]


def try_on_past(rules: Sequence[Rule], most: int) -> Trial:
    """Play the newest leads through some rules; each at the time of day when it came."""
    ready = [prepare(rule) for rule in rules]
    zone = ZoneInfo(settings.TIME_ZONE)
    by_side = _teams_by_side()
    by_rule = [0] * (len(rules) + 1)
    before, after = Counter[int](), Counter[int]()
    with connection.cursor() as cursor:
        cursor.execute(PAST, [most])
        for _, *known, opened_at, team_id in cursor:
            known[-1] = msgspec.json.decode(known[-1])
            given = Given(*known)
            number = choose(situation(given, opened_at.astimezone(zone)), ready)
            by_rule[len(rules) if number is None else number] += 1
            side = not (given.is_introduced or not given.is_online)
            after[by_side.get(side, 0) if number is None else rules[number].team] += 1
            before[team_id or 0] += 1
    return Trial(before.total(), by_rule, before, after)


def _teams_by_side() -> dict[bool, int]:
    methods = Method.objects.exclude(side=Method.Side.RULES).values_list("team_id", "side")
    found = {side == Method.Side.ONLINE: team_id for team_id, side in methods}
    only = next(iter(found.values()), 0)
    return {True: only, False: only, **found}
