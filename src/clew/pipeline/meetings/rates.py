"""How sure a share of few is. Pure."""

from math import sqrt

Z = 1.96  # 95 per cent


def interval(part: int, whole: int) -> tuple[int, int]:
    """Give the 95 % interval of a share in per cent (Wilson 1927, score interval). `whole` is above 0."""
    share, z2 = part / whole, Z * Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = Z / (1 + z2 / whole) * sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    return round(100 * max(0.0, middle - reach)), round(100 * min(1.0, middle + reach))
