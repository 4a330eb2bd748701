"""Reading which targets hold for whom, which held before, and what they brought before the managers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from clew.access.models import Member, Role, Team
from clew.access.queries import teams
from clew.handoff.calendars import has_work, hours
from clew.handoff.models import Calendar, Method, Placement
from clew.pipeline.clocks.models import Policy
from clew.pipeline.models import Clock
from clew.pipeline.moves.models import Stage

VERSIONS_AT_MOST = 20
ROWS_AT_MOST = 200
IN_ORDER = ("-level", "stage__pipeline", "stage__position", "-pk")


@dataclass(frozen=True, slots=True)
class Promised:
    """What holds for a team, or for all, of one kind: by level, the highest first, or by stage; none where it is as
    for all.
    """

    team: Team | None
    kind: str
    in_force: Sequence[Policy]
    before: Sequence[Policy]


@dataclass(frozen=True, slots=True)
class Place:
    """All that holds for a team, or for all where there is none; `idle` are calendars by which nobody works."""

    team: Team | None
    kinds: Sequence[Promised]
    may_change: bool
    idle: Sequence[str]


def may_change(viewer: Member, team_id: int | None) -> bool:
    """Tell whether somebody may change a team's targets, or those of all."""
    if team_id is None:
        return viewer.role == Role.ADMINISTRATOR
    return viewer.role != Role.SALESPERSON and teams(viewer).filter(pk=team_id).exists()


def places(viewer: Member, now: datetime) -> list[Place]:
    """Give what holds for all, then for each team that the viewer sees. Four statements."""
    seen: list[Team | None] = [None, *teams(viewer).order_by("pk")]
    found = list(_known().order_by(*IN_ORDER))
    used = _calendars([team.pk for team in seen if team])
    made = []
    for team in seen:
        own = [one for one in found if one.team_id == (team.pk if team else None)]
        kinds = [_promised(team, kind, own) for kind in Policy.Kind.values]
        chosen = {one.calendar for kind in kinds for one in kind.in_force if one.calendar}
        idle = {
            one.name
            for one in [*chosen, *([used[team.pk]] if team and team.pk in used else [])]
            if not has_work(hours(one.time_zone, one.week, one.days_off, one.days_on), now)
        }
        is_own = viewer.role == Role.ADMINISTRATOR or team is not None
        made.append(Place(team, kinds, is_own, sorted(idle)))
    return made


def promised(viewer: Member, team_id: int | None, kind: str) -> Promised | None:
    """Give what holds for a place of one kind; None where the viewer may not change it."""
    if kind not in Policy.Kind.values or not may_change(viewer, team_id):
        return None
    team = Team.objects.get(pk=team_id) if team_id else None
    return _promised(team, kind, list(_known().filter(team=team_id).order_by(*IN_ORDER)))


@dataclass(frozen=True, slots=True)
class Escalated:
    """A lead that its managers were told of: since when, what time of it ran out when, and where it stands now."""

    lead_id: UUID
    kind: str  # as in Policy.Kind; nothing where it went round
    due_at: datetime | None
    told_at: datetime
    placement: Placement


def escalated(viewer: Member, now: datetime) -> list[Escalated]:
    """Give what waits for a manager, the longest first: still not met with, too long in its stage, handed on too often.

    A lead of which both clocks ran out stands there once, with the older one.
    """
    seen = Placement.objects.filter(closed_at=None).select_related("seat__member", "team")
    if viewer.role != Role.ADMINISTRATOR:
        seen = seen.filter(team__in=teams(viewer))
    running = Clock.objects.filter(stopped_at=None, escalated_at__isnull=False)
    running = running.filter(Q(paused_until=None) | Q(paused_until__lte=now))
    waiting = running.filter(lead__in=seen.values("lead")).order_by("escalated_at")[:ROWS_AT_MOST]
    clocks: dict[UUID, Clock] = {}
    for clock in waiting:
        clocks.setdefault(clock.lead_id, clock)
    places = {one.lead_id: one for one in seen.filter(lead__in=clocks)}
    found = [
        Escalated(lead_id, clock.kind, clock.due_at, clock.escalated_at, places[lead_id])
        for lead_id, clock in clocks.items()
        if clock.escalated_at and lead_id in places
    ]
    given_up = seen.filter(kind=Placement.Kind.POOL, reason="went_round").order_by("opened_at")
    found += [Escalated(p.lead_id, "", None, p.opened_at, p) for p in given_up[:ROWS_AT_MOST]]
    return found


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when a lead may stay in its stage, and whether that has passed."""

    until: datetime
    is_over: bool


def limits(lead_ids: Iterable[UUID], now: datetime) -> dict[UUID, Limit]:
    """Give until when leads may stay in their stages. One without a limit, or without anybody, is left out."""
    running = Clock.objects.filter(
        lead__in=list(lead_ids), kind=Policy.Kind.STAGE, stopped_at__isnull=True
    )
    return {
        lead_id: Limit(due_at, due_at <= now)
        for lead_id, due_at in running.values_list("lead_id", "due_at")
    }


def of_all(kind: str) -> list[Policy]:
    """Give what holds for teams without targets of their own, in the order of `places`."""
    return list(_known().filter(team=None, kind=kind, ended_at=None).order_by(*IN_ORDER))


def limitable() -> list[Stage]:
    """Give the stages that somebody can have leads in: those in use before the one that wins, in order."""
    found = Stage.objects.filter(retired_at=None).order_by("pipeline", "position", "pk")
    kept: list[Stage] = []
    won: set[int] = set()
    for stage in found.select_related("pipeline"):
        won |= {stage.pipeline_id} if stage.enters_on == Stage.Sign.WON else set()
        kept += [] if stage.pipeline_id in won else [stage]
    return kept


def _known() -> QuerySet[Policy]:
    return Policy.objects.select_related("calendar", "maker", "stage__pipeline")


def _promised(team: Team | None, kind: str, own: Sequence[Policy]) -> Promised:
    mine = [one for one in own if one.kind == kind]
    before = sorted((one for one in mine if one.ended_at), key=lambda one: one.pk, reverse=True)
    in_force = [one for one in mine if one.ended_at is None]
    return Promised(team, kind, in_force, before[:VERSIONS_AT_MOST])


def _calendars(team_ids: Sequence[int]) -> dict[int, Calendar]:
    found = Method.objects.select_related("calendar").filter(team__in=team_ids)
    return {method.team_id: method.calendar for method in found}
