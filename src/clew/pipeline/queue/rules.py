"""What waiting costs a lead, in what order that puts the day, and when a row moves. Pure.

The assumptions are starting values; docs/reference/queue.md gives their sources. What the company's own leads tell
takes their place by and by (`figures`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from clew.pipeline.queue.fading import ASSUMED, Cell, Effect, believed, effect, kept
from clew.pipeline.rules import SOON, Group, Standing

CALL = 15.0  # minutes: a lead that is not called now waits for one call more at least
MARGIN = 1.5  # a row passes another only where waiting costs it so many times as much
PROMISED = 2.0  # the promise of a first contact that breaks within minutes counts double
LATER_START, LATER_POWER = 60.0, 0.5  # of a next step: an hour late is forgiven, a day is not
STRENGTH = 40  # so many leads count as much as the assumption does
HIGHEST = 0.95
MINUTE = timedelta(minutes=1)
A_DAY = 24 * 60.0

Key = TypeVar("Key")


class Met(StrEnum):
    """How far one has come with a lead."""

    NOT_YET = "not_yet"
    TRIED = "tried"
    ANSWERED = "answered"


Place = tuple[bool, int]  # from online, and the grade
# INS-2: about half of the offline leads close, and one of ten online; spread over grades so that of a usual mix
# (a fifth high, a third medium) as many do.
ASSUMED_RATES: Mapping[Place, float] = {
    (True, 3): 0.25,
    (True, 2): 0.10,
    (True, 1): 0.03,
    (False, 3): 0.75,
    (False, 2): 0.55,
    (False, 1): 0.35,
}
ASSUMED_TIMES: Mapping[Met, float] = {Met.NOT_YET: 1.0, Met.TRIED: 0.6, Met.ANSWERED: 1.5}
UNGRADED = 2


@dataclass(frozen=True, slots=True)
class Told:
    """What leads of the past tell: of so many (as if reached at once), so many were won."""

    count: float
    won: int


@dataclass(frozen=True, slots=True)
class Count:
    """First contacts that were alike: where from, how long they waited in minutes, how they went, how many were won."""

    place: Place
    wait: float
    was_answered: bool  # at the first attempt
    is_answered: bool  # at any
    count: int
    won: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the order goes by: chances by channel, grade and how far one has come, worth of an order, power of delay."""

    rates: Mapping[tuple[Place, Met], float] = field(default_factory=dict)
    worth: Mapping[Place, float] = field(
        default_factory=dict
    )  # in cents; empty where no order has a value
    power: float = ASSUMED
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A lead in the day: what it may bring, and since when it waits."""

    is_online: bool
    level: int | None
    met: Met
    group: Group
    standing: Standing
    since: (
        datetime | None
    )  # it came in, wrote again, or its next step was due; None: nothing is planned
    first_wait: float = 0.0  # minutes until it was first called, where it was
    worth: int | None = None  # in cents, where somebody has put it

    @property
    def place(self) -> Place:
        """What its chance and worth go by."""
        return self.is_online, self.level or UNGRADED


def measured(
    counts: Sequence[Count],
) -> tuple[Effect | None, dict[tuple[Place, Met], Told]]:
    """Measure the effect of waiting, and how leads of each channel and grade came out, from first contacts.

    So many count as would bring as many chances without any wait: whoever was reached late does not make the grade
    look worse than it is.
    """
    found = effect(Cell(one.place, one.wait, one.count, one.won) for one in counts)
    power = believed(found)
    told: dict[tuple[Place, Met], Told] = {}
    for one in counts:
        for met in _went_through(one):
            before = told.get((one.place, met), Told(0, 0))
            at_once = one.count * kept(one.wait, power)
            told[one.place, met] = Told(before.count + at_once, before.won + one.won)
    return found, told


def _went_through(one: Count) -> tuple[Met, ...]:
    tried = () if one.was_answered else (Met.TRIED,)
    answered = (Met.ANSWERED,) if one.is_answered else ()
    return (Met.NOT_YET, *tried, *answered)


def figures(
    told: Mapping[tuple[Place, Met], Told],
    worth: Mapping[Place, tuple[int, float]],
    found: Effect | None,
) -> Figures:
    """Put what was measured in the place of what is assumed, as far as there is enough of it.

    `worth`: of each channel and grade, how many orders have a value, and their mean in cents. Forty leads count as
    much as the assumption (allocation.md 1.5); what an order of a grade is worth leans on all orders in the same way.
    """
    rates = {}
    for place, assumed in ASSUMED_RATES.items():
        for met, times in ASSUMED_TIMES.items():
            own = told.get((place, met), Told(0, 0))
            start = min(HIGHEST, assumed * times)
            rate = (own.won + STRENGTH * start) / (own.count + STRENGTH)
            rates[place, met] = min(HIGHEST, rate)
    return Figures(rates, _worth(worth), believed(found), found)


def _worth(known: Mapping[Place, tuple[int, float]]) -> dict[Place, float]:
    count = sum(n for n, _ in known.values())
    if not count:
        return {}
    mean = sum(n * value for n, value in known.values()) / count
    return {
        place: (n * value + STRENGTH * mean) / (n + STRENGTH)
        for place in ASSUMED_RATES
        for n, value in [known.get(place, (0, 0.0))]
    }


START_FIGURES = figures({}, {}, None)


def expected(case: Case, by: Figures) -> float:
    """Give what a lead brings on average if it is called at once: chance × worth; the chance where no order has a value."""
    usual = by.worth.get(case.place, 1.0)
    worth = case.worth if by.worth and case.worth is not None else usual
    return by.rates[case.place, case.met] * worth


def left_after(case: Case, by: Figures, *, now: datetime, more: float = 0.0) -> float:
    """Give what is left of a lead's chance `more` minutes from now, as a share of one.

    The wait until the first contact is counted once; a call after it may be late, which costs less.
    """
    wait = (A_DAY if case.since is None else (now - case.since) / MINUTE) + more
    if case.met is Met.NOT_YET:
        return kept(wait, by.power)
    first = kept(case.first_wait, by.power)
    if case.standing.wrote_at is not None:
        return first * kept(wait, by.power)
    return first * kept(wait, LATER_POWER, LATER_START)


def cost(case: Case, by: Figures, *, now: datetime) -> float:
    """Give what is lost, on average, if a lead waits for one call more: in cents, or in orders where none has a value.

    What is planned for later today costs nothing yet. The promise of a first contact that would break meanwhile
    counts double.
    """
    if case.group is Group.LATER:
        return 0.0
    before, after = (left_after(case, by, now=now, more=more) for more in (0.0, CALL))
    due_at = case.standing.clock_due_at
    is_breaking = due_at is not None and timedelta() <= due_at - now <= SOON
    return expected(case, by) * (before - after) * (PROMISED if is_breaking else 1.0)


def settle(costs: Mapping[Key, float], shown: Sequence[Key]) -> list[Key]:
    """Order rows by what waiting costs, the dearest first, and leave those that were shown where they were.

    A row that was shown passes another only where it costs more than `MARGIN` times as much: it then stands before
    the first one that it beats by so much. A new row stands where its cost puts it. So no row ever stands below one
    that costs less by more than the margin, and rows that cost about the same do not change places.
    """
    known = [key for key in dict.fromkeys(shown) if key in costs]
    order: list[Key] = []
    for key in known:
        _insert(order, key, costs, MARGIN)
    seen = set(known)
    fresh = sorted((key for key in costs if key not in seen), key=lambda key: -costs[key])
    for key in fresh:
        _insert(order, key, costs, 1.0)
    return order


def _insert(order: list[Key], key: Key, costs: Mapping[Key, float], margin: float) -> None:
    at = next((n for n, other in enumerate(order) if costs[other] * margin < costs[key]), None)
    order.insert(len(order) if at is None else at, key)
