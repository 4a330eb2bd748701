"""The parts of `clew bench intake`, run in the scratch database that CLEW_DATABASE_URL names."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.db import connection

from clew.web.bench import accept, belt, company, start, yardsticks
from clew.web.terminal import complain, say

PARTS = ("yardsticks", "belt", "accept", "screen", "start")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    contacts: int = 1_000_000
    leads: int = 20_000
    seconds: int = 10
    workers: int = 2


QUICK = Size(contacts=100_000, leads=5_000, seconds=3)
Figures = dict[str, float | str | None]


def main() -> None:
    """Measure each part in turn and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    size = QUICK if options.quick else Size()
    measures = _measures(size)
    figures: Figures = {"contacts": size.contacts, "leads": size.leads, "workers": size.workers}
    for part in options.only.split(",") if options.only else PARTS:
        complain(f"{part} …")
        figures |= measures[part]()
    say(json.dumps(figures | _ratios(figures), ensure_ascii=False))


def _measures(size: Size) -> dict[str, Callable[[], Figures]]:
    return {
        "yardsticks": lambda: _yardsticks(size),
        "belt": lambda: _belt(size),
        "accept": lambda: _accept(size),
        "screen": lambda: _screen(size),
        "start": start.measure,
    }


def _yardsticks(size: Size) -> Figures:
    found = yardsticks.measure(
        os.environ["CLEW_DATABASE_URL"],
        seconds=size.seconds,
        leads=size.leads,
        contacts=size.contacts,
        workers=size.workers,
    )
    return dict(found)


def _belt(size: Size) -> Figures:
    sources = company.sources()
    belt.add_contacts(size.contacts)
    found = belt.measure(sources, leads=size.leads, contacts=size.contacts, workers=size.workers)
    return {
        "whole_belt_per_s": round(found.belt_per_s),
        "belt_python_us": round(found.python_us),
        "belt_postgres_us": round(found.postgres_us),
    }


def _accept(size: Size) -> Figures:
    company.sources()
    return accept.measure(size.seconds)


def _screen(size: Size) -> Figures:
    if find_spec("playwright") is None:
        return {"screen_p50_ms": None, "screen_p99_ms": None}
    company.sources()
    with connection.cursor() as cursor:
        cursor.execute(  # nobody holds the belt's 500 leads
            "truncate capture_submission, capture_consent, capture_waiting, handoff_placement cascade"
        )
        cursor.execute("update handoff_seat set open_count = 0, credit = 0")
    screen = import_module("clew.web.bench.screen")
    found: Figures = screen.measure(2 * size.seconds)
    return found


def _ratios(figures: Figures) -> Figures:
    """Divide what Clew reaches by what the machine allows, where both were measured."""
    pairs = {
        "accept_one_ratio": ("accept_one_per_s", "insert_per_s"),
        "accept_array_ratio": ("accept_array_per_s", "copy_per_s"),
        "belt_ratio": ("whole_belt_per_s", "belt_per_s"),
    }
    return {
        key: round(float(reached) / float(allowed), 3)
        for key, (above, below) in pairs.items()
        if (reached := figures.get(above)) and (allowed := figures.get(below))
    }
