"""Speed to lead: how soon people tried to reach leads and got through (INS-4). Never an automatic reply."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract

from clew.access.models import Member
from clew.handoff.models import Placement
from clew.pipeline.filters import Filter
from clew.pipeline.models import Clock
from clew.pipeline.stages import BANDS, NEVER, WON
from clew.tally.numbers import Named, Number, Part, by_source, by_team, roomy, share, standing

PROMISED = ("", "kept", "broken")
KEPT, BROKEN = 1, 2
CODES = (*(band.code for band in BANDS), NEVER)
MEDIANS = """
select grouping(source_id) = 0, coalesce(source_id, team_id), grouping(team_id) = 0,
  percentile_cont(0.5) within group (order by seconds::float8)
from ({found}) as t(source_id, team_id, seconds)
group by grouping sets ((), (source_id), (team_id))
"""
Medians = dict[tuple[str, int | None], int]


@dataclass(frozen=True, slots=True)
class Group:
    """So many leads of one source and team: reached how soon, the promise kept or broken, won or not."""

    source_id: int
    team_id: int | None
    band: str
    promise: str
    is_won: bool
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One band: how many leads, how many of a hundred that is, and how many of them were won."""

    code: str
    number: Number
    share: int | None
    won: Number

    @property
    def won_share(self) -> int | None:
        """Give how many of a hundred were won."""
        return share(self.won.count, self.number.count)


@dataclass(frozen=True, slots=True)
class Promise:
    """Of the leads whose first contact was due: how many got it in time."""

    kept: Number
    broken: Number

    @property
    def share(self) -> int | None:
        """Give how many of a hundred were kept; nothing where none was due."""
        return share(self.kept.count, self.kept.count + self.broken.count)


@dataclass(frozen=True, slots=True)
class Line:
    """One source or team; `median` in seconds, of those that were reached."""

    name: str
    all: Number
    bands: Sequence[Number]
    median: int | None
    promise: Promise


@dataclass(frozen=True, slots=True)
class Speed:
    """How soon the leads of a filter were reached; `median` in seconds, of those that were."""

    all: Number
    rows: Sequence[Row]
    median: int | None
    promise: Promise
    sources: Sequence[Line]
    teams: Sequence[Line]


def speed(viewer: Member, wanted: Filter, known: Named, measure: str, hours: str) -> Speed:
    """Count by one of `MEASURES` in one of `HOURS`; two statements, whatever the number of leads.

    The promise is always about the first attempt, by the hours that hold for whoever had the lead.
    """
    with roomy():
        groups = _groups(viewer, wanted, measure, hours)
        medians = _medians(viewer, wanted, measure, hours)
    codes = [_code(measure, hours, band) for band in CODES]
    return Speed(
        all=Number(_sum(groups), wanted),
        rows=[_row(band, code, groups, wanted) for band, code in zip(CODES, codes, strict=True)],
        median=medians.get(("", None)),
        promise=_promise(groups, wanted),
        sources=_lines(by_source(groups, wanted, known), "source", codes, medians),
        teams=_lines(by_team(groups, wanted, known), "team", codes, medians),
    )


def _code(measure: str, hours: str, band: str) -> str:
    return f"{measure}_{NEVER}" if band == NEVER else f"{measure}_{hours}_{band}"


def _groups(viewer: Member, wanted: Filter, measure: str, hours: str) -> list[Group]:
    breached = Clock.objects.filter(lead=OuterRef("pk"), breached_at__isnull=False)
    promise = Case(
        When(first_contact__tried_at__lte=F("first_contact__promised_at"), then=Value(KEPT)),
        When(first_contact__tried_at__gt=F("first_contact__promised_at"), then=Value(BROKEN)),
        When(first_contact__tried_at__isnull=False, then=Value(0)),
        When(Exists(breached), then=Value(BROKEN)),
        default=Value(0),
        output_field=SmallIntegerField(),
    )
    won = Case(
        When(here__kind=Placement.Kind.CLOSED, here__reason=WON, then=Value(1)),
        default=Value(0),
        output_field=SmallIntegerField(),
    )
    rows = (
        standing(viewer, wanted)
        .annotate(code=_band(measure, hours) * 10 + promise * 2 + won)
        .values_list("source_id", "here__team_id", "code")
        .annotate(count=Count("pk"))
    )
    return [_group(*row) for row in rows]


def _group(source_id: int, team_id: int | None, code: int, count: int) -> Group:
    """Take apart what the database counted by one figure: it then guesses how few groups there are."""
    band, rest = divmod(code, 10)
    return Group(source_id, team_id, CODES[band], PROMISED[rest // 2], bool(rest % 2), count)


def _band(measure: str, hours: str) -> Case:
    whens = [
        When(**{_name(measure, hours) + "__lte": _bound(band.until, hours)}, then=Value(number))
        for number, band in enumerate(BANDS)
        if band.until is not None
    ]
    missing = When(**{f"first_contact__{measure}_at__isnull": True}, then=Value(CODES.index(NEVER)))
    last = Value(len(BANDS) - 1)
    return Case(missing, *whens, default=last, output_field=SmallIntegerField())


def _name(measure: str, hours: str) -> str:
    return f"first_contact__{measure}_{'seconds' if hours == 'work' else 'at'}"


def _bound(until: timedelta, hours: str) -> Any:
    if hours == "work":
        return int(until.total_seconds())
    return ExpressionWrapper(F("opened_at") + Value(until), output_field=DateTimeField())


def _medians(viewer: Member, wanted: Filter, measure: str, hours: str) -> Medians:
    name = _name(measure, hours)
    seconds: Combinable = F(name) if hours == "work" else Extract(F(name) - F("opened_at"), "epoch")
    found = (
        standing(viewer, wanted)
        .filter(**{f"{name}__isnull": False})
        .annotate(seconds=seconds)
        .values_list("source_id", "here__team_id", "seconds")
    )
    try:
        sql, given = found.query.sql_with_params()
    except EmptyResultSet:  # the filter fits nothing, which is known before it is asked
        return {}
    with connection.cursor() as cursor:
        cursor.execute(MEDIANS.format(found=sql), given)
        rows = cursor.fetchall()
    of = {(True, False): "source", (False, True): "team", (False, False): ""}
    return {
        (of[is_source, is_team], pk): round(median)
        for is_source, pk, is_team, median in rows
        if median is not None
    }


def _row(band: str, code: str, groups: Iterable[Group], wanted: Filter) -> Row:
    inside = [g for g in groups if g.band == band]
    here = replace(wanted, speed=code)
    won, count = _sum(g for g in inside if g.is_won), _sum(inside)
    part = share(count, _sum(groups))
    return Row(band, Number(count, here), part, Number(won, replace(here, end=WON)))


def _promise(groups: Iterable[Group], wanted: Filter) -> Promise:
    counted: Counter[str] = Counter()
    for one in groups:
        counted[one.promise] += one.count
    return Promise(
        Number(counted["kept"], replace(wanted, promise="kept")),
        Number(counted["broken"], replace(wanted, promise="broken")),
    )


def _lines(
    parts: Iterable[Part[Group]], of: str, codes: Sequence[str], medians: Medians
) -> list[Line]:
    lines = [
        Line(
            part.name,
            Number(_sum(part.groups), part.wanted),
            [
                Number(
                    _sum(g for g in part.groups if g.band == band),
                    replace(part.wanted, speed=code),
                )
                for band, code in zip(CODES, codes, strict=True)
            ],
            medians.get((of, _key(part.groups[0], of))),
            _promise(part.groups, part.wanted),
        )
        for part in parts
    ]
    return sorted(lines, key=lambda line: (-line.all.count, line.name))


def _key(group: Group, of: str) -> int | None:
    return group.source_id if of == "source" else group.team_id


def _sum(groups: Iterable[Group]) -> int:
    return sum(one.count for one in groups)
