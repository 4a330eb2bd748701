"""How sure a share of few is."""

import pytest

from clew.base.rates import interval


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(8, 10, 0.490, 0.943), (0, 5, 0.0, 0.434), (5, 5, 0.566, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    assert interval(part, whole) == pytest.approx(
        (low, high), abs=0.0005
    )  # of the published formula


def test_surer_is_wider() -> None:
    low, high = interval(8, 10)
    lower, higher = interval(8, 10, 0.99)
    assert lower < low < high < higher
