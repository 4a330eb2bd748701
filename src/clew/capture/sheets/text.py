"""Text files: which separator and quote they use, and their records."""

import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from clew.capture.sheets.encodings import Lines
from clew.capture.sheets.layout import Layout
from clew.capture.sheets.records import Dialect, Record, inside, records

SEPARATORS = ",;\t|"
_ROWS = 500  # that are looked at to guess
_SAID = re.compile(r'"?sep=([,;|\t])"?\r?\n?', re.IGNORECASE)


def guess_dialect(lines: list[str]) -> Dialect:
    """Find the separator that splits most rows into as many cells, and what is around cells."""
    said = _SAID.fullmatch(lines[0]) if lines else None
    if said:
        return Dialect(said[1], _quote(lines[1:], said[1]))
    text = "".join(lines)
    tried = [Dialect(s, _quote(lines, s)) for s in SEPARATORS if s in text]
    return max(tried, key=lambda d: _evenness(lines, d), default=Dialect(",", '"'))


def read(stream: BinaryIO, layout: Layout) -> tuple[Lines, Iterator[Record]]:
    """Give the records of a stream, and the lines that tell whether anything cannot be text."""
    lines = Lines(stream, layout.encoding)
    return lines, records(_without_said(iter(lines)), Dialect(layout.separator, layout.quote))


def head_lines(head: bytes, encoding: str) -> list[str]:
    """Read the whole lines at the start of a file."""
    lines = list(islice(Lines(io.BytesIO(head), encoding), _ROWS + 1))
    return lines[:-1] if len(lines) > 1 else lines


def _without_said(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, None)
    if first is not None and not _SAID.fullmatch(first):
        yield first
    yield from lines


def _quote(lines: list[str], separator: str) -> str:
    """Say what stands around cells: in most files nothing, or double quotes."""
    cells = [c.strip() for line in lines[:100] for c in line.strip("\r\n").split(separator)]
    single = sum(1 for c in cells if len(c) > 1 and c[0] == c[-1] == "'")
    double = sum(1 for c in cells if c.startswith('"'))
    closed = sum(1 for c in cells if len(c) > 1 and c[0] == c[-1] == '"')
    if single * 2 > len(cells):
        return "'"
    return "" if double and not closed and not any(c.endswith('"') for c in cells) else '"'


def _evenness(lines: list[str], dialect: Dialect) -> float:
    widths = [len(cells) for cells in _some(lines, dialect)]
    if not widths:
        return 0.0
    width, often = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        wider = [w for w in widths if w > 1]
        return 0.1 * len(wider) / len(widths)
    return often / len(widths) * (1 - 1 / width) + 0.001 * math.log(width)


def _some(lines: list[str], dialect: Dialect) -> Iterator[list[str]]:
    for record in records(lines, dialect):
        if any(record.cells):
            yield unwrapped(record.cells, dialect) or record.cells


def unwrapped(cells: list[str], dialect: Dialect) -> list[str]:
    """Give the row that is wrapped into the first cell of an otherwise blank one; [] if none is."""
    if not cells or any(cells[1:]):
        return []
    return inside(cells[0], dialect)
