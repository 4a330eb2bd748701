"""Who goes without a play, and what the difference says, at any time and as often as somebody looks. Pure.

The interval is the empirical-Bernstein confidence sequence of Howard, Ramdas, McAuliffe and Sekhon,
"Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021): their theorem
4 for the effect of a treatment that chance assigns (section 4.2), with a discrete mixture as the boundary. Each
lead counts with its outcome, weighted by the chance of the arm that it fell into, beside what the leads before
it let expect; the exponential supermartingale under it is that of Fan, Grama and Liu, "Exponential inequalities
for martingales with applications", Electronic Journal of Probability 20 (2015).

So it holds for every number of leads at once, small ones too, and where people change over the months: the
chance is in the assignment alone. What it is about is the mean effect on the leads that were counted.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

ALPHA = 0.05
HELD_BACK_PERCENT = 20
FEWEST_HELD_BACK, MOST_HELD_BACK = 5, 50  # percent; beyond them the interval hardly ever gets short
# They find lifts from some ten leads to some millions.
RATES: tuple[float, ...] = tuple(0.9 / 2**k for k in range(8))
COSTS: tuple[float, ...] = tuple(-math.log1p(-rate) - rate for rate in RATES)
ENOUGH = math.log(2 / ALPHA * len(RATES))  # for either side
HALVINGS = 50
WIDEST = 1e9


def is_held_back(lead_id: UUID, play_id: int, percent: int) -> bool:
    """Say by chance, but always alike, whether a lead goes without a play; `percent` of 100 do.

    The chance of one play says nothing about that of another.
    """
    seed = lead_id.bytes + play_id.to_bytes(8, "big")
    drawn = int.from_bytes(blake2b(seed, digest_size=8, person=b"hold-out").digest(), "big")
    return drawn * 100 < percent << 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went for one lead, once its time was over: what chance gave it, and whether it got further."""

    is_held_back: bool
    has_reached: bool


@dataclass(slots=True)
class Arm:
    """How many leads went one way, and how many of them got further."""

    count: int = 0
    reached: int = 0

    @property
    def share(self) -> float:
        """The share that got further; 0 where there is nobody."""
        return self.reached / self.count if self.count else 0.0

    @property
    def expected(self) -> float:
        """What to expect of the next one: one half, where nothing is known."""
        return (self.reached + 0.5) / (self.count + 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which bounds the lift lies, as a part of 1."""

    low: float
    high: float

    @property
    def is_positive(self) -> bool:
        """Whether the play helps beyond doubt."""
        return self.low > 0

    @property
    def is_negative(self) -> bool:
        """Whether it harms beyond doubt."""
        return self.high < 0


@dataclass(slots=True)
class Tally:
    """All that the interval needs of the leads so far; `percent` of 100 leads are held back.

    `effect` is the sum of the weighted outcomes, `spread` that of the squares of their surprises.
    """

    percent: int
    played: Arm = field(default_factory=Arm)
    held_back: Arm = field(default_factory=Arm)
    effect: float = 0.0
    spread: float = 0.0

    @property
    def count(self) -> int:
        """How many leads there are."""
        return self.played.count + self.held_back.count

    @property
    def difference(self) -> float:
        """By how much more of those who were played got further."""
        return self.played.share - self.held_back.share

    @property
    def reach(self) -> float:
        """How far one outcome can be from what was expected of it: the inverse of the rarer arm's chance."""
        return 100 / min(self.percent, 100 - self.percent)

    def add(self, outcome: Outcome) -> None:
        """Count the next lead. They come in an order that their outcomes have no part in."""
        expected = self.played.expected - self.held_back.expected
        arm = self.held_back if outcome.is_held_back else self.played
        weight = -self.percent if outcome.is_held_back else 100 - self.percent
        surprise = (outcome.has_reached - arm.expected) * 100 / weight
        self.effect += expected + surprise
        self.spread += surprise * surprise
        arm.count += 1
        arm.reached += outcome.has_reached

    def excludes(self, lift: float) -> bool:
        """Whether the interval leaves out a lift. Cheaper than the interval."""
        off = abs(self.effect - self.count * lift) / self.reach
        return _evidence(off, self.spread / self.reach**2) >= ENOUGH

    def interval(self) -> Interval:
        """Give the bounds of the lift; with 95 % certainty they hold at this and every other look."""
        if not self.count:
            return Interval(-1.0, 1.0)
        half = _half(self.spread / self.reach**2) * self.reach
        low, high = (self.effect - half) / self.count, (self.effect + half) / self.count
        return Interval(max(-1.0, low), min(1.0, high))


def tally(outcomes: Iterable[Outcome], *, percent: int) -> Tally:
    """Count leads in the order in which they were assigned; each once its time is over, none before.

    Whoever counts those early that got further early sees what is not there.
    """
    found = Tally(percent)
    for outcome in outcomes:
        found.add(outcome)
    return found


def _evidence(off: float, spread: float) -> float:
    """Logarithm of the summed supermartingales, for a sum that is so far off what a lift would give."""
    exponents = [rate * off - cost * spread for rate, cost in zip(RATES, COSTS, strict=True)]
    most = max(exponents)
    return most + math.log(sum(math.exp(one - most) for one in exponents))


def _half(spread: float) -> float:
    """Find how far off the sum must be before a lift is excluded."""
    low, high = 0.0, 1.0
    while _evidence(high, spread) < ENOUGH and high < WIDEST:
        low, high = high, high * 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _evidence(middle, spread) < ENOUGH else (low, middle)
    return high
