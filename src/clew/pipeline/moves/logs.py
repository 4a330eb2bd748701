"""Reading what a log of another system says of leads: which stages each went through, and how it ended. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clew.pipeline.moves.rules import Step, how

WON, LOST = "won", "lost"


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a log that means something: a stage that was come into, or an end."""

    at: datetime
    stage: int | None = None
    end: str = ""  # won, or one of pipeline.actions.leads.ENDS, or lost


@dataclass(frozen=True, slots=True)
class Stayed:
    """One stay, as `Stay` keeps it."""

    stage: int
    how: str
    entered_at: datetime
    left_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Travelled:
    """The way of one lead. `end` is empty where the log does not say how it ended."""

    stays: Sequence[Stayed]
    end: str
    ended_at: datetime
    tried_at: datetime | None
    answered_at: datetime | None


def travel(opened_at: datetime, log: Iterable[Happened], steps: Sequence[Step]) -> Travelled:
    """Follow a lead through its log, in the order of the log where times are equal.

    It begins in the first stage, unless the log says otherwise at once. What comes after its end, or repeats
    the stage that it is in, is left out. An attempt or an answer is taken from the stages that they lead to.
    """
    known = {one.id: one for one in steps}
    in_use = sorted((one for one in steps if not one.is_retired), key=lambda one: one.position)
    told = sorted(log, key=lambda one: one.at)
    entries: list[tuple[int, datetime]] = [(in_use[0].id, opened_at)]
    end, ended_at = "", max([opened_at, *(one.at for one in told)])
    for one in told:
        if one.stage is not None and one.stage != entries[-1][0]:
            entries.append((one.stage, max(one.at, opened_at)))
        if one.end:
            end, ended_at = one.end, max(one.at, opened_at)
            break
    winning = next((one.id for one in in_use if one.enters_on == "won"), None)
    if end == WON and winning and entries[-1][0] != winning:
        entries.append((winning, ended_at))
    if len(entries) > 1 and entries[1][1] == opened_at:
        entries = entries[1:]
    stays = [_stayed(n, entries, known, end, ended_at) for n in range(len(entries))]
    return Travelled(
        stays,
        end,
        ended_at,
        _first_at("tried", entries, in_use, known),
        _first_at("answered", entries, in_use, known),
    )


def _stayed(
    n: int,
    entries: Sequence[tuple[int, datetime]],
    known: Mapping[int, Step],
    end: str,
    ended_at: datetime,
) -> Stayed:
    stage, at = entries[n]
    way = how(known[entries[n - 1][0]], known[stage], known.values()) if n else "entered"
    if n + 1 < len(entries):
        after, left_at = entries[n + 1]
        is_back = known[after].position <= known[stage].position
        return Stayed(stage, way, at, left_at, "back" if is_back else "onward")
    if end == WON:
        return Stayed(stage, way, at, None, "")
    return Stayed(stage, way, at, max(at, ended_at), "left" if end else "aside")


def _first_at(
    sign: str,
    entries: Iterable[tuple[int, datetime]],
    in_use: Iterable[Step],
    known: Mapping[int, Step],
) -> datetime | None:
    """Say when a lead first came to the stage that a sign leads to, or behind it."""
    least = next((one.position for one in in_use if one.enters_on == sign), None)
    if least is None:
        return None
    return next((at for stage, at in entries if known[stage].position >= least), None)
