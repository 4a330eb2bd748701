"""What every report counts by: groups of leads that a member may see, and numbers that open what they count."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from clew.access.models import Member
from clew.access.queries import teams
from clew.capture.models import Source
from clew.pipeline.filters import HISTORY, NOBODY, Filter
from clew.pipeline.stages import CHANNELS

ASKED = ("source", "channel", "team", "opened", "since", "until")


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and the filter of the list that shows exactly what is counted."""

    count: int
    wanted: Filter

    @property
    def address(self) -> str:
        """Give the query of that list."""
        return self.wanted.address()


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as reports name it."""

    key: str
    name: str
    is_online: bool


@dataclass(frozen=True, slots=True)
class Named:
    """The names of what a report counts by, as far as its reader may see them."""

    sources: Mapping[int, Origin]
    teams: Mapping[int, str]


class Grouped(Protocol):
    """Some leads of one source and team; a team is where a lead stands now, or stood when it ended."""

    @property
    def source_id(self) -> int:
        """Whence they came."""

    @property
    def team_id(self) -> int | None:
        """Whose they are."""


G = TypeVar("G", bound=Grouped)
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Part(Generic[G]):
    """The groups of one source, team or channel; the name is missing where it is no team's."""

    name: str
    wanted: Filter
    groups: Sequence[G]


def named(viewer: Member) -> Named:
    """Give the names, in two statements."""
    rows = Source.objects.order_by("name").values_list("pk", "key", "name", "is_online")
    return Named(
        {pk: Origin(key, name, is_online) for pk, key, name, is_online in rows},
        dict(teams(viewer).order_by("name").values_list("pk", "name")),
    )


def asked(wanted: Filter) -> Filter:
    """Keep of a filter what a report may be narrowed by; old records are asked for as their place."""
    place = HISTORY if wanted.place == HISTORY else ""
    return Filter(place=place, **{part: getattr(wanted, part) for part in ASKED})


def by_source(groups: Iterable[G], wanted: Filter, known: Named) -> list[Part[G]]:
    """Part groups by the source of their leads."""
    return [
        Part(known.sources[pk].name, replace(wanted, source=known.sources[pk].key), found)
        for pk, found in _parted(groups, lambda one: one.source_id).items()
    ]


def by_team(groups: Iterable[G], wanted: Filter, known: Named) -> list[Part[G]]:
    """Part groups by whose their leads are."""
    return [
        Part(known.teams.get(pk or 0, ""), replace(wanted, team=str(pk or NOBODY)), found)
        for pk, found in _parted(groups, lambda one: one.team_id).items()
    ]


def by_channel(groups: Iterable[G], wanted: Filter, known: Named) -> list[Part[G]]:
    """Part groups by whether their source is online; named by the channel's code."""
    parted = _parted(groups, lambda one: known.sources[one.source_id].is_online)
    return [
        Part(code, replace(wanted, channel=code), parted.get(is_online, []))
        for code, is_online in CHANNELS.items()
        if wanted.channel in {"", code}
    ]


def share(part: int, whole: int) -> int | None:
    """Give how many of a hundred a part is; nothing where there is no whole."""
    return round(100 * part / whole) if whole else None


def _parted(groups: Iterable[G], of: Callable[[G], K]) -> dict[K, list[G]]:
    found: dict[K, list[G]] = {}
    for one in groups:
        found.setdefault(of(one), []).append(one)
    return found
