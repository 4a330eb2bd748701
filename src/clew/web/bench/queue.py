"""`clew bench queue`: how many more orders My day's order wins, and whether the effect of delay is found. No database.

Simulated days (`days.py`) with a planted effect of delay. A company whose people called the best grade first is
measured by the product's own estimator, and what that learns orders the days that follow: the same leads, worked in
four orders. Ratios are of orders won; their intervals are of weeks drawn again (bootstrap).
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from clew.pipeline.queue.fading import Cell, Effect, effect
from clew.pipeline.queue.rules import START_FIGURES, Figures, measured
from clew.web.bench.days import (
    First,
    Policy,
    World,
    by_grade,
    counts,
    draws,
    fifo,
    learnt,
    my_day,
    newest,
    work,
)
from clew.web.terminal import say

WEEK = 5
LOADS = (12, 16, 20)  # leads a day: less than a person gets through, about as many, more
BUSY = 20  # who has more leads than time chooses
WEEKS, QUICK_WEEKS = 200, 10  # at each load
COMPANIES, QUICK_COMPANIES = 100, 10
PEOPLE, PAST = 12, 60  # whose days a company is measured by, and how many
AGAIN = 2_000
ENDS = (0.025, 0.975)
OF_WEEKS, OF_PAST = 10_000_000, 20_000_000  # seeds


@dataclass(frozen=True, slots=True)
class Found:
    """What the books of one company tell of the effect of delay: by grade as the product does, and naively."""

    adjusted: Effect
    naive: Effect


def main() -> None:
    """Simulate, and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    began = time.perf_counter()
    weeks, companies = (QUICK_WEEKS, QUICK_COMPANIES) if options.quick else (WEEKS, COMPANIES)
    figures = orders(weeks) | delay(companies)
    say(json.dumps({**figures, "queue_bench_s": round(time.perf_counter() - began)}))


def orders(weeks: int, loads: Sequence[int] = LOADS) -> dict[str, float]:
    """Work the same weeks in each order, at each load, and compare what was won."""
    rows: list[dict[str, float]] = []
    by_load: dict[str, float] = {}
    for load in loads:
        world = World(leads_a_day=load)
        by = learnt(_past(world, OF_PAST + load))
        some = [_week(world, by, OF_WEEKS + 1000 * load + number) for number in range(weeks)]
        by_load[f"orders_vs_fifo_at_{load}"] = round(_ratio(some, "fifo"), 3)
        rows += some
    figures: dict[str, float] = {"weeks": len(rows)}
    for other in ("fifo", "grade", "newest"):
        low, high = _interval(rows, other)
        figures |= {
            f"orders_vs_{other}": round(_ratio(rows, other), 3),
            f"orders_vs_{other}_low": round(low, 3),
            f"orders_vs_{other}_high": round(high, 3),
        }
    figures["orders_assumed_vs_measured"] = round(1 / _ratio(rows, "assumed"), 3)
    return {**figures, **by_load}


def delay(companies: int) -> dict[str, float]:
    """Measure the planted effect in the books of many companies, by grade and naively."""
    world = World(leads_a_day=BUSY)
    found = [one for seed in range(companies) if (one := _found(world, seed)) is not None]
    return {
        "companies": len(found),
        "delay_effect_planted": world.power,
        "delay_effect": round(median(one.adjusted.power for one in found), 3),
        "delay_effect_covered": _share([one.adjusted for one in found], world.power),
        "naive_effect": round(median(one.naive.power for one in found), 3),
        "naive_effect_covered": _share([one.naive for one in found], world.power),
    }


def _week(world: World, by: Figures, seed: int) -> dict[str, float]:
    leads = draws(world, WEEK, seed)
    ways: dict[str, Policy] = {
        "fifo": fifo,
        "grade": by_grade,
        "newest": newest,
        "my_day": my_day(by),
        "assumed": my_day(START_FIGURES),
    }
    return {name: work(leads, world, WEEK, way).orders for name, way in ways.items()}


def _past(world: World, seed: int) -> list[First]:
    """Let people work for some months, the best grade first."""
    firsts: list[First] = []
    for person in range(PEOPLE):
        leads = draws(world, PAST, seed * PEOPLE + person)
        firsts += work(leads, world, PAST, by_grade).firsts(leads)
    return firsts


def _found(world: World, seed: int) -> Found | None:
    firsts = _past(world, seed)
    adjusted, _told = measured(counts(firsts))
    together = counts(firsts, is_graded=False)
    naive = effect(Cell(one.place, one.wait, one.count, one.won) for one in together)
    return Found(adjusted, naive) if adjusted and naive else None


def _share(effects: Sequence[Effect], power: float) -> float:
    return round(sum(one.covers(power) for one in effects) / max(1, len(effects)), 3)


def _ratio(rows: Sequence[dict[str, float]], other: str) -> float:
    return sum(row["my_day"] for row in rows) / sum(row[other] for row in rows)


def _interval(rows: Sequence[dict[str, float]], other: str) -> tuple[float, float]:
    chance = random.Random(5)  # noqa: S311  the same interval in every run
    ratios = sorted(_ratio(chance.choices(rows, k=len(rows)), other) for _ in range(AGAIN))
    low, high = (ratios[int(end * (AGAIN - 1))] for end in ENDS)
    return low, high


if __name__ == "__main__":
    main()
