"""Speed to lead: how soon people tried to reach leads and got through (INS-4). Never an automatic reply."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clew.access.models import Member
from clew.pipeline.filters import HISTORY, Filter
from clew.pipeline.stages import BANDS, NEVER, WON
from clew.tally.counting import Counted, Medians, counted, medians
from clew.tally.numbers import Named, Number, Part, by_source, by_team, share
from clew.tally.standing import PROMISED

CODES = (*(band.code for band in BANDS), NEVER)


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
    """Count by one of `MEASURES` in one of `HOURS`.

    The promise is always about the first attempt, by the hours that hold for whoever had the lead.
    """
    times = f"{measure}_{hours}"
    is_old = wanted.place == HISTORY
    groups = [g for g in counted(viewer, wanted, known, times) if g.is_history == is_old]
    middles = medians(viewer, wanted, known, times)
    codes = [_code(measure, hours, band) for band in CODES]
    return Speed(
        all=Number(_sum(groups), wanted),
        rows=[_row(band, code, groups, wanted) for band, code in zip(CODES, codes, strict=True)],
        median=middles.get(("", None)),
        promise=_promise(groups, wanted),
        sources=_lines(by_source(groups, wanted, known), "source", codes, middles),
        teams=_lines(by_team(groups, wanted, known), "team", codes, middles),
    )


def _code(measure: str, hours: str, band: str) -> str:
    return f"{measure}_{NEVER}" if band == NEVER else f"{measure}_{hours}_{band}"


def _row(band: str, code: str, groups: Iterable[Counted], wanted: Filter) -> Row:
    inside = [g for g in groups if CODES[g.band] == band]
    here = replace(wanted, speed=code)
    won, count = _sum(g for g in inside if g.is_won), _sum(inside)
    part = share(count, _sum(groups))
    return Row(band, Number(count, here), part, Number(won, replace(here, end=WON)))


def _promise(groups: Iterable[Counted], wanted: Filter) -> Promise:
    due: Counter[str] = Counter()
    for one in groups:
        due[PROMISED[one.promise]] += one.count
    return Promise(
        Number(due["kept"], replace(wanted, promise="kept")),
        Number(due["broken"], replace(wanted, promise="broken")),
    )


def _lines(
    parts: Iterable[Part[Counted]], of: str, codes: Sequence[str], middles: Medians
) -> list[Line]:
    lines = [
        Line(
            part.name,
            Number(_sum(part.groups), part.wanted),
            [
                Number(
                    _sum(g for g in part.groups if CODES[g.band] == band),
                    replace(part.wanted, speed=code),
                )
                for band, code in zip(CODES, codes, strict=True)
            ],
            middles.get((of, _key(part.groups[0], of))),
            _promise(part.groups, part.wanted),
        )
        for part in parts
    ]
    return sorted(lines, key=lambda line: (-line.all.count, line.name))


def _key(group: Counted, of: str) -> int | None:
    return group.source_id if of == "source" else group.team_id


def _sum(groups: Iterable[Counted]) -> int:
    return sum(one.count for one in groups)
