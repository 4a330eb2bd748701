"""The order of My day wins simulated days with a planted effect of delay, and the effect is found: a small version."""

import pytest

from clew.pipeline.queue.rules import START_FIGURES
from clew.web.bench import days, queue
from clew.web.bench.days import OPENS, Draw, World, draws, work


def test_the_order_of_my_day_wins_more_orders_than_others() -> None:
    found = queue.orders(6)
    assert found["weeks"] == 18
    assert found["orders_vs_fifo_low"] > 1.1
    assert found["orders_vs_grade"] > 1.02
    assert found["orders_vs_newest"] > 1.02


def test_the_planted_effect_is_found_where_the_naive_table_is_off() -> None:
    found = queue.delay(4)
    assert found["companies"] == 4
    assert found["delay_effect"] == pytest.approx(found["delay_effect_planted"], abs=0.1)
    assert found["naive_effect"] > found["delay_effect"] + 0.05
    assert found["delay_effect_covered"] > found["naive_effect_covered"]


def test_the_same_seed_gives_the_same_days() -> None:
    world = World()
    assert draws(world, 5, 1) == draws(world, 5, 1) != draws(world, 5, 2)


@pytest.mark.parametrize("policy", [days.fifo, days.by_grade, days.newest])
def test_every_policy_meets_the_same_leads_and_wins_no_more_than_there_is(
    policy: days.Policy,
) -> None:
    world = World(leads_a_day=4)
    leads = draws(world, 5, 3)
    done = work(leads, world, 5, policy)
    assert set(done.waits) <= {lead.number for lead in leads}
    assert 0 < done.orders <= sum(lead.chance for lead in leads)


def test_a_lone_lead_is_called_when_it_comes_and_wins_its_whole_chance() -> None:
    lead = one(came=OPENS + 30)
    done = work([lead], World(), 1, days.my_day(START_FIGURES))
    assert done.waits == {0: 0}
    assert done.orders == lead.chance


def test_a_lead_of_the_night_waits_until_the_morning() -> None:
    done = work([one(came=OPENS - 300)], World(), 1, days.fifo)
    assert done.waits == {0: 300}
    assert 0 < done.orders < 0.05


def one(came: float) -> Draw:
    """A lead that answers at once and decides at once."""
    return Draw(
        number=0,
        came=came,
        level=3,
        chance=0.4,
        answers=(True,) * days.ATTEMPTS,
        takes=(1.0,) * (2 * days.ATTEMPTS),
        is_decided=True,
        asked_for=0,
        luck=0.9,
    )
