"""Whether ties follow age or number: an exact test of how often the first in some order won them. Pure.

Where several seats are owed equally much, each should win with equal chance, whatever its number. Then the
count of ties won by the lowest is a sum of independent trials with chances 1/k (Poisson-binomial), given the
ties there were; its two tails are computed exactly by convolution. It is the randomisation test of R. A.
Fisher (The Design of Experiments, 1935) with the count as statistic; for the distribution see Y. H. Wang, On
the number of successes in independent trials, Statistica Sinica 3 (1993). The fault that it looks for was
real: in Odoo's lead assignment whoever was created first won every tie (odoo/odoo pull request 259775).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Tie:
    """The seats that were owed equally most, and the one that won."""

    tied: tuple[int, ...]
    winner: int


Order = Callable[[int], Any]  # of a seat's id: what it is sorted by


def chance(ties: Sequence[Tie], orders: Sequence[Order]) -> float:
    """Give the chance of ties so one-sided where nothing is wrong, from 0 to 1.

    Two-sided: the first of an order wins too often, or too seldom. Several orders are all asked, and pay for
    it (Bonferroni).
    """
    return min([1.0, *(len(orders) * _two_sided(ties, order) for order in orders)])


def is_suspect(ties: Sequence[Tie], orders: Sequence[Order]) -> bool:
    """Tell whether ties are so one-sided that chance alone does it in at most one of a hundred cases."""
    return chance(ties, orders) <= ALPHA


def _two_sided(ties: Sequence[Tie], order: Order) -> float:
    decided = [tie for tie in ties if len(tie.tied) > 1]
    won = sum(tie.winner == min(tie.tied, key=order) for tie in decided)
    exactly = _distribution([1 / len(tie.tied) for tie in decided])
    return min(1.0, 2 * min(sum(exactly[: won + 1]), sum(exactly[won:])))


def _distribution(chances: Sequence[float]) -> list[float]:
    """Give the chance of each number of successes."""
    exactly = [1.0]
    for p in chances:
        missed = [q * (1 - p) for q in exactly] + [0.0]
        exactly = [m + p * q for m, q in zip(missed, [0.0, *exactly], strict=True)]
    return exactly
