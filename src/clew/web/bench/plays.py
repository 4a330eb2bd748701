"""`clew bench plays`: what looking at a play after every single lead does to what its page says.

Plays without any effect, and plays that bring seven more of a hundred leads further. From play to play people
get further with another chance, and within a play that chance goes up and down. Each is looked at after every
lead; it is promoted at the first look at which the interval lies above nothing. Chance is seeded.
"""

import argparse
import json
import math
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from clew.pipeline.plays.rules import HELD_BACK_PERCENT, Outcome, Tally, is_held_back
from clew.web.terminal import say

NULL_PLAYS, REAL_PLAYS, LEADS = 2_000, 500, 5_000
QUICK_NULL_PLAYS, QUICK_REAL_PLAYS, QUICK_LEADS = 100, 50, 2_000
LIFT = 0.07
SEED = 19
NEVER = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """What happened while somebody looked on: the lead at which it was promoted, and whether the truth was left out."""

    promoted_at: int
    is_missed: bool


def main() -> None:
    """Measure and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    is_quick = parser.parse_args().quick
    plays = (QUICK_NULL_PLAYS, QUICK_REAL_PLAYS) if is_quick else (NULL_PLAYS, REAL_PLAYS)
    say(json.dumps(figures(*plays, leads=QUICK_LEADS if is_quick else LEADS)))


def figures(null_plays: int, real_plays: int, *, leads: int, seed: int = SEED) -> dict[str, float]:
    """Give the share of plays without effect that were promoted, the coverage of all, the power for +7 points."""
    chance = random.Random(seed)  # noqa: S311  the same plays in every run
    null = [watch(chance, play, lift=0.0, leads=leads) for play in range(null_plays)]
    real = [watch(chance, null_plays + play, lift=LIFT, leads=leads) for play in range(real_plays)]
    promoted = [one.promoted_at for one in real if one.promoted_at != NEVER]
    missed = sum(one.is_missed for one in [*null, *real])
    return {
        "plays": null_plays + real_plays,
        "leads": leads,
        "false_promotions": round(sum(w.promoted_at != NEVER for w in null) / null_plays, 4),
        "coverage": round(1 - missed / (null_plays + real_plays), 4),
        "power": round(len(promoted) / real_plays, 3),
        "leads_until_promoted": round(statistics.median(promoted)) if promoted else leads,
    }


def watch(chance: random.Random, play_id: int, *, lift: float, leads: int) -> Watched:
    """Let leads come, and look at the interval after each."""
    tally = Tally(HELD_BACK_PERCENT)
    promoted_at, is_missed = NEVER, False
    for number, outcome in enumerate(_outcomes(chance, play_id, lift=lift, leads=leads), 1):
        tally.add(outcome)
        is_missed = is_missed or tally.excludes(lift)
        if promoted_at == NEVER and tally.effect > 0 and tally.excludes(0.0):
            promoted_at = number
    return Watched(promoted_at, is_missed)


def _outcomes(chance: random.Random, play_id: int, *, lift: float, leads: int) -> Iterator[Outcome]:
    """Leads whose chance without the play goes up and down around a mean of 5 to 60 of 100."""
    mean, swing = chance.uniform(0.05, 0.6), chance.uniform(0, 0.5)
    for number in range(leads):
        without = mean * (1 + swing * math.sin(number / 200))
        is_without = is_held_back(UUID(int=chance.getrandbits(128)), play_id, HELD_BACK_PERCENT)
        reached = chance.random() < without + (0.0 if is_without else lift)
        yield Outcome(is_without, reached)
