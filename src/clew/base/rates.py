"""How sure a share of few is. Pure."""

from math import sqrt
from statistics import NormalDist

SURE = 0.95


def interval(part: int, whole: int, sure: float = SURE) -> tuple[float, float]:
    """Give the ends of a share as parts of one: Wilson's score interval (Wilson 1927); of nothing, anything.

    It holds for small counts and near 0 and 1.
    """
    if not whole:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + sure) / 2)
    share, square = part / whole, z * z / whole
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * sqrt(share * (1 - share) / whole + square / (4 * whole))
    return max(0.0, middle - half), min(1.0, middle + half)
