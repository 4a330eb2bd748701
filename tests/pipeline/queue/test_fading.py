"""How far waiting lowers the chance is found out from leads of one kind, not from who was called first."""

import random
from collections.abc import Iterator
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.pipeline.queue.fading import ASSUMED, WINS_AT_LEAST, Cell, believed, effect, kept

WAITS = (2.0, 10.0, 45.0, 180.0, 900.0)
POWER = 0.7


def exact(grades: dict[str, tuple[float, dict[float, int]]]) -> Iterator[Cell]:
    """As many orders as are to be expected, by grade: chance at once, and how many waited how long."""
    for grade, (chance, counts) in grades.items():
        for wait, count in counts.items():
            yield Cell(grade, wait, count, round(count * chance * kept(wait, POWER)))


def called_best_first() -> list[Cell]:
    """The good ones were called at once, the others when there was time."""
    good = dict(zip(WAITS, (80_000, 40_000, 10_000, 5_000, 5_000), strict=True))
    poor = dict(zip(WAITS, (5_000, 10_000, 40_000, 80_000, 90_000), strict=True))
    return list(exact({"high": (0.4, good), "low": (0.05, poor)}))


def test_the_assumed_power_is_the_fact_of_the_requirements() -> None:
    assert isclose(kept(30, ASSUMED) / kept(24 * 60, ASSUMED), 60)
    assert 2 < kept(30, ASSUMED) / kept(120, ASSUMED) < 7 < kept(30, ASSUMED) / kept(240, ASSUMED)


def test_the_effect_is_found_beside_the_order_of_calling() -> None:
    found = effect(called_best_first())
    assert found
    assert found.power == pytest.approx(POWER, abs=0.01)
    naive = effect(Cell("all", c.wait, c.count, c.won) for c in called_best_first())
    assert naive
    assert naive.power > 1
    assert not naive.covers(POWER)


def test_the_interval_covers_what_was_planted_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        chance = random.Random(seed)
        cells = [
            Cell(g, wait, 400, sum(chance.random() < base * kept(wait, POWER) for _ in range(400)))
            for g, base in (("high", 0.4), ("low", 0.08))
            for wait in WAITS
        ]
        found = effect(cells)
        assert found
        covered += found.covers(POWER)
    assert 180 <= covered <= 198


@given(st.integers(0, WINS_AT_LEAST - 1))
def test_a_few_orders_tell_nothing(won: int) -> None:
    assert effect([Cell("a", 5, 100, won), Cell("a", 500, 100, 0)]) is None


def test_leads_that_waited_alike_tell_nothing() -> None:
    assert effect([Cell("a", 5, 1000, 100), Cell("b", 90, 1000, 50)]) is None


def test_where_everybody_bought_waiting_tells_nothing() -> None:
    assert effect([Cell("a", 5, 20, 20), Cell("a", 50, 15, 15)]) is None


def test_nobody_is_believed_to_gain_by_waiting() -> None:
    found = effect([Cell("a", 5, 2000, 100), Cell("a", 500, 2000, 1000)])
    assert found
    assert found.power < 0
    assert believed(found) == 0


def test_nothing_lost_by_waiting_is_found_as_well() -> None:
    found = effect(Cell("a", wait, 1000, 100) for wait in WAITS)
    assert found
    assert found.power == pytest.approx(0, abs=1e-6)
    assert found.covers(0)


def test_an_effect_without_end_stays_a_number() -> None:
    found = effect([Cell("a", 1, 100, 60), Cell("a", 5000, 100, 0)])
    assert found is None or found.power <= 6


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0, 1e6), st.integers(0, 500), st.floats(0, 1)),
        max_size=30,
    )
)
def test_whatever_was_counted_gives_a_number_or_nothing(
    rows: list[tuple[str, float, int, float]],
) -> None:
    found = effect(Cell(g, wait, n, round(n * share)) for g, wait, n, share in rows)
    if found:
        assert abs(found.power) <= 6
        assert found.low <= found.power <= found.high


def test_one_goes_by_the_assumption_until_it_is_known_better() -> None:
    assert believed(None) == ASSUMED
    sure = effect(called_best_first())
    assert sure
    assert believed(sure) == pytest.approx(sure.power, abs=0.01)
    vague = effect([Cell("a", 5, 200, 20), Cell("a", 50, 200, 12)])
    assert vague
    low, high = sorted((vague.power, ASSUMED))
    assert low < believed(vague) < high
