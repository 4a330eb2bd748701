"""What was measured, as a row keeps it: JSON has no tuples for keys."""

from collections.abc import Mapping, Sequence

from clew.pipeline.queue.fading import Effect
from clew.pipeline.queue.models import Measurement
from clew.pipeline.queue.rules import START_FIGURES, Figures, Met, Place, Told, figures

CHANNELS = {True: "online", False: "offline"}
SIDES = {name: side for side, name in CHANNELS.items()}


def written_told(told: Mapping[tuple[Place, Met], Told]) -> dict[str, Sequence[float]]:
    """Write down how leads of the past came out."""
    return {f"{_name(place)}:{met}": [one.count, one.won] for (place, met), one in told.items()}


def written_worth(worth: Mapping[Place, tuple[int, float]]) -> dict[str, Sequence[float]]:
    """Write down what orders were worth."""
    return {_name(place): [count, mean] for place, (count, mean) in worth.items()}


def figures_of(kept: Measurement | None) -> Figures:
    """Give what the order of a day goes by: the assumptions, and what was measured as far as it goes."""
    if kept is None:
        return START_FIGURES
    told = {}
    for name, (count, won) in kept.told.items():
        place, _sign, met = name.rpartition(":")
        told[_place(place), Met(met)] = Told(count, won)
    worth = {_place(name): (count, mean) for name, (count, mean) in kept.worth.items()}
    found = None
    if kept.power is not None and kept.error is not None:
        found = Effect(kept.power, kept.error, kept.lead_count, kept.won_count)
    return figures(told, worth, found)


def _name(place: Place) -> str:
    return f"{CHANNELS[place[0]]}:{place[1]}"


def _place(name: str) -> Place:
    channel, _sign, level = name.partition(":")
    return SIDES[channel], int(level)
