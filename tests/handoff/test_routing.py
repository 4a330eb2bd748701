"""Distribution rules: which fits, which hides which, and what the belt makes of them."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.base.ids import uuid7
from clew.handoff.routing import (
    Given,
    Known,
    Rule,
    choose,
    covers,
    examine,
    failing,
    is_piloted,
    prepare,
    situation,
    span,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday
SUZHOU, JIANGSU, SHANGHAI = 320500, 320000, 310000
LEAD = Given(
    level=3,
    source="site",
    kind="own",
    region=SUZHOU,
    category="伺服",
    wanted="急要 20 台",
    company="锐达机械厂",
    is_online=True,
    is_introduced=False,
)
KNOWN = Known(frozenset({1, 2}), {"site": ("own", True)}, frozenset({SUZHOU, JIANGSU, SHANGHAI}))
CONDITIONS: dict[str, Any] = {
    "levels": [3],
    "sources": ["site"],
    "kinds": ["own"],
    "regions": [JIANGSU],
    "categories": [" 伺服 "],
    "words": ["20 台"],
    "languages": ["zh"],
    "weekdays": [1],
    "hours": (9, 18),
    "is_online": True,
    "is_introduced": False,
    "has_company": True,
}
OTHERS: dict[str, Given | datetime] = {
    "levels": replace(LEAD, level=2),
    "sources": replace(LEAD, source="fair"),
    "kinds": replace(LEAD, kind="bought"),
    "regions": replace(LEAD, region=SHANGHAI),
    "categories": replace(LEAD, category="减速机"),
    "words": replace(LEAD, wanted="问问"),
    "languages": replace(LEAD, wanted="20 units", category=""),
    "weekdays": NOON.replace(day=24),
    "hours": NOON.replace(hour=18),
    "is_online": replace(LEAD, is_online=False),
    "is_introduced": replace(LEAD, is_introduced=True),
    "has_company": replace(LEAD, company=" "),
}


def rule(team: int = 1, **conditions: Any) -> Rule:
    return Rule(name=f"to {team}", team=team, **conditions)


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_holds_where_it_is_met_and_is_named_where_not(name: str) -> None:
    ready = prepare(rule(**{name: CONDITIONS[name]}))
    assert failing(situation(LEAD, NOON), ready) == ""
    other = OTHERS[name]
    seen = situation(other, NOON) if isinstance(other, Given) else situation(LEAD, other)
    assert failing(seen, ready) == name


def test_the_first_rule_that_fits_decides() -> None:
    rules = [rule(1, levels=[1]), rule(2, regions=[JIANGSU]), rule(1)]
    ready = [prepare(one) for one in rules]
    assert choose(situation(LEAD, NOON), ready) == 1
    assert choose(situation(replace(LEAD, region=None), NOON), ready) == 2
    assert choose(situation(LEAD, NOON), ready[:1]) is None


def test_hours_go_over_midnight() -> None:
    ready = prepare(rule(hours=(18, 9)))
    fits = {h for h in range(24) if not failing(situation(LEAD, NOON.replace(hour=h)), ready)}
    assert fits == {*range(18, 24), *range(9)}


def test_what_is_not_there_any_more_keeps_rules_from_holding() -> None:
    rules = [
        rule(3),
        rule(1, otherwise=[1]),
        rule(1, sources=["gone"]),
        rule(1, regions=[990000]),
    ]
    found = [(f.rule, f.code) for f in examine(rules, KNOWN) if f.is_fatal]
    assert found == [(0, "team_gone"), (1, "team_twice"), (2, "source_gone"), (3, "region_gone")]


def test_a_rule_that_can_never_fit_and_one_that_is_never_reached_are_said_so() -> None:
    rules = [
        rule(1, sources=["site"], kinds=["bought"]),
        rule(1, regions=[JIANGSU]),
        rule(2, regions=[SUZHOU], levels=[3]),
        rule(1),
        rule(2, levels=[3]),
    ]
    found = [(f.rule, f.code, f.names) for f in examine(rules, KNOWN)]
    assert found == [
        (0, "never", ()),
        (2, "hidden", ("to 1",)),
        (4, "hidden", ("to 1",)),
    ]


def test_a_division_holds_what_lies_inside() -> None:
    assert span(320000) == (320000, 330000)
    assert span(320500) == (320500, 320600)
    assert span(320583) == (320583, 320584)


TEXTS = st.sampled_from(["", "伺服", "减速机", "servo motor", "问价"])
LEADS = st.builds(
    Given,
    level=st.integers(1, 3),
    source=st.sampled_from(["site", "fair"]),
    kind=st.sampled_from(["own", "bought"]),
    region=st.sampled_from([None, SUZHOU, JIANGSU, SHANGHAI, 320583]),
    category=TEXTS,
    wanted=TEXTS,
    company=TEXTS,
    is_online=st.booleans(),
    is_introduced=st.booleans(),
)
MAYBE = st.sampled_from([None, True, False])
HOURS = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 23))


def some(*values: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


RULES = st.builds(
    Rule,
    name=st.just("one"),
    team=st.just(1),
    levels=some(1, 2, 3),
    sources=some("site", "fair"),
    kinds=some("own", "bought"),
    regions=some(SUZHOU, JIANGSU, SHANGHAI),
    categories=some("伺服", "减速机"),
    words=some("伺服", "motor"),
    languages=some("zh", "other"),
    weekdays=some(1, 2, 7),
    hours=HOURS,
    is_online=MAYBE,
    is_introduced=MAYBE,
    has_company=MAYBE,
)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(NOON.tzinfo))  # noqa: DTZ001  hypothesis adds the zone


@given(wide=RULES, narrow=RULES, lead=LEADS, at=MOMENTS)
def test_what_hides_a_rule_fits_whatever_it_fits(
    wide: Rule, narrow: Rule, lead: Given, at: datetime
) -> None:
    seen = situation(lead, at)
    if covers(wide, narrow) and not failing(seen, prepare(narrow)):
        assert not failing(seen, prepare(wide))


@given(RULES)
def test_a_rule_survives_being_stored(one: Rule) -> None:
    assert msgspec.convert(msgspec.to_builtins(one), Rule) == one


def test_a_pilot_takes_its_share_and_always_the_same_leads() -> None:
    ids = [uuid7() for _ in range(4000)]
    taken = {id_ for id_ in ids if is_piloted(id_, 1, 25, [], None)}
    assert 850 < len(taken) < 1150
    assert taken == {id_ for id_ in ids if is_piloted(id_, 1, 25, [], None)}
    assert taken != {id_ for id_ in ids if is_piloted(id_, 2, 25, [], None)}


def test_a_pilot_in_some_regions_takes_none_from_elsewhere() -> None:
    id_ = UUID(int=1)
    assert is_piloted(id_, 1, 100, [JIANGSU], SUZHOU)
    assert not is_piloted(id_, 1, 100, [JIANGSU], SHANGHAI)
    assert not is_piloted(id_, 1, 100, [JIANGSU], None)
