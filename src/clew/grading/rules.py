"""How a lead is graded: facts, typed conditions on them, and points that add up."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from operator import eq, ge, gt, le, lt, ne
from types import SimpleNamespace
from typing import Any, Literal

from msgspec import Struct

from clew.capture.custom import CUSTOM

Operator = Literal["==", "!=", ">=", "<=", ">", "<", "in", "says", "filled"]
Value = bool | int | float | str | list[str]
Kind = Literal["number", "yes_no", "choice", "figure", "day", "words"]

OPERATORS: dict[
    Operator, Callable[[Any, Any], bool]
] = {  # of values; `filled` asks whether there is one
    "==": eq,
    "!=": ne,
    ">=": ge,
    "<=": le,
    ">": gt,
    "<": lt,
    "in": lambda fact, allowed: fact in allowed,
    "says": lambda fact, part: part.casefold() in fact.casefold(),
}
PRICE = ("报价", "价格", "多少钱", "单价", "询价", "quot", "price")
URGENT = ("急", "今天", "马上", "尽快", "立刻", "urgent", "asap", "today")
MAKER = (
    "厂",
    "机械",
    "设备",
    "自动化",
    "制造",
    "电子",
    "科技",
    "machin",
    "automation",
    "manufactur",
)
DEALER = ("商行", "经销", "五金", "贸易", "批发", "trading", "dealer")
TRIAL = re.compile(r"\s*(?:测试|test|asdf|1+|没有|随便看看)\s*")
QUANTITY = re.compile(r"(\d{1,6})\s*(?:台|套|个|只|件|条|米|支|pcs|units?|sets?)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a lead when it is graded; each field can stand in a condition.

    `custom` holds what the operator's own fields hold: each of them can.
    """

    submission_count: int
    source_kind: str
    is_online: bool
    is_introduced: bool
    has_phone: bool
    has_company: bool
    is_maker: bool
    is_dealer: bool
    quantity: int
    asks_price: bool
    is_urgent: bool
    is_trial: bool
    message_length: int
    custom: dict[str, Any] = field(default_factory=dict)


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """One test of one fact."""

    fact: str
    op: Operator
    value: Value


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """Points for a lead that meets all conditions, and the words that say so."""

    key: str
    points: int
    words: dict[str, str]
    when: list[Condition] = []


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade with its reasons: `points` is the sum of the signals' points."""

    level: int
    points: int
    signals: tuple[tuple[str, int], ...]


FACTS = frozenset(f.name for f in fields(Facts))
KINDS: dict[str, Kind] = {
    f.name: "yes_no" if f.type is bool else "number" if f.type is int else "choice"
    for f in fields(Facts)
    if f.name != "custom"
}
CHOICES: dict[str, tuple[str, ...]] = {"source_kind": ("own", "bought", "earned")}
LEAST = {"submission_count": 1}  # other figures begin at 0
OPERATORS_OF: dict[Kind, tuple[Operator, ...]] = {
    "number": (">=", "<=", ">", "<", "==", "!="),
    "yes_no": ("==",),
    "choice": ("==", "!=", "in"),
}
Test = tuple[str, Callable[[Any, Any], bool], Any]
Compiled = list[tuple[str, int, list[Test]]]


def compile_rules(rules: list[Rule], known: Collection[str] = FACTS) -> Compiled:
    """Prepare rules for grading many leads. Raises ValueError on a condition about no known fact."""
    unknown = {_root(c.fact) for rule in rules for c in rule.when}.difference(known)
    if unknown:
        raise ValueError(f"no such fact: {', '.join(sorted(unknown))}")
    return [(rule.key, rule.points, [test(c) for c in rule.when]) for rule in rules]


def test(condition: Condition) -> Test:
    """Give a condition as where to look, how to compare, and with what."""
    if not condition.fact.startswith(CUSTOM):
        return condition.fact, OPERATORS[condition.op], condition.value
    return "custom", _held(condition.fact.removeprefix(CUSTOM), condition.op), condition.value


def _held(key: str, op: Operator) -> Callable[[Any, Any], bool]:
    """Compare what a custom field holds; one that holds nothing meets only that it is not filled."""
    if op == "filled":
        return lambda custom, wanted: (key in custom) is wanted
    compare = OPERATORS[op]
    return lambda custom, value: key in custom and compare(custom[key], value)


def _root(fact: str) -> str:
    return "custom" if fact.startswith(CUSTOM) else fact


def applicable(rules: list[Rule], known: Collection[str] = FACTS) -> list[Rule]:
    """Leave out rules about a fact that is not known, as after an update that dropped one: they cannot hold."""
    return [rule for rule in rules if all(_root(c.fact) in known for c in rule.when)]


def judge(
    rules: list[Rule], high_from: int, medium_from: int
) -> Callable[[Mapping[str, Any]], Verdict]:
    """Give a function that grades facts as they were kept, whatever facts were known in their time."""
    compiled: dict[tuple[str, ...], Compiled] = {}

    def verdict(kept: Mapping[str, Any]) -> Verdict:
        names = tuple(kept)
        if names not in compiled:
            compiled[names] = compile_rules(applicable(rules, names), names)
        return grade(SimpleNamespace(**kept), compiled[names], high_from, medium_from)

    return verdict


def grade(
    facts: Facts | SimpleNamespace, rules: Compiled, high_from: int, medium_from: int
) -> Verdict:
    """Add up the rules that hold and compare the sum with the thresholds."""
    signals = []
    total = 0
    for key, points, tests in rules:
        for fact, holds, value in tests:
            if not holds(getattr(facts, fact), value):
                break
        else:
            signals.append((key, points))
            total += points
    return Verdict(level_of(total, high_from, medium_from), total, tuple(signals))


def level_of(points: int, high_from: int, medium_from: int) -> int:
    """Give the level that points are worth: 3 high, 2 medium, 1 low."""
    return 3 if points >= high_from else 2 if points >= medium_from else 1


def observe(
    *,
    message: str,
    company: str,
    submission_count: int,
    source_kind: str,
    is_online: bool,
    is_introduced: bool,
    has_phone: bool,
    custom: dict[str, Any] | None = None,
) -> Facts:
    """Read the facts out of what was given."""
    asked, firm = message.lower(), company.lower()
    amounts = [int(n) for n in QUANTITY.findall(asked)]
    return Facts(
        submission_count=submission_count,
        source_kind=source_kind,
        is_online=is_online,
        is_introduced=is_introduced,
        has_phone=has_phone,
        has_company=bool(company.strip()),
        is_maker=says(firm, MAKER),
        is_dealer=says(firm, DEALER),
        quantity=max(amounts, default=0),
        asks_price=says(asked, PRICE),
        is_urgent=says(asked, URGENT),
        is_trial=TRIAL.fullmatch(asked) is not None,
        message_length=len(message.strip()),
        custom=custom or {},
    )


def says(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether any of the words stands in a text in lower case."""
    for word in words:  # noqa: SIM110  `any` costs three times as much, and this runs four times a lead
        if word in text:
            return True
    return False


def join(earlier: Mapping[str, Any], latest: Facts) -> Facts:
    """Facts of a strengthened lead: what was ever true stays true, the largest figure counts.

    Custom fields are what the lead holds by now.
    """

    def both(name: str) -> Any:
        now, before = getattr(latest, name), earlier.get(name)
        if isinstance(now, str | dict) or before is None:
            return now
        if name == "is_trial":
            return now and before
        return max(now, before)

    return Facts(**{name: both(name) for name in FACTS})
