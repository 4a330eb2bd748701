"""Counting leads by where they stand, exactly, at the moment of asking, by a fixed number of statements.

Administrators and managers count by the copy, and what may have changed since is looked at itself. Salespeople
see few leads, and all of them are looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.filters import HISTORY, NOBODY, Filter
from clew.pipeline.matching import came, number
from clew.pipeline.stages import BANDS, CHANNELS, WON
from clew.tally.models import Standing
from clew.tally.numbers import Named, Origin
from clew.tally.standing import COLUMNS, GROUP, TIMES, as_they_stand, known_below, touched

NO_TEAM = 0
NO_BAND = "0"
NO_COPY = "select null::int, null::int where false"
COUNTED = """
select * from (
  select {of_group}, k.band, k.count from (select group_id, {band} as band, count(*) as count
    from ({kept}) k (group_id, seconds) group by group_id, band) k
  join tally_group g on g.id = k.group_id
  union all
  select {group}, {band} as band, count(*) from (select {group}, {seconds} as seconds
    from ({live}) l ({columns})) l group by {group}, band) t
where {asked}
"""
MEDIANS = """
select grouping(source_id) = 0, coalesce(source_id, team_id), grouping(team_id) = 0,
  percentile_cont(0.5) within group (order by seconds::float8)
from (
  select {of_group}, k.seconds from ({kept}) k (group_id, seconds)
  join tally_group g on g.id = k.group_id
  union all
  select {group}, {seconds} as seconds from ({live}) l ({columns})) t
where seconds is not null and {old} is_history and {asked}
group by grouping sets ((), (source_id), (team_id))
"""
MISCOUNTED = """
with k as materialized (select k.pk, {of_group}, {times} from ({kept}) k (pk, group_id, {times})
  left join tally_group g on g.id = k.group_id),
l as materialized (select * from ({live}) l ({columns}))
select count(distinct pk) from ((table k except table l) union all (table l except table k)) t
"""
# The planner takes what is computed for many groups, and would sort all leads to count them.
GROUPING = "; set local enable_sort = off"
KEPT = ("opened_at", *TIMES)
NAMES = {
    "group": ", ".join(GROUP),
    "of_group": ", ".join(f"g.{name}" for name in GROUP),
    "columns": ", ".join(COLUMNS),
    "asked": """source_id = any(%s::bigint[])
        and (%s::bigint[] is null or coalesce(team_id, 0) = any(%s::bigint[]))""",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """So many leads that stand alike; `band` is the place in BANDS of how soon they were reached, or behind it."""

    source_id: int
    team_id: int | None
    is_history: bool
    stage: int
    kind: str | None
    reason: str | None
    promise: int
    band: int
    count: int

    @property
    def is_closed(self) -> bool:
        """Tell whether they are over."""
        return self.kind == Placement.Kind.CLOSED

    @property
    def is_won(self) -> bool:
        """Tell whether they stand closed as won."""
        return self.is_closed and self.reason == WON


Medians = Mapping[tuple[str, int | None], int]


def counted(viewer: Member, wanted: Filter, known: Named, times: str = "") -> list[Counted]:
    """Count the leads of a settled filter that a member may see, by one of `TIMES` where it is named."""
    band = _band() if times else NO_BAND
    return [Counted(*row) for row in _rows(COUNTED, viewer, wanted, known, times, band=band)]


def medians(viewer: Member, wanted: Filter, known: Named, times: str) -> Medians:
    """Give the median of one of `TIMES` over all, by source and by team, in seconds, of those that have one."""
    of = {(True, False): "source", (False, True): "team", (False, False): ""}
    return {
        (of[is_source, is_team], pk): round(median)
        for is_source, pk, is_team, median in _rows(
            MEDIANS, viewer, wanted, known, times, old="" if wanted.place == HISTORY else "not"
        )
        if median is not None
    }


def miscounted() -> int:
    """Count the leads that the copy has otherwise than they stand, without those it may not know of yet."""
    since = known_below()
    if since is None:
        return 0
    kept = Standing.objects.exclude(pk__in=touched(since)).values_list("pk", "group_id", *KEPT)
    live = as_they_stand(Lead.objects.exclude(pk__in=touched(since)))
    copy, of_copy = kept.query.sql_with_params()
    looked, of_live = live.query.sql_with_params()
    sql = MISCOUNTED.format(kept=copy, live=looked, times=", ".join(KEPT), **NAMES)
    with roomy(), connection.cursor() as cursor:
        cursor.execute(sql, [*of_copy, *of_live])
        return int(cursor.fetchone()[0])


def _rows(
    statement: str, viewer: Member, wanted: Filter, known: Named, times: str, **parts: str
) -> Sequence[Any]:
    """Ask one statement of what the copy says and of what was looked at itself: both in one snapshot."""
    seconds = times or TIMES[0]
    since = None if viewer.role == Role.SALESPERSON else known_below()
    leads = visible_leads(viewer).filter(came(wanted))
    kept = Standing.objects.filter(came(wanted)).values_list("group_id", seconds)
    if since is not None:
        leads = leads.filter(pk__in=touched(since))
    try:
        live, of_live = as_they_stand(leads).query.sql_with_params()
        copy, of_copy = NO_COPY, ()
        if since is not None:
            copy, of_copy = kept.exclude(pk__in=touched(since)).query.sql_with_params()
    except EmptyResultSet:  # the days fit nothing, which is known before it is asked
        return []
    sql = statement.format(kept=copy, live=live, seconds=seconds, **NAMES, **parts)
    with roomy(GROUPING if statement == COUNTED else ""), connection.cursor() as cursor:
        cursor.execute(sql, [*of_copy, *of_live, *_asked(viewer, wanted, known)])
        return list(cursor.fetchall())


def _asked(viewer: Member, wanted: Filter, known: Named) -> Sequence[Any]:
    """Say by which sources and teams of a lead it is asked for; nothing for every team."""
    sources = [pk for pk, one in known.sources.items() if _is_asked(one, wanted)]
    teams = None
    if wanted.team:
        team = NO_TEAM if wanted.team == NOBODY else number(wanted.team)
        teams = [] if team is None else [team]
    if viewer.role == Role.MANAGER:
        own = set(viewer.memberships.values_list("team_id", flat=True))
        teams = list(own if teams is None else own.intersection(teams))
    return sources, teams, teams


def _is_asked(source: Origin, wanted: Filter) -> bool:
    is_channel = not wanted.channel or CHANNELS.get(wanted.channel) == source.is_online
    return is_channel and wanted.source in {"", source.key}


def _band() -> str:
    bounds = [
        f"when seconds <= {band.until.total_seconds():.0f} then {place}"
        for place, band in enumerate(BANDS)
        if band.until is not None
    ]
    return (
        f"case when seconds is null then {len(BANDS)} {' '.join(bounds)} else {len(BANDS) - 1} end"
    )


@contextmanager
def roomy(further: str = "") -> Iterator[None]:
    """Let the statements inside join, group and sort leads in memory."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"set local work_mem = '64MB'{further}")
        yield
