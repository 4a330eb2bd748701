"""How the chance of an order falls while a person waits, and how that is measured. Pure.

The law: chance × (1 + wait ÷ START)^−power. At the power of 1 each doubling of a long wait halves the chance.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, log1p, sqrt

START = 5.0  # minutes that cost hardly anything
SPREAD = 0.5  # how far the assumed power may be off: one standard deviation
WINS_AT_LEAST = 30
NORMAL_95 = 1.96
STEPS = 60
CLOSE = 1e-9
LARGEST = 6.0


def _power(times: float, early: float, late: float) -> float:
    """Give the power by which a chance is so many times larger at `early` than at `late` minutes."""
    return log(times) / (log1p(late / START) - log1p(early / START))


# DST-8: contact within an hour qualifies 60 times as well as after 24 hours; half an hour stands for "within".
ASSUMED = _power(60, 30, 24 * 60)


@dataclass(frozen=True, slots=True)
class Cell:
    """Leads of one stratum that waited about as long: `wait` in minutes, how many, how many of them were won."""

    stratum: Hashable
    wait: float
    count: int
    won: int


@dataclass(frozen=True, slots=True)
class Effect:
    """The power that was measured, with its 95 % interval, and from how many leads and orders."""

    power: float
    error: float
    leads: int
    won: int

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.power - NORMAL_95 * self.error

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.power + NORMAL_95 * self.error

    def covers(self, power: float) -> bool:
        """Tell whether the interval holds a power."""
        return self.low <= power <= self.high


def kept(wait: float, power: float, start: float = START) -> float:
    """Give what is left of the chance after so many minutes, as a share of one."""
    return float((1 + max(0.0, wait) / start) ** -power)


def effect(cells: Iterable[Cell]) -> Effect | None:
    """Measure the power from leads of the past; None where too few were won, or all waited alike.

    Compared are only leads of the same stratum: what was called first for being better tells nothing.
    Poisson regression of a yes or no with a log link, a constant for each stratum, and an interval that does not
    lean on Poisson's variance: G. Zou, A Modified Poisson Regression Approach to Prospective Studies with Binary
    Data, Am. J. Epidemiol. 159 (2004). Given each stratum's orders the constants drop out; Newton's steps do the rest.
    """
    strata = [rows for rows in _by_stratum(cells) if any(row.won for row in rows)]
    won = sum(row.won for rows in strata for row in rows)
    if won < WINS_AT_LEAST:
        return None
    power = 0.0
    for _ in range(STEPS):
        slope, weight, _spread = _score(strata, power)
        if weight < CLOSE:
            return None
        step = max(-1.0, min(1.0, slope / weight))
        power = max(-LARGEST, min(LARGEST, power + step))
        if abs(step) < CLOSE:
            break
    _slope, weight, spread = _score(strata, power)
    leads = sum(row.count for rows in strata for row in rows)
    if weight <= CLOSE or spread <= CLOSE:
        return None
    return Effect(power, sqrt(spread) / weight, leads, won)


def believed(found: Effect | None) -> float:
    """Give the power to go by: the assumed one, and the more of the measured one the surer that is."""
    if found is None:
        return ASSUMED
    own, assumed = 1 / max(found.error, CLOSE) ** 2, 1 / SPREAD**2
    return max(0.0, (own * found.power + assumed * ASSUMED) / (own + assumed))


def _by_stratum(cells: Iterable[Cell]) -> Sequence[Sequence[Cell]]:
    strata: dict[Hashable, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.count:
            strata[cell.stratum].append(cell)
    return list(strata.values())


def _score(strata: Sequence[Sequence[Cell]], power: float) -> tuple[float, float, float]:
    """Give slope and curvature of the likelihood, and what its slope varies by."""
    slope = weight = spread = 0.0
    for rows in strata:
        waits = [log1p(row.wait / START) for row in rows]
        least = min(waits)
        shares = [row.count * exp(-power * (x - least)) for row, x in zip(rows, waits, strict=True)]
        whole, orders = sum(shares), sum(row.won for row in rows)
        middle = sum(s * x for s, x in zip(shares, waits, strict=True)) / whole
        for row, share, x in zip(rows, shares, waits, strict=True):
            expected = orders * share / whole
            each, off = expected / row.count, (x - middle) ** 2
            slope += (expected - row.won) * x
            weight += expected * off
            spread += (row.won * (1 - each) ** 2 + (row.count - row.won) * each**2) * off
    return slope, weight, spread
