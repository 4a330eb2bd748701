"""Where the header of a table is, and what its columns are called."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from clew.capture.sheets.cells import is_usual_name, is_value

LONGEST_NAME = 120
_LOOK_AT = 20  # rows that may stand before the header
Numbered = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Heading:
    """The rows of the header, and a name per place in a row; a nameless one is blank."""

    header_row: int
    first_row: int
    names: list[str]


def find(rows: Sequence[Numbered]) -> Heading:
    """Find the header among the first rows of a file, none of them blank."""
    enough = median(_count(cells) for _, cells in rows) / 2
    full = [at for at, (_, cells) in enumerate(rows[:_LOOK_AT]) if _count(cells) > enough]
    for at in full:
        is_first = at == full[0]
        if _is_header(rows[at][1], [c for _, c in rows[at + 1 :]], is_first=is_first):
            return _with_neighbours(rows, at)
    return Heading(0, rows[0][0], [])


def named(rows: Sequence[Numbered], header_row: int, first_row: int) -> Heading:
    """Take the header that somebody has chosen: the rows before `first_row`."""
    first_row = max(first_row, header_row + 1)
    chosen = [cells for number, cells in rows if header_row <= number < first_row]
    return Heading(header_row, first_row, _joined(chosen) if chosen else [])


def unique(names: Sequence[str]) -> list[str]:
    """Make the names usable: one line, not too long, none twice. A blank one is "Column 7"."""
    given: set[str] = set()
    made = []
    for place, text in enumerate(names, 1):
        name = first = " ".join(text.split())[:LONGEST_NAME] or f"Column {place}"
        count = 1
        while name in given:
            count += 1
            name = f"{first} {count}"
        given.add(name)
        made.append(name)
    return made


def _with_neighbours(rows: Sequence[Numbered], at: int) -> Heading:
    below = at + 1
    if below < len(rows) and _is_second(rows[at][1], rows[below][1], rows[below + 1 :]):
        return Heading(rows[at][0], rows[below][0] + 1, _joined([rows[at][1], rows[below][1]]))
    if at and rows[at - 1][0] == rows[at][0] - 1 and _is_group(rows[at - 1][1], rows[at][1]):
        return Heading(rows[at - 1][0], rows[at][0] + 1, _joined([rows[at - 1][1], rows[at][1]]))
    return Heading(rows[at][0], rows[at][0] + 1, list(rows[at][1]))


def _is_header(cells: list[str], body: list[list[str]], *, is_first: bool) -> bool:
    """Whether a row holds names. Of the first full row that is believed unless it looks like data."""
    filled = [c.strip() for c in cells if c.strip()]
    if any(map(is_value, filled)) or len(set(filled)) * 2 < len(filled):
        return False
    if sum(map(is_usual_name, filled)) * 5 >= len(filled) * 2:
        return True
    if not is_first or _typed(body):
        return is_first
    recurring = sum(_recurs(cells, place, body) for place in range(len(cells)))
    return recurring * 4 < len(filled)


def _recurs(cells: list[str], place: int, body: list[list[str]]) -> bool:
    text = cells[place].strip()
    return bool(text) and any(len(row) > place and row[place].strip() == text for row in body)


def _is_second(first: list[str], second: list[str], body: Sequence[Numbered]) -> bool:
    """Whether the row below a header belongs to it: names where values follow."""
    filled = [c for c in second if c.strip()]
    if len(filled) < 2 or any(map(is_value, filled)) or len(set(filled)) * 2 < len(filled):
        return False
    typed = [place for place in _typed([cells for _, cells in body]) if _at(second, place)]
    gaps = any(not _at(first, place) and _at(second, place) for place in range(len(second)))
    usual = sum(map(is_usual_name, filled)) * 5 >= len(filled) * 2
    if gaps or len(set(first)) < len(first):
        return bool(typed) and (usual or len(typed) > 1)
    return len(typed) > 1 and usual


def _is_group(above: list[str], names: list[str]) -> bool:
    filled = [c for c in above if c.strip()]
    return 1 < len(filled) < _count(names) and not any(map(is_value, filled))


def _typed(body: list[list[str]]) -> list[int]:
    """Say in which places values stand, row after row."""
    if not body:
        return []
    found = []
    for place in range(max(map(len, body))):
        filled = [text for row in body if (text := _at(row, place))]
        if len(filled) * 2 > len(body) and sum(map(is_value, filled)) * 5 >= len(filled) * 4:
            found.append(place)
    return found


def _joined(header: list[list[str]]) -> list[str]:
    """Take the most specific name of each place; where that is not one of a kind, its group too."""
    width = max(map(len, header))
    names = [""] * width
    groups = [""] * width
    for cells in header:
        texts = [_at(cells, place) for place in range(width)]
        groups = [old or _carried(texts, place) for place, old in enumerate(groups)]
        names = [text or old for text, old in zip(texts, names, strict=True)]
    often = Counter(names)
    return [
        f"{group} {name}" if often[name] > 1 and name and group not in {"", name} else name
        for name, group in zip(names, groups, strict=True)
    ]


def _carried(texts: list[str], place: int) -> str:
    """A group's name stands over its first column only."""
    return next((texts[at] for at in range(place, -1, -1) if texts[at]), "")


def _at(cells: list[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _count(cells: list[str]) -> int:
    return sum(1 for c in cells if c.strip())
