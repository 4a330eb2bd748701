"""The thinking about pipelines: how a lead goes from one stage to another, and what is long in one."""

from collections.abc import Iterable
from dataclasses import dataclass

LONG = 2  # times what is usual, and it has been put aside too long
SHORTEST_LONG = 24 * 3600  # seconds: no lead is called put aside within a day
ENOUGH = 20  # stays, before anything is called usual


@dataclass(frozen=True, slots=True)
class Step:
    """A stage as far as moves are decided by it."""

    id: int
    position: int
    enters_on: str = ""
    is_retired: bool = False


def how(before: Step, to: Step, steps: Iterable[Step]) -> str:
    """Say how a lead comes into `to`: forward, skipped where stages in use lie between, or back."""
    if to.position <= before.position:
        return "back"
    between = (one for one in steps if before.position < one.position < to.position)
    return "skipped" if any(not one.is_retired for one in between) else "forward"


def first(steps: Iterable[Step]) -> Step | None:
    """Give the first stage in use."""
    return min((s for s in steps if not s.is_retired), key=lambda s: s.position, default=None)


def is_open_to(to: Step, steps: Iterable[Step], *, is_won: bool) -> bool:
    """Tell whether a lead may be moved into a stage: open leads before the winning one, won ones from it on."""
    winning = next((s.position for s in steps if s.enters_on == "won" and not s.is_retired), None)
    if winning is None:
        return not is_won
    return to.position >= winning if is_won else to.position < winning


def long_after(usual_seconds: int | None, stay_count: int) -> int | None:
    """Give the seconds after which a lead has been in a stage for long; none where too little is known."""
    if usual_seconds is None or stay_count < ENOUGH:
        return None
    return max(SHORTEST_LONG, LONG * usual_seconds)


@dataclass(frozen=True, slots=True)
class Knot:
    """A point of the way: `stay` is the number of the last stay in it."""

    stage: int
    stay: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A way back from one point to an earlier one, by their numbers from 0; `stay` is the one that it led to."""

    start: int
    end: int
    stay: int


def draw(stays: Iterable[tuple[int, int, str]]) -> tuple[list[Knot], list[Loop]]:
    """Lay out stays (number, stage, how) as points in the order in which they were come to.

    Who came back to a stage stands at its point again, and a loop leads there; every other stay is a new point.
    """
    knots: list[Knot] = []
    loops: list[Loop] = []
    at = -1
    for number, stage, way in stays:
        before = [i for i, knot in enumerate(knots) if knot.stage == stage]
        if before and way in {"back", "reopened"}:
            if before[-1] != at:
                loops.append(Loop(at, before[-1], number))
            at = before[-1]
            knots[at] = Knot(stage, number)
        else:
            knots.append(Knot(stage, number))
            at = len(knots) - 1
    return knots, loops
