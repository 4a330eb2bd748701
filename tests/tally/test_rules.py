"""Rates with their uncertainty: what chance makes is not called skill, and what is there is found."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.tally.rules import Verdict, compare, difference, rate


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share_and_lies_between_nothing_and_all(part: int, rest: int) -> None:
    found = rate(part, part + rest)
    assert 0 <= found.low <= (found.share or 0.0) + 1e-9
    assert found.high <= 1
    if found.share is not None:
        assert found.share <= found.high + 1e-9


def test_it_is_wilsons() -> None:
    found = rate(10, 100)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0552, 0.1744)
    assert (round(rate(0, 10).low, 4), round(rate(0, 10).high, 4)) == (0.0, 0.2775)


def test_the_difference_is_newcombes() -> None:
    low, high = difference(rate(56, 70), rate(48, 80))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_of_nothing_nothing_is_said() -> None:
    found = compare({1: [(0, 0)], 2: [(3, 4)]})
    assert found[1][0].verdict == Verdict.FEW
    assert found[2][0].verdict == Verdict.FEW
    assert compare({}) == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_in_teams_of_equals_hardly_anybody_is_ever_marked(seed: int) -> None:
    chance, marked, rounds = Random(seed), 0, 400
    for _ in range(rounds):
        counts = {who: _drawn(chance, (0.8, 0.5, 0.2)) for who in range(8)}
        found = compare(counts)
        marked += any(one.verdict in {"above", "below"} for row in found.values() for one in row)
    assert marked / rounds <= 0.05


def test_a_person_who_loses_more_than_the_others_is_found() -> None:
    chance, found = Random(3), 0
    for _ in range(100):
        counts = {who: _drawn(chance, (0.8, 0.5, 0.2), most=200) for who in range(7)}
        counts[7] = _drawn(chance, (0.8, 0.25, 0.2), most=200)
        row = compare(counts)
        found += row[7][1].verdict == Verdict.BELOW
        assert row[7][1].apart < 0
    assert found > 80


def _drawn(chance: Random, rates: tuple[float, ...], most: int = 60) -> list[tuple[int, int]]:
    row, whole = [], chance.randint(most // 2, most)
    for one in rates:
        part = sum(chance.random() < one for _ in range(whole))
        row.append((part, whole))
        whole = part
    return row
