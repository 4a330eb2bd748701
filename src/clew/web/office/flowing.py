"""The picture of a funnel: per stage what passes, what stays, what leaves. Pure geometry, in the units of the view box."""

from collections.abc import Sequence
from dataclasses import dataclass

TOP, TALL, FLOOR = 36.0, 118.0, 186.0
FIRST, APART, NODE = 151.5, 150.0, 7.0
WIDEST = 64.0
WIDTH = 830


@dataclass(frozen=True, slots=True)
class Stream:
    """One stage as it is drawn; heights are shares of the first stage."""

    column: str  # x of the column of the table below
    x: str
    inside: str  # x, right of the node
    label: str  # x of the count above
    height: str
    passing: str
    passing_width: str
    staying: str
    staying_at: str
    leaving: str  # the path of those who leave, nothing where nobody does
    leaving_label: str


def draw(counts: Sequence[tuple[int, int, int]]) -> list[Stream]:
    """Draw stages from how many passed, stayed and left each."""
    whole = max(1, sum(counts[0]) if counts else 1)
    return [_stream(number, counts, TALL / whole) for number in range(len(counts))]


def _stream(number: int, counts: Sequence[tuple[int, int, int]], scale: float) -> Stream:
    passed, stayed, left = (count * scale for count in counts[number])
    x = FIRST + number * APART
    inside = x + NODE
    wide = min(left, WIDEST)
    return Stream(
        column=_n(x + (NODE - APART) / 2),
        x=_n(x),
        inside=_n(inside),
        label=_n(x + NODE / 2),
        height=_n(passed + stayed + left),
        passing=_n(passed),
        passing_width=_n(APART - NODE),
        staying=_n(stayed),
        staying_at=_n(TOP + passed),
        leaving=_leaving(inside, TOP + passed + stayed, left) if counts[number][2] else "",
        leaving_label=_n(inside + 6 + wide / 2),
    )


def _leaving(x: float, top: float, tall: float) -> str:
    """Bend a band from the node down to the floor; it is no wider than leaves room for the next."""
    wide = min(max(tall, 1.2), WIDEST)
    right, bottom = x + wide + 6, top + tall
    down, up = min(top + 34, FLOOR), min(bottom + 26, FLOOR)
    return (
        f"M{_n(x)} {_n(top)}C{_n(right - 4)} {_n(top)} {_n(right)} {_n(top + 4)} {_n(right)} {_n(down)}"
        f"V{_n(FLOOR)}h-{_n(wide)}V{_n(up)}"
        f"C{_n(right - wide)} {_n(bottom + 2)} {_n(x + 1.5)} {_n(bottom)} {_n(x)} {_n(bottom)}Z"
    )


def _n(value: float) -> str:
    return f"{value:.1f}"
