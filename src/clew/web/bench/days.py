"""Simulated days of a salesperson, with a planted effect of delay on the chance of an order. Seeded; no database.

A lead waits from the minute it came, round the clock; the salesperson works from nine to six and takes one lead after
another as a policy says. Its chance falls by the first contact's law, and, where it is called again, by how late that
is. All draws about a lead are made before anybody works on it, so that policies meet the very same days.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp, expm1, log1p

from clew.pipeline.queue.fading import START, kept
from clew.pipeline.queue.rules import (
    LATER_START,
    Case,
    Count,
    Figures,
    Met,
    Place,
    cost,
    figures,
    measured,
    settle,
)
from clew.pipeline.rules import Group, Standing, group

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAY, OPENS, CLOSES = 24 * 60, 9 * 60, 18 * 60
SHARES = (0.2, 0.35, 0.45)  # of high, medium, low intent
GRADES = (3, 2, 1)
TARGETS = {3: 5, 2: 60, 1: 240}  # minutes until the first contact is due
ATTEMPTS = 4
NOISE = 0.3  # spread of chances within a grade, which no grade tells
SHORT, LONG = 3.0, 12.0  # minutes of a call that nobody answers, and of one that is answered
AGAIN = 60.0  # minutes until the next attempt
LARGEST = 0.95
BINS = 4


@dataclass(frozen=True, slots=True)
class World:
    """What is planted: chances by grade, the powers of delay, how many leads a day, and how they are met."""

    chances: tuple[float, ...] = (0.30, 0.12, 0.04)
    power: float = 0.8
    later_power: float = 0.4
    leads_a_day: float = 16
    answers: float = 0.5
    decided_at_once: float = 0.35
    bursts: float = (
        0.3  # share of days on which a campaign brings half a day's leads within an hour
    )


@dataclass(frozen=True, slots=True)
class Draw:
    """One lead with all its luck."""

    number: int
    came: float
    level: int
    chance: float
    answers: tuple[bool, ...]
    takes: tuple[float, ...]
    is_decided: bool
    asked_for: float  # the hour of the next call, in minutes of a day
    luck: float


@dataclass(slots=True)
class Waiting:
    """How far one has come with a lead: when its next call is due, and what is left of its chance."""

    draw: Draw
    due: float
    chance: float
    attempts: int = 0
    met: Met = Met.NOT_YET
    first_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class First:
    """A first contact: the grade, the wait in minutes, how it went, and whether an order came of it in the end."""

    level: int
    wait: float
    was_answered: bool
    is_answered: bool
    is_won: bool


@dataclass(slots=True)
class Outcome:
    """What some days brought: orders on average over their luck, and how leads were met first."""

    orders: float = 0.0
    waits: dict[int, float] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    won: set[int] = field(default_factory=set)

    def firsts(self, leads: Sequence[Draw]) -> Iterator[First]:
        """Give the first contacts."""
        for lead in leads:
            if lead.number in self.waits:
                yield First(
                    lead.level,
                    self.waits[lead.number],
                    lead.answers[0],
                    lead.number in self.answered,
                    lead.number in self.won,
                )


Policy = Callable[[Sequence[Waiting], float], Waiting]


def fifo(waiting: Sequence[Waiting], _now: float) -> Waiting:
    """Who has been due longest."""
    return min(waiting, key=lambda one: (one.due, one.draw.number))


def newest(waiting: Sequence[Waiting], _now: float) -> Waiting:
    """Who has come due last."""
    return max(waiting, key=lambda one: (one.due, one.draw.number))


def by_grade(waiting: Sequence[Waiting], _now: float) -> Waiting:
    """The best grade, and among equals who has been due longest."""
    return min(waiting, key=lambda one: (-one.draw.level, one.due, one.draw.number))


def my_day(by: Figures) -> Policy:
    """The order of My day, by the product's own rules, with rows that stay where they are shown."""
    shown: list[int] = []

    def choose(waiting: Sequence[Waiting], now: float) -> Waiting:
        nonlocal shown
        at = _moment(now)
        costs = {one.draw.number: cost(_case(one, at), by, now=at) for one in waiting}
        shown = settle(costs, shown)
        return next(one for one in waiting if one.draw.number == shown[0])

    return choose


def draws(world: World, days: int, seed: int) -> list[Draw]:
    """Draw the leads of some days, in the order they come."""
    chance = random.Random(seed)  # noqa: S311  the same days in every run
    comes = sorted(_comes(world, days, chance))
    return [_draw(number, came, world, chance) for number, came in enumerate(comes)]


def work(leads: Sequence[Draw], world: World, days: int, policy: Policy) -> Outcome:
    """Let one salesperson work through the days. What is left over at the end brings nothing."""
    outcome = Outcome()
    ahead = list(reversed(leads))
    waiting: list[Waiting] = []
    now = float(OPENS)
    while now < days * DAY:
        while ahead and ahead[-1].came <= now:
            one = ahead.pop()
            waiting.append(Waiting(one, one.came, one.chance))
        due = [one for one in waiting if one.due <= now]
        if not due:
            comes = [one.due for one in waiting] + [one.came for one in ahead[-1:]]
            now = _in_hours(min(comes, default=float(days * DAY)))
            continue
        chosen = policy(due, now)
        minutes, is_over = _call(chosen, now, world, outcome)
        if is_over:
            waiting.remove(chosen)
        now = _in_hours(now + minutes)
    return outcome


def counts(firsts: Sequence[First], *, is_graded: bool = True) -> list[Count]:
    """Count first contacts by wait as the product does, by grade or, naively, all together."""
    found: dict[tuple[Place, int, bool, bool], list[float]] = {}
    for first in firsts:
        waited = log1p(first.wait / START)
        place = (True, first.level if is_graded else 0)
        key = (place, int(BINS * waited), first.was_answered, first.is_answered)
        row = found.setdefault(key, [0, 0, 0.0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + first.is_won, row[2] + waited
    return [
        Count(place, START * expm1(sums / count), was, is_, int(count), int(won))
        for (place, _bin, was, is_), (count, won, sums) in sorted(found.items())
    ]


def learnt(firsts: Sequence[First]) -> Figures:
    """Give what the order goes by after these first contacts, as the product does it."""
    found, told = measured(counts(firsts))
    return figures(told, {}, found)


def _comes(world: World, days: int, chance: random.Random) -> Iterator[float]:
    """Four of five come in the day with a peak before noon and one after, the rest at any hour."""
    for day in range(days):
        for _ in range(_count(world.leads_a_day, chance)):
            hour = chance.choice((10.5, 15.0)) if chance.random() < 0.8 else chance.uniform(0, 24)
            yield day * DAY + min(DAY - 1.0, max(0.0, chance.gauss(hour, 1.5) * 60))
        if chance.random() < world.bursts:
            begins = chance.uniform(OPENS, CLOSES - 60)
            for _ in range(_count(world.leads_a_day / 2, chance)):
                yield day * DAY + begins + chance.uniform(0, 60)


def _count(mean: float, chance: random.Random) -> int:
    """Draw from Poisson's distribution, by waiting times."""
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count += 1
        passed += chance.expovariate(1)
    return count


def _draw(number: int, came: float, world: World, chance: random.Random) -> Draw:
    level = chance.choices(GRADES, SHARES)[0]
    base = world.chances[GRADES.index(level)]
    return Draw(
        number=number,
        came=came,
        level=level,
        chance=min(LARGEST, base * exp(chance.gauss(-(NOISE**2) / 2, NOISE))),
        answers=tuple(chance.random() < world.answers for _ in range(ATTEMPTS)),
        takes=tuple(chance.lognormvariate(0, 0.4) for _ in range(2 * ATTEMPTS)),
        is_decided=chance.random() < world.decided_at_once,
        asked_for=chance.uniform(OPENS, CLOSES - 60),
        luck=chance.random(),
    )


def _call(one: Waiting, now: float, world: World, outcome: Outcome) -> tuple[float, bool]:
    """Make one call. Gives the minutes it took, and whether that was the last about this lead."""
    late = now - one.due
    if one.met is Met.NOT_YET:
        one.first_wait = outcome.waits[one.draw.number] = late
        one.chance *= kept(late, world.power)
    else:
        one.chance *= kept(late, world.later_power, LATER_START)
    takes = one.draw.takes[one.attempts]
    one.attempts += 1
    if one.met is not Met.ANSWERED and not one.draw.answers[one.attempts - 1]:
        one.met, one.due = Met.TRIED, now + SHORT * takes + AGAIN
        return SHORT * takes, one.attempts == ATTEMPTS
    outcome.answered.add(one.draw.number)
    if one.met is Met.ANSWERED or one.draw.is_decided:
        outcome.orders += one.chance
        if one.draw.luck < one.chance:
            outcome.won.add(one.draw.number)
        return LONG * takes, True
    one.met, one.due = Met.ANSWERED, (now // DAY + 1) * DAY + one.draw.asked_for
    return LONG * takes, False


def _in_hours(now: float) -> float:
    """Give the next minute that is worked."""
    minute = now % DAY
    if minute < OPENS:
        return now - minute + OPENS
    return now if minute < CLOSES else now - minute + DAY + OPENS


def _case(one: Waiting, now: datetime) -> Case:
    level, came = one.draw.level, _moment(one.draw.came)
    if one.met is Met.NOT_YET:
        standing = Standing(came, came + timedelta(minutes=TARGETS[level]))
    else:
        standing = Standing(task_due_at=_moment(one.due))
    found = group(standing, now=now)
    return Case(
        is_online=True,
        level=level,
        met=one.met,
        group=Group.LATER if found is None else found,
        standing=standing,
        since=_moment(one.due),
        first_wait=one.first_wait,
    )


def _moment(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)
