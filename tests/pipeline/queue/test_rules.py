"""What waiting costs puts the day in order, and rows stay where they are until it costs clearly more."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.pipeline.queue.rules import (
    ASSUMED_RATES,
    MARGIN,
    START_FIGURES,
    Case,
    Count,
    Figures,
    Met,
    Told,
    cost,
    figures,
    measured,
    settle,
)
from clew.pipeline.rules import Group, Standing

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
COSTS = st.dictionaries(st.integers(0, 40), st.floats(0, 1e9), max_size=25)
ORDER = st.permutations(range(30))


def fresh(minutes: float, level: int | None = 3, *, is_online: bool = True) -> Case:
    """A lead that nobody has called yet."""
    came = NOON - timedelta(minutes=minutes)
    standing = Standing(came, came + timedelta(days=1))
    return Case(is_online, level, Met.NOT_YET, Group.NEW, standing, came)


def promised(minutes: float, level: int = 3, met: Met = Met.ANSWERED) -> Case:
    """A lead that was to be called so many minutes ago."""
    due = NOON - timedelta(minutes=minutes)
    return Case(
        is_online=True,
        level=level,
        met=met,
        group=Group.DUE,
        standing=Standing(task_due_at=due),
        since=due,
    )


def of(case: Case, by: Figures = START_FIGURES) -> float:
    return cost(case, by, now=NOON)


def test_waiting_costs_a_better_lead_more() -> None:
    assert of(fresh(5, 3)) > of(fresh(5, 2)) > of(fresh(5, 1))
    assert of(fresh(5, None)) == of(fresh(5, 2))
    assert of(fresh(5, is_online=False)) > of(fresh(5))


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_what_waited_longer_has_less_to_lose(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert of(fresh(short)) >= of(fresh(long)) >= 0
    assert of(promised(short)) >= of(promised(long)) >= 0


def test_a_new_lead_comes_before_a_promised_call_and_a_stale_one_after_it() -> None:
    assert of(fresh(1)) > of(promised(1)) > of(fresh(6 * 60))


def test_an_old_grade_alone_does_not_hold_the_first_place() -> None:
    assert of(fresh(2, 2)) > of(fresh(24 * 60, 3))


def test_who_writes_again_waits_as_one_who_has_just_come() -> None:
    wrote_at = NOON - timedelta(minutes=2)
    wrote = Case(
        is_online=True,
        level=3,
        met=Met.ANSWERED,
        group=Group.REPLY,
        standing=Standing(wrote_at=wrote_at),
        since=wrote_at,
        first_wait=3,
    )
    assert of(wrote) > of(promised(2)) * MARGIN


def test_what_comes_later_costs_nothing_yet() -> None:
    later = NOON + timedelta(hours=2)
    assert (
        of(
            Case(
                is_online=True,
                level=3,
                met=Met.TRIED,
                group=Group.LATER,
                standing=Standing(task_due_at=later),
                since=later,
            )
        )
        == 0
    )


def test_a_promise_that_breaks_within_minutes_counts_double() -> None:
    came = NOON - timedelta(minutes=20)

    def with_clock(minutes: int) -> Case:
        due_at = NOON + timedelta(minutes=minutes)
        return Case(
            is_online=True,
            level=3,
            met=Met.NOT_YET,
            group=Group.URGENT,
            standing=Standing(came, due_at),
            since=came,
        )

    assert of(with_clock(10)) == of(with_clock(0)) == 2 * of(with_clock(11))
    assert of(with_clock(-1)) == of(with_clock(11))


def test_an_order_counts_by_what_it_is_worth() -> None:
    by = figures({}, {(True, 3): (500, 900_000.0), (True, 1): (500, 100_000.0)}, None)
    assert of(fresh(5, 3), by) / of(fresh(5, 1), by) > 5 * of(fresh(5, 3)) / of(fresh(5, 1))
    came = NOON - timedelta(minutes=5)
    valued = Case(
        is_online=True,
        level=1,
        met=Met.NOT_YET,
        group=Group.NEW,
        standing=Standing(came),
        since=came,
        worth=90_000_000,
    )
    assert of(valued, by) > of(fresh(5, 3), by)
    assert of(valued) == of(fresh(5, 1))  # no order has a value yet: nothing to compare it with


def test_own_figures_take_the_place_of_the_assumed_ones_by_and_by() -> None:
    place = (True, 3)

    def rate(count: float, won: int) -> float:
        return figures({(place, Met.NOT_YET): Told(count, won)}, {}, None).rates[place, Met.NOT_YET]

    assert rate(0, 0) == ASSUMED_RATES[place]
    assert ASSUMED_RATES[place] > rate(40, 2) > rate(400, 20) > rate(40_000, 2_000) > 0.05
    assert rate(1e5, 100_000) <= 0.95


def test_leads_that_were_reached_late_do_not_make_their_grade_look_worse() -> None:
    late = [Count((True, 3), 600, was_answered=False, is_answered=True, count=10_000, won=200)]
    _found, told = measured(late)
    assert set(told) == {((True, 3), met) for met in Met}
    assert told[(True, 3), Met.NOT_YET].won == 200
    assert told[(True, 3), Met.NOT_YET].count < 500


# ---- the order, and rows that stay ---------------------------------------------------------------


@given(COSTS, ORDER)
def test_every_row_stands_in_the_order_once(costs: dict[int, float], shown: list[int]) -> None:
    assert sorted(settle(costs, shown)) == sorted(costs)


@given(COSTS, ORDER)
def test_no_row_stands_below_one_that_costs_clearly_less(
    costs: dict[int, float], shown: list[int]
) -> None:
    order = settle(costs, shown)
    for at, row in enumerate(order):
        assert all(costs[below] <= costs[row] * MARGIN for below in order[at:])


@given(COSTS)
def test_what_was_never_shown_stands_strictly_by_its_cost(costs: dict[int, float]) -> None:
    order = settle(costs, ())
    assert [costs[key] for key in order] == sorted(costs.values(), reverse=True)


@given(COSTS, ORDER)
def test_the_order_once_shown_stays(costs: dict[int, float], shown: list[int]) -> None:
    order = settle(costs, shown)
    assert settle(costs, order) == order


@given(COSTS, st.data())
def test_rows_do_not_move_while_they_cost_about_the_same(
    costs: dict[int, float], data: st.DataObject
) -> None:
    before = settle(costs, ())
    sway = st.floats(1 / MARGIN**0.49, MARGIN**0.49)
    after = {key: value * data.draw(sway) for key, value in costs.items()}
    assert settle(after, before) == before


@given(COSTS, st.integers(100, 200), st.floats(0, 1e9))
def test_a_new_row_moves_no_other(costs: dict[int, float], new: int, its: float) -> None:
    before = settle(costs, ())
    after = settle({**costs, new: its}, before)
    assert [key for key in after if key != new] == before
    at = after.index(new)
    assert all(costs[key] >= its for key in after[:at])


@given(COSTS, ORDER, st.data())
def test_a_row_that_is_done_moves_no_other(
    costs: dict[int, float], shown: list[int], data: st.DataObject
) -> None:
    order = settle(costs, shown)
    if not order:
        return
    done = data.draw(st.sampled_from(order))
    rest = {key: value for key, value in costs.items() if key != done}
    assert settle(rest, order) == [key for key in order if key != done]


def test_a_row_passes_another_only_beyond_the_margin() -> None:
    assert settle({"a": 10, "b": 14.9}, ["a", "b"]) == ["a", "b"]
    assert settle({"a": 10, "b": 15.1}, ["a", "b"]) == ["b", "a"]
    assert settle({"a": 10, "b": 9}, ["b", "a"]) == ["b", "a"]


@pytest.mark.parametrize("count", [300])
def test_two_rows_do_not_change_places_back_and_forth(count: int) -> None:
    order: list[str] = []
    turns = 0
    for minute in range(count):
        now = NOON + timedelta(minutes=minute)
        costs = {
            "a": cost(fresh(0, 3), START_FIGURES, now=now),
            "b": cost(fresh(4, 3), START_FIGURES, now=now),
            "c": cost(fresh(60, 2), START_FIGURES, now=now),
        }
        new = settle(costs, order)
        turns += order not in ([], new)
        order = new
    assert turns <= 3
