"""Which team a lead goes to: ordered rules, of which the first that fits decides. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from clew.capture.custom import CUSTOM, Definitions
from clew.grading.fields import fault_of
from clew.grading.rules import Condition, test

MOST_RULES = 100
MOST_TEAMS = 4  # a rule's team and those that come in where it cannot take a lead
HOURS = 24
WEEKDAYS = range(1, 8)
LANGUAGES = ("zh", "other")
HUNDRED = 100


class FieldTest(Struct, frozen=True, forbid_unknown_fields=True):
    """One test of what a custom field holds: `in` for choices, `says` for texts, bounds for the others."""

    field: str
    op: Literal[">=", "<=", "in", "says"]
    value: int | float | str | list[str]

    @property
    def condition(self) -> Condition:
        """The same as grading asks it."""
        return Condition(CUSTOM + self.field, self.op, self.value)


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where leads of one kind go. Every condition must hold; one that is empty always does.

    `into`: `method` as the team takes leads of that grade, or `pool`. `otherwise`: teams that are asked
    in turn where nobody of the first can take a lead now. `regions` are GB/T 2260 codes and mean all
    that lies inside. `hours`: from the first up to the second, local time, also over midnight.
    """

    name: str
    team: int
    into: Literal["method", "pool"] = "method"
    otherwise: list[int] = []
    levels: list[int] = []
    sources: list[str] = []
    kinds: list[str] = []
    regions: list[int] = []
    categories: list[str] = []
    words: list[str] = []
    languages: list[str] = []
    weekdays: list[int] = []
    hours: tuple[int, int] | None = None
    is_online: bool | None = None
    is_introduced: bool | None = None
    has_company: bool | None = None
    custom: list[FieldTest] = []

    @property
    def teams(self) -> tuple[int, ...]:
        """The team and those that come in for it."""
        return (self.team, *self.otherwise)


class Situation(Struct, frozen=True, array_like=True):
    """What is known of a lead when it is given out. `text`: category and what is wanted, in lower case."""

    level: int
    source: str
    kind: str
    region: int | None
    category: str
    text: str
    language: str
    weekday: int
    hour: int
    is_online: bool
    is_introduced: bool
    has_company: bool
    custom: dict[str, Any] = {}


Holds = Callable[[Situation], bool]
Ready = list[tuple[str, Holds]]  # a rule's conditions by name, cheapest first


def span(code: int) -> tuple[int, int]:
    """Give the codes that lie inside a division: 440000 → 440000 up to 450000."""
    size = 10_000 if code % 10_000 == 0 else 100 if code % 100 == 0 else 1
    return code, code + size


def language_of(text: str) -> str:
    """Tell `zh` where a Chinese character stands in a text, `other` where letters do, else nothing."""
    if any("\u4e00" <= c <= "\u9fff" for c in text):
        return "zh"
    return "other" if any(c.isalpha() for c in text) else ""


@dataclass(frozen=True, slots=True)
class Given:
    """A lead as rules are asked about it. `wanted`: what it asks for, in its own words."""

    level: int
    source: str
    kind: str
    region: int | None
    category: str
    wanted: str
    company: str
    is_online: bool
    is_introduced: bool
    custom: dict[str, Any] = field(default_factory=dict)


def situation(given: Given, local: datetime) -> Situation:
    """Put together what rules look at. `local`: the operator's wall clock."""
    return Situation(
        level=given.level,
        source=given.source,
        kind=given.kind,
        region=given.region,
        category=given.category.strip().casefold(),
        text=f"{given.category} {given.wanted}".casefold(),
        language=language_of(given.wanted or given.category),
        weekday=local.isoweekday(),
        hour=local.hour,
        is_online=given.is_online,
        is_introduced=given.is_introduced,
        has_company=bool(given.company.strip()),
        custom=given.custom,
    )


def prepare(rule: Rule) -> Ready:
    """Make a rule's conditions ready for many leads."""
    tests: dict[str, Holds | None] = {
        "levels": _one_of("level", rule.levels),
        "is_online": _is("is_online", rule.is_online),
        "is_introduced": _is("is_introduced", rule.is_introduced),
        "has_company": _is("has_company", rule.has_company),
        "sources": _one_of("source", rule.sources),
        "kinds": _one_of("kind", rule.kinds),
        "languages": _one_of("language", rule.languages),
        "weekdays": _one_of("weekday", rule.weekdays),
        "hours": _between(rule.hours),
        "categories": _one_of("category", [c.strip().casefold() for c in rule.categories]),
        "regions": _inside(rule.regions),
        "words": _says(rule.words),
        "custom": _hold(rule.custom),
    }
    return [(name, holds) for name, holds in tests.items() if holds]


def choose(seen: Situation, rules: Sequence[Ready]) -> int | None:
    """Give the number of the first rule that fits, from 0, or None."""
    for number, tests in enumerate(rules):
        for _, holds in tests:
            if not holds(seen):
                break
        else:
            return number
    return None


def failing(seen: Situation, tests: Ready) -> str:
    """Give the first condition that does not hold, or nothing."""
    return next((name for name, holds in tests if not holds(seen)), "")


def is_piloted(
    lead_id: UUID, pilot: int, percent: int, regions: Sequence[int], at: int | None
) -> bool:
    """Tell whether a lead takes part in a pilot: its region `at` lies inside, and chance by its id says so."""
    if regions and not _lies_inside(at, [span(code) for code in regions]):
        return False
    drawn = blake2b(lead_id.bytes, digest_size=8, key=pilot.to_bytes(8, "big")).digest()
    return int.from_bytes(drawn, "big") % HUNDRED < percent


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may name: teams that take leads, sources by key with kind and side, divisions, custom fields."""

    teams: frozenset[int]
    sources: dict[str, tuple[str, bool]]
    divisions: frozenset[int]
    fields: Definitions = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with rule number `rule`; `is_fatal` keeps the rules from being published."""

    rule: int
    code: str
    is_fatal: bool
    names: tuple[str, ...] = ()


def examine(rules: Sequence[Rule], known: Known) -> list[Finding]:
    """Find rules that name what is not there, can never match, or are never reached."""
    found: list[Finding] = []
    for number, rule in enumerate(rules):
        found += [Finding(number, *fault) for fault in _faults(rule, known)]
        hiding = next((n for n, other in enumerate(rules[:number]) if covers(other, rule)), None)
        if hiding is not None:
            found.append(Finding(number, "hidden", is_fatal=False, names=(rules[hiding].name,)))
    return found


def covers(wide: Rule, narrow: Rule) -> bool:
    """Tell whether every lead that `narrow` fits is fitted by `wide` as well."""
    return (
        all(_holds_all(getattr(wide, name), getattr(narrow, name)) for name in LISTS)
        and all(getattr(wide, name) in (None, getattr(narrow, name)) for name in FLAGS)
        and _covers_regions(wide.regions, narrow.regions)
        and _covers_hours(wide.hours, narrow.hours)
        and all(one in narrow.custom for one in wide.custom)
    )


LISTS = ("levels", "sources", "kinds", "categories", "words", "languages", "weekdays")
FLAGS = ("is_online", "is_introduced", "has_company")


def _faults(rule: Rule, known: Known) -> list[tuple[str, bool, tuple[str, ...]]]:
    faults: list[tuple[str, bool, tuple[str, ...]]] = []
    gone = [team for team in rule.teams if team not in known.teams]
    if gone:
        faults.append(("team_gone", True, tuple(map(str, gone))))
    if len(set(rule.teams)) < len(rule.teams):
        faults.append(("team_twice", True, ()))
    if strange := [key for key in rule.sources if key not in known.sources]:
        faults.append(("source_gone", True, tuple(strange)))
    if nowhere := [code for code in rule.regions if code not in known.divisions]:
        faults.append(("region_gone", True, tuple(map(str, nowhere))))
    for one in rule.custom:
        if code := fault_of(one.condition, known.fields):
            code = "field_gone" if code == "no_such_fact" else "field_value"
            faults.append((code, True, (one.field,)))
    if _is_impossible(rule, known):
        faults.append(("never", False, ()))
    return faults


def _is_impossible(rule: Rule, known: Known) -> bool:
    """Tell whether no source that is named is of the kinds and the side that are asked for."""
    named = [known.sources[key] for key in rule.sources if key in known.sources]
    fitting = [
        kind
        for kind, is_online in named
        if (not rule.kinds or kind in rule.kinds) and rule.is_online in (None, is_online)
    ]
    is_dated = rule.hours is not None and rule.hours[0] == rule.hours[1]
    return is_dated or bool(named and not fitting)


def _holds_all(wide: Sequence[object], narrow: Sequence[object]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _covers_regions(wide: Sequence[int], narrow: Sequence[int]) -> bool:
    if not wide:
        return True
    spans = [span(code) for code in wide]
    return bool(narrow) and all(
        any(low <= start and end <= high for low, high in spans) for start, end in map(span, narrow)
    )


def _covers_hours(wide: tuple[int, int] | None, narrow: tuple[int, int] | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and _clock(narrow) <= _clock(wide)


def _clock(hours: tuple[int, int]) -> set[int]:
    start, end = hours
    return set(range(start, end)) if start <= end else {*range(start, HOURS), *range(end)}


def _one_of(name: str, allowed: Sequence[object]) -> Holds | None:
    if not allowed:
        return None
    wanted = frozenset(allowed)
    return lambda seen: getattr(seen, name) in wanted


def _hold(asked: Sequence[FieldTest]) -> Holds | None:
    if not asked:
        return None
    tests = [test(one.condition)[1:] for one in asked]

    def holds(seen: Situation) -> bool:
        for compare, value in tests:  # noqa: SIM110
            if not compare(seen.custom, value):
                return False
        return True

    return holds


def _is(name: str, wanted: bool | None) -> Holds | None:  # noqa: FBT001  the value that is asked for
    return None if wanted is None else lambda seen: getattr(seen, name) is wanted


def _between(hours: tuple[int, int] | None) -> Holds | None:
    if hours is None:
        return None
    wanted = frozenset(_clock(hours))
    return lambda seen: seen.hour in wanted


def _inside(regions: Sequence[int]) -> Holds | None:
    if not regions:
        return None
    spans = [span(code) for code in regions]
    return lambda seen: _lies_inside(seen.region, spans)


def _lies_inside(code: int | None, spans: Sequence[tuple[int, int]]) -> bool:
    if code is None:
        return False
    for low, high in spans:  # noqa: SIM110  `any` costs three times as much, and this runs for each lead
        if low <= code < high:
            return True
    return False


def _says(words: Sequence[str]) -> Holds | None:
    wanted = [word.strip().casefold() for word in words if word.strip()]
    if not wanted:
        return None

    def holds(seen: Situation) -> bool:
        for word in wanted:  # noqa: SIM110
            if word in seen.text:
                return True
        return False

    return holds
