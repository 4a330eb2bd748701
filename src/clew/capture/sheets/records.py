"""From lines to rows of cells, by the csv module, which goes on after whatever is broken."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MOST_LINES = 1000  # of one record; more means that a quote was not closed
MOST_CHARACTERS = 1_000_000
_END = "\x02end\x02"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands between cells, and around them. No quote: nothing stands around them."""

    separator: str
    quote: str

    def reader(self, lines: Iterable[str], *, is_strict: bool) -> Iterator[list[str]]:
        """Read lines of this dialect."""
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=True,
            strict=is_strict,
        )


@dataclass(slots=True)
class Record:
    """One row as it stands; where its quotes are broken, the ways in which it may be meant."""

    cells: list[str]
    length: int
    ways: list[list[str]] = field(default_factory=list)
    fault: str = ""


class _TooLong(Exception):
    """A quote was opened and not closed for long."""


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[Record]:
    """Give every record, blank ones too. A record that cannot be read takes one line only."""
    feed = _Feed(lines)
    is_over = False
    while not is_over:
        try:
            for cells in dialect.reader(feed.lines(), is_strict=True):
                yield _record(cells, feed.pending)
                feed.pending.clear()
        except (csv.Error, _TooLong):
            yield _mended(feed.give_up(), dialect)
        else:
            is_over = True


class _Feed:
    """Lines for the csv module, kept until their record is complete."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._again = deque[str]()
        self.pending: list[str] = []

    def lines(self) -> Iterator[str]:
        pending, again, source = self.pending, self._again, self._source
        while True:
            line = again.popleft() if again else next(source, None)
            if line is None:
                return
            pending.append(line)
            if len(pending) > 1 and _is_long(pending):
                raise _TooLong
            yield line

    def give_up(self) -> str:
        """Take the first line out, and go on at the next."""
        first, *rest = self.pending
        self._again.extendleft(reversed(rest))
        self.pending.clear()
        return first


def _is_long(pending: list[str]) -> bool:
    if len(pending) > MOST_LINES:
        return True
    return len(pending) % 16 == 0 and sum(map(len, pending)) > MOST_CHARACTERS


def _record(cells: list[str], pending: list[str]) -> Record:
    if len(pending) == 1:
        return Record(cells, len(pending[0]))
    cells = [c.replace("\r\n", "\n").replace("\r", "\n") if "\r" in c else c for c in cells]
    return Record(cells, sum(map(len, pending)))


def inside(cell: str, dialect: Dialect) -> list[str]:
    """Read a cell that may hold a whole row; [] where it does not."""
    if dialect.separator not in cell:
        return []
    try:
        rows = list(dialect.reader(cell.splitlines(keepends=True), is_strict=True))
    except csv.Error:
        return []
    return rows[0] if len(rows) == 1 else []


def _mended(line: str, dialect: Dialect) -> Record:
    ways = list(_ways(line.rstrip("\r\n"), dialect))
    plain = line.rstrip("\r\n").split(dialect.separator)
    return Record(ways[0] if ways else plain, len(line), ways, "broken_quotes")


def _ways(line: str, dialect: Dialect) -> Iterator[list[str]]:
    quote = dialect.quote
    if not quote:
        return
    with_backslash = csv.reader(
        [line],
        delimiter=dialect.separator,
        quotechar=quote,
        doublequote=False,
        escapechar="\\",
        skipinitialspace=True,
        strict=True,
    )
    if "\\" + quote in line:
        yield from _first(with_backslash)
    if len(line) > 2 and line[0] == line[-1] == quote:
        yield from _first(dialect.reader([line[1:-1]], is_strict=True))
    for cells in _first(dialect.reader([line + dialect.separator + _END], is_strict=False)):
        if cells[-1] == _END:
            yield cells[:-1]


def _first(reader: Iterator[list[str]]) -> list[list[str]]:
    try:
        return [next(reader)]
    except (csv.Error, StopIteration):
        return []
