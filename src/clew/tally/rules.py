"""Rates with their uncertainty: pure. So that chance is not called skill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from clew.base.rates import SURE, interval


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, with the ends of its interval, as shares of one; nothing of nothing has no share."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """Give the share; nothing where there is no whole."""
        return self.part / self.whole if self.whole else None


class Verdict(StrEnum):
    """What can be said of somebody's rate beside that of the others."""

    ABOVE = "above"
    BELOW = "below"
    ALIKE = "alike"  # chance explains the difference
    FEW = "few"  # nothing can be said


@dataclass(frozen=True, slots=True)
class Compared:
    """One person at one step beside all others of the team; `apart` is how many more or fewer than by their rate."""

    own: Rate
    others: Rate
    verdict: Verdict
    apart: float


def rate(part: int, whole: int, sure: float = SURE) -> Rate:
    """Give a share with its interval; nothing of nothing has no share."""
    return Rate(part, whole, *interval(part, whole, sure)) if whole else Rate(0, 0, 0.0, 1.0)


def difference(one: Rate, other: Rate) -> tuple[float, float]:
    """Give the interval of the difference of two independent rates, from their own (Newcombe 1998, method 10)."""
    if one.share is None or other.share is None:
        return -1.0, 1.0
    a, b = one.share, other.share
    below = sqrt((a - one.low) ** 2 + (other.high - b) ** 2)
    above = sqrt((one.high - a) ** 2 + (b - other.low) ** 2)
    return a - b - below, a - b + above


def compare(
    counts: Mapping[int, Sequence[tuple[int, int]]],
) -> dict[int, list[Compared]]:
    """Compare each person at each step with all others together.

    `counts`: by person, for each step so many of so many. All comparisons are made at once, so each is made surer
    (Bonferroni): if all were alike, the chance that anybody at all is called above or below is 5 % at most.
    """
    steps = max((len(row) for row in counts.values()), default=0)
    sums = [
        (sum(row[at][0] for row in counts.values()), sum(row[at][1] for row in counts.values()))
        for at in range(steps)
    ]
    asked = sum(
        bool(row[at][1] and sums[at][1] > row[at][1])
        for row in counts.values()
        for at in range(steps)
    )
    sure = 1 - (1 - SURE) / max(1, asked)
    return {
        who: [
            _compared(row[at], (sums[at][0] - row[at][0], sums[at][1] - row[at][1]), sure)
            for at in range(steps)
        ]
        for who, row in counts.items()
    }


def _compared(own: tuple[int, int], others: tuple[int, int], sure: float) -> Compared:
    low, high = difference(rate(*own, sure), rate(*others, sure))
    seen, beside = rate(*own), rate(*others)
    if seen.share is None or beside.share is None:
        return Compared(seen, beside, Verdict.FEW, 0.0)
    verdict = Verdict.ABOVE if low > 0 else Verdict.BELOW if high < 0 else Verdict.ALIKE
    return Compared(seen, beside, verdict, seen.part - beside.share * seen.whole)
