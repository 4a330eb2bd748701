"""`clew bench load`: the whole system under load: both at once, ten times too much, more workers, a million leads.

Each part works on the bench's company; `both` and `burst` through `clew serve` and `clew work`, `gain` and
`cost` on the belt alone.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from clew.capture.models import Source
from clew.contacts.models import Contact
from clew.web.bench import belt, both, burst, company, million
from clew.web.terminal import complain, say

PARTS = ("gain", "both", "burst", "cost")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    contacts: int = 1_000_000
    leads: int = 20_000
    runs: int = 5
    seconds: int = 60
    large: int = 1_000_000
    small: int = 10_000


QUICK = Size(contacts=100_000, leads=5_000, runs=1, seconds=6, large=50_000)
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
    figures: Figures = {"contacts": size.contacts, "leads": size.leads}
    for part in options.only.split(",") if options.only else PARTS:
        complain(f"{part} …")
        figures |= measures[part](figures)
    say(json.dumps(figures, ensure_ascii=False))


def _measures(size: Size) -> dict[str, Callable[[Figures], Figures]]:
    return {
        "gain": lambda _: _gain(size),
        "both": lambda _: _both(size),
        "burst": lambda known: _burst(size, known),
        "cost": lambda _: million.measure(large=size.large, small=size.small),
    }


def _gain(size: Size) -> Figures:
    """Let one worker and two empty the same queue in turn, after a run of both that does not count."""
    sources = _known(size)
    rates: dict[int, list[float]] = {1: [], 2: []}
    for run in range(size.runs + 1):
        for workers, found in rates.items():
            figures = belt.measure(
                sources,
                leads=size.leads,
                contacts=size.contacts,
                workers=workers,
                seed=10 * run + workers,
            )
            found.append(figures.belt_per_s)
    one, two = (median(found[1:]) for found in rates.values())
    return {
        "belt_workers_gain": round(two / one, 2),
        "belt_one_worker_per_s": round(one),
        "belt_two_workers_per_s": round(two),
    }


def _both(size: Size) -> Figures:
    _known(size)
    return both.measure(size.seconds, size.contacts)


def _burst(size: Size, known: Figures) -> Figures:
    _known(size)
    if "both_per_s" not in known:
        known = both.measure(size.seconds // 6, size.contacts)
    return burst.measure(size.seconds, size.contacts, float(known["both_per_s"] or 0))


def _known(size: Size) -> list[Source]:
    """Make the company with its contacts, unless an earlier part has."""
    sources = company.sources()
    if not Contact.objects.exists():
        belt.add_contacts(size.contacts)
    return sources
