"""From records to the rows of a table: which columns there are, and which rows are damaged."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter

from msgspec.structs import replace

from clew.capture.sheets.encodings import CUT, SUSPECT
from clew.capture.sheets.errors import FileEmpty, NotAChoice, TooManyColumns
from clew.capture.sheets.headings import Heading, find, named, unique
from clew.capture.sheets.layout import FIND, ColumnProfile, Layout, Row
from clew.capture.sheets.profiles import Profiles
from clew.capture.sheets.records import Dialect, Record
from clew.capture.sheets.text import unwrapped

LONGEST_CELL = 32_767  # characters, as in Excel
MOST_COLUMNS = 1000
_WIDEST = 20_000  # columns, blank ones too; Excel has 16,384
_LOOK_AT = 200  # rows that tell the header and the width
_AT_ONCE = 1000
_AS_TEXT = re.compile(r'="([^"]*)"')  # how exports keep a spreadsheet from changing a number
Numbered = tuple[int, Record]


class Grid:
    """Puts records into columns; counts the rows that are too short."""

    def __init__(
        self, places: Sequence[int], dialect: Dialect, *, needed: int, is_ragged: bool
    ) -> None:
        """Take the cells at `places`; a row of less than `needed` cells is short."""
        self._pick = itemgetter(*places) if len(places) > 1 else None
        self._places = places
        self._width = places[-1] + 1
        self._left_out = sorted(set(range(self._width)) - set(places))
        self._dialect = dialect
        self._needed = needed
        self._is_ragged = is_ragged
        self.short_count = 0

    def row(self, number: int, record: Record, *, is_suspect: bool) -> Row | None:
        """Make a row of a record; None of a blank one."""
        cells, fault = record.cells, record.fault
        if not any(cells) or not (whole := "".join(cells)).strip():
            return None
        if fault or not any(cells[1:]):
            cells, fault = self._best(record)
        if record.length > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
            fault = "cell_too_long"
        if is_suspect and SUSPECT.search("\x1f".join(cells)):
            fault, cells = _strange(cells)
        if '="' in whole:
            cells = [_AS_TEXT.sub(r"\1", c) if _AS_TEXT.fullmatch(c) else c for c in cells]
        return self._fitted(number, cells, fault)

    def _best(self, record: Record) -> tuple[list[str], str]:
        """Choose the way that fits the table where a row can be meant in several."""
        wrapped = unwrapped(record.cells, self._dialect)
        for way in [*record.ways, wrapped]:
            if len(way) >= self._needed and len(way) > 1 and not self._overflow(way):
                return way, ""
        return record.cells, record.fault

    def _overflow(self, cells: list[str]) -> list[str]:
        over = [cells[place] for place in self._left_out if place < len(cells)]
        return [text for text in over + cells[self._width :] if text.strip()]

    def _fitted(self, number: int, cells: list[str], fault: str) -> Row:
        over = self._overflow(cells) if self._left_out or len(cells) > self._width else []
        if len(cells) < self._needed and not fault:
            self.short_count += 1
            fault = "" if self._is_ragged else "too_few_cells"
        if len(cells) < self._width:
            cells = cells + [""] * (self._width - len(cells))
        picked = list(self._pick(cells)) if self._pick else [cells[self._places[0]]]
        if over:
            picked[-1] = self._dialect.separator.join([picked[-1], *over])
        return Row(number, picked, fault or ("too_many_cells" if over else ""))


@dataclass(frozen=True, slots=True)
class Table:
    """What one pass over all records has found."""

    layout: Layout
    columns: list[ColumnProfile]
    row_count: int


class Examination:
    """One pass over the records of a file: finds the header, then counts what all rows hold."""

    def __init__(self, layout: Layout, dialect: Dialect, is_suspect: Callable[[], bool]) -> None:
        """`layout` says how the records were read, and the header if somebody has chosen it."""
        self._layout = layout
        self._dialect = dialect
        self._is_suspect = is_suspect
        self._row_count = 0
        self._batch: list[list[str]] = []

    def run(self, records: Iterator[Numbered]) -> Table:
        """Go through all records. Raises FileEmpty, TooManyColumns, NotAChoice."""
        first = list(_first(records))
        if not first:
            raise FileEmpty
        self._begin(_plain(first, self._dialect))
        for number, record in chain(first, records):
            if number >= self._heading.first_row:
                self._add(number, record)
        if not self._row_count:
            raise FileEmpty
        self._profiles.add(self._batch)
        return self._table()

    def _begin(self, head: list[tuple[int, list[str]]]) -> None:
        self._heading = self._find(head)
        self._extent = _filled_width(self._heading.names)
        self._width = max(self._extent, _usual_width(head))
        if self._width > _WIDEST:
            raise TooManyColumns
        self._names = (self._heading.names + [""] * self._width)[: self._width]
        self._grid = Grid(
            range(self._width), self._dialect, needed=self._extent or self._width, is_ragged=True
        )
        self._profiles = Profiles(self._width)

    def _find(self, head: list[tuple[int, list[str]]]) -> Heading:
        chosen = self._layout
        if chosen.header_row == FIND:
            return find(head)
        if chosen.header_row > head[-1][0]:
            raise NotAChoice
        if chosen.header_row == 0:
            return Heading(0, max(chosen.first_row, 1), [])
        return named(head, chosen.header_row, chosen.first_row)

    def _add(self, number: int, record: Record) -> None:
        row = self._grid.row(number, record, is_suspect=self._is_suspect())
        if row is None:
            return
        self._row_count += 1
        if not row.fault:
            self._batch.append(row.cells)
        if len(self._batch) == _AT_ONCE:
            self._profiles.add(self._batch)
            self._batch.clear()

    def _table(self) -> Table:
        places = [place for place in range(self._width) if self._is_column(place)]
        if len(places) > MOST_COLUMNS:
            raise TooManyColumns
        names = unique(self._names)
        columns = [names[place] for place in places]
        layout = replace(
            self._layout,
            header_row=self._heading.header_row,
            first_row=self._heading.first_row,
            columns=columns,
            places=places,
            is_ragged=self._grid.short_count * 20 > self._row_count,
        )
        found = [self._profiles.profile(p, n) for p, n in zip(places, columns, strict=True)]
        return Table(layout, found, self._row_count)

    def _is_column(self, place: int) -> bool:
        """Whether a place is named or used. Right of the header, a text file's few cells are faults."""
        if self._names[place].strip():
            return True
        is_stray = self._layout.kind == "text" and place >= self._extent > 0
        return self._profiles.filled(place) > (self._row_count // 10 if is_stray else 0)


def rows(
    records: Iterator[Numbered], layout: Layout, dialect: Dialect, is_suspect: Callable[[], bool]
) -> Iterator[Row]:
    """Give the rows below the header."""
    needed = layout.places[-1] + 1
    grid = Grid(layout.places, dialect, needed=needed, is_ragged=layout.is_ragged)
    for number, record in records:
        if number < layout.first_row:
            continue
        row = grid.row(number, record, is_suspect=is_suspect())
        if row is None:
            continue
        first = " ".join(row.cells[0].split())
        if first == layout.columns[0] and unique(row.cells) == layout.columns:
            row.fault = "header_again"
        yield row


def _first(records: Iterator[Numbered]) -> Iterator[Numbered]:
    """The first rows that are not blank."""
    filled = (item for item in records if any(map(str.strip, item[1].cells)))
    return islice(filled, _LOOK_AT)


def _plain(first: list[Numbered], dialect: Dialect) -> list[tuple[int, list[str]]]:
    """The cells of the first rows, taken out of what is wrapped around whole rows."""
    inner = [unwrapped(record.cells, dialect) for _, record in first]
    widths = [len(cells or record.cells) for cells, (_, record) in zip(inner, first, strict=True)]
    usual = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))[0]
    return [
        (number, cells if len(cells) == usual else record.cells)
        for cells, (number, record) in zip(inner, first, strict=True)
    ]


def _usual_width(head: list[tuple[int, list[str]]]) -> int:
    widths = Counter(len(cells) for _, cells in head)
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0]


def _filled_width(cells: list[str]) -> int:
    return max((place for place, text in enumerate(cells, 1) if text.strip()), default=0)


def _strange(cells: list[str]) -> tuple[str, list[str]]:
    text = "".join(cells)
    fault = "row_too_long" if CUT in text else "nul_bytes" if "\x00" in text else "undecodable"
    return fault, [SUSPECT.sub(_shown, c) for c in cells]


def _shown(match: re.Match[str]) -> str:
    return "" if match[0] == "\x00" else "\ufffd"
