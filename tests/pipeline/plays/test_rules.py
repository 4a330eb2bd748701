"""What a play is worth: the interval holds however often somebody looks, and chance decides who goes without."""

import math
import random
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.pipeline.plays.rules import (
    ALPHA,
    HELD_BACK_PERCENT,
    Arm,
    Outcome,
    Tally,
    is_held_back,
    tally,
)
from clew.web.bench.plays import LIFT, NEVER, watch

PLAYS, LEADS = 60, 1_000
Outcomes = st.lists(st.builds(Outcome, st.booleans(), st.booleans()), max_size=60)


def test_looking_after_every_lead_promotes_no_play_that_does_nothing() -> None:
    chance = random.Random(5)
    watched = [watch(chance, play, lift=0.0, leads=LEADS) for play in range(PLAYS)]
    assert sum(one.promoted_at != NEVER for one in watched) <= PLAYS * ALPHA
    assert sum(one.is_missed for one in watched) <= PLAYS * ALPHA


def test_the_true_lift_stays_inside_and_is_found() -> None:
    chance = random.Random(6)
    watched = [watch(chance, play, lift=4 * LIFT, leads=LEADS) for play in range(PLAYS // 2)]
    assert sum(one.is_missed for one in watched) <= PLAYS // 2 * ALPHA
    assert sum(one.promoted_at != NEVER for one in watched) > PLAYS // 2 * 0.9


def test_an_interval_for_one_look_would_promote_plays_that_do_nothing() -> None:
    """What the tests above can see: the usual interval of 95 % does not stand being looked at."""
    chance = random.Random(5)
    promoted = sum(_is_promoted_at_some_look(chance) for _ in range(PLAYS))
    assert promoted > PLAYS * ALPHA * 2


@pytest.mark.parametrize("percent", [5, 20, 50])
@pytest.mark.parametrize(("played", "without"), list(product((0.0, 0.5, 1.0), repeat=2)))
def test_few_leads_leave_everything_open(percent: int, played: float, without: float) -> None:
    """The chance is one of 100 assignments: each is looked at, whatever the outcomes."""
    chance = random.Random(7)
    missed = 0
    for _ in range(200):
        found = Tally(percent)
        is_missed = False
        for _ in range(40):
            is_held = chance.random() * 100 < percent
            found.add(Outcome(is_held, chance.random() < (without if is_held else played)))
            is_missed = is_missed or found.excludes(played - without)
        missed += is_missed
    assert missed <= 200 * ALPHA


@given(Outcomes, st.integers(5, 50))
def test_the_interval_is_what_is_not_excluded(outcomes: list[Outcome], percent: int) -> None:
    found = tally(outcomes, percent=percent)
    bounds = found.interval()
    assert -1 <= bounds.low <= 1
    assert -1 <= bounds.high <= 1
    for number in range(-10, 11):
        lift = number / 10
        is_near = min(abs(lift - bounds.low), abs(lift - bounds.high)) < 1e-6
        assert is_near or found.excludes(lift) == (not bounds.low < lift < bounds.high)


@given(Outcomes)
def test_arms_count_every_lead_once(outcomes: list[Outcome]) -> None:
    found = tally(outcomes, percent=HELD_BACK_PERCENT)
    assert found.count == len(outcomes)
    assert found.held_back == Arm(
        sum(o.is_held_back for o in outcomes),
        sum(o.is_held_back and o.has_reached for o in outcomes),
    )


def test_nobody_seen_says_nothing() -> None:
    bounds = Tally(HELD_BACK_PERCENT).interval()
    assert (bounds.low, bounds.high) == (-1, 1)
    assert not bounds.is_positive
    assert not bounds.is_negative


@settings(max_examples=50)
@given(st.uuids(), st.integers(1, 10**9))
def test_a_lead_meets_the_same_chance_each_time(lead_id: UUID, play_id: int) -> None:
    assert is_held_back(lead_id, play_id, 20) == is_held_back(lead_id, play_id, 20)
    assert is_held_back(lead_id, play_id, 100)
    assert not is_held_back(lead_id, play_id, 0)
    assert is_held_back(lead_id, play_id, 50) >= is_held_back(lead_id, play_id, 20)


def test_one_in_five_goes_without_and_plays_know_nothing_of_each_other() -> None:
    chance = random.Random(8)
    leads = [UUID(int=chance.getrandbits(128)) for _ in range(20_000)]
    one, other = ([is_held_back(lead, play, 20) for lead in leads] for play in (1, 2))
    both = sum(a and b for a, b in zip(one, other, strict=True))
    for count, share in ((sum(one), 0.2), (sum(other), 0.2), (both, 0.04)):
        assert abs(count / len(leads) - share) < 4 * math.sqrt(share * (1 - share) / len(leads))


def _is_promoted_at_some_look(chance: random.Random) -> bool:
    found = Tally(HELD_BACK_PERCENT)
    for _ in range(LEADS):
        is_held = chance.random() * 100 < HELD_BACK_PERCENT
        found.add(Outcome(is_held, chance.random() < 0.3))
        if found.count > 50 and found.played.count and found.held_back.count:
            error = sum(a.share * (1 - a.share) / a.count for a in (found.played, found.held_back))
            if found.difference > 1.96 * math.sqrt(error):
                return True
    return False
