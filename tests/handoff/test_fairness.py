"""Whether a planted tie bug is found, and how often the statistic cries wolf."""

import random
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from clew.handoff import rules
from clew.handoff.fairness import ALPHA, Tie, chance, is_suspect
from clew.handoff.rules import Lead, Seat
from tests.handoff.test_rules import seat

LEADS = 60


def ties(people: int, chance_: random.Random, *, batch: int = 5) -> list[Tie]:
    """Give out sixty leads among equals, a few at a time, and keep the ties."""
    sitting: list[Seat] = [seat(n) for n in range(1, people + 1)]
    found = []
    for _ in range(LEADS // batch):
        leads = [Lead(UUID(int=chance_.getrandbits(128)), 3) for _ in range(batch)]
        after = rules.share_out(sitting, leads)
        found += [
            Tie(tuple(tied), turn.seat_id or 0)
            for tied, turn in zip(rules.draws(sitting, leads), after.turns, strict=True)
            if len(tied) > 1
        ]
        sitting = [
            msgspec.structs.replace(
                s, credit=after.credits[s.id], open_count=after.open_counts[s.id]
            )
            for s in sitting
        ]
    return found


@pytest.mark.parametrize("people", [2, 3, 5, 8])
@pytest.mark.parametrize("wins", [min, max], ids=["the oldest", "the youngest"])
def test_a_planted_bug_is_found_within_sixty_leads(
    people: int, wins: Callable[[list[int]], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "drawn", lambda _, owed: wins(owed))
    found = [is_suspect(ties(people, random.Random(seed)), [int]) for seed in range(50)]
    assert all(found)


@pytest.mark.parametrize("people", [2, 3, 5, 8])
def test_chance_alone_is_suspected_at_most_once_in_a_hundred(people: int) -> None:
    runs = 400
    alarms = sum(is_suspect(ties(people, random.Random(seed)), [int]) for seed in range(runs))
    assert alarms <= ALPHA * runs + 3  # three standard deviations above would be 10


def test_a_bug_that_prefers_the_oldest_three_times_of_four_is_mostly_found() -> None:
    drawn = random.Random(7)
    hits = 0
    for _ in range(200):
        sample = [
            Tie((1, 2, 3), 1 if drawn.random() < 0.75 else drawn.choice((2, 3))) for _ in range(30)
        ]
        hits += is_suspect(sample, [int])
    assert hits > 190


def test_without_ties_there_is_nothing_to_suspect() -> None:
    assert chance([], [int]) == 1.0
    assert not is_suspect([Tie((4,), 4)] * 100, [int])


def test_the_number_of_an_account_is_asked_as_well() -> None:
    accounts = {1: 30, 2: 20, 3: 10}
    sample = [Tie((1, 2, 3), 3)] * 12  # the youngest seat, of the oldest account
    assert chance(sample, [accounts.__getitem__]) < 0.001
    assert is_suspect(sample, [accounts.__getitem__, int])


def test_the_chance_of_few_ties_is_exact() -> None:
    assert chance([Tie((1, 2), 1)] * 3, [int]) == pytest.approx(2 / 8)
    assert chance([Tie((1, 2, 3), 2)] * 2, [int]) == pytest.approx(2 * (2 / 3) ** 2)
