"""What the columns of a file hold, counted while the file goes by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from clew.capture.sheets.cells import is_date, is_number
from clew.capture.sheets.layout import ColumnProfile

MOST_SAMPLES = 5
MOST_VALUES = 30  # that are told
_FEW_VALUES = 200  # more make the column no choice of values
_LONGEST_SAMPLE = 200
_ROWS_READ_CLOSELY = 100_000
_DISTINCT = 200_000  # that are remembered, in all columns together


@dataclass(slots=True)
class _Column:
    filled: int = 0
    looked_at: int = 0
    numbers: int = 0
    dates: int = 0
    samples: list[str] = field(default_factory=list)
    values: Counter[str] | None = field(default_factory=Counter)
    seen: set[int] = field(default_factory=set)


class Profiles:
    """Counts the cells of every place of a row."""

    def __init__(self, width: int) -> None:
        """Begin with nothing seen."""
        self._columns = [_Column() for _ in range(width)]
        self._most_distinct = max(100, min(10_000, _DISTINCT // max(width, 1)))
        self._row_count = 0

    def add(self, rows: Sequence[list[str]]) -> None:
        """Count some rows, each as wide as all."""
        if not rows:
            return
        is_close = self._row_count < _ROWS_READ_CLOSELY
        for column, cells in zip(self._columns, zip(*rows, strict=True), strict=True):
            if any(cells):
                self._count(column, Counter(cells), is_close=is_close)
        self._row_count += len(rows)

    def filled(self, place: int) -> int:
        """Say how many cells of a place were not blank."""
        return self._columns[place].filled

    def profile(self, place: int, name: str) -> ColumnProfile:
        """Sum up what was seen in one place."""
        column = self._columns[place]
        values = column.values.most_common(MOST_VALUES) if column.values else []
        return ColumnProfile(
            name=name,
            filled=column.filled,
            samples=column.samples,
            values=dict(values),
            numbers=_scaled(column.numbers, column),
            dates=_scaled(column.dates, column),
            distinct=len(column.seen),
        )

    def _count(self, column: _Column, counts: Counter[str], *, is_close: bool) -> None:
        for blank in [text for text in counts if not text.strip()]:
            del counts[blank]
        filled = counts.total()
        column.filled += filled
        if is_close:
            column.looked_at += filled
            column.numbers += sum(n for text, n in counts.items() if is_number(text))
            column.dates += sum(n for text, n in counts.items() if is_date(text))
        if len(column.samples) < MOST_SAMPLES:
            _take_samples(column, counts)
        if column.values is not None:
            _take_values(column, column.values, counts)
        if len(column.seen) < self._most_distinct:
            column.seen.update(map(hash, counts))


def _take_samples(column: _Column, counts: Counter[str]) -> None:
    for text in counts:
        sample = text.strip()[:_LONGEST_SAMPLE]
        if sample not in column.samples:
            column.samples.append(sample)
        if len(column.samples) == MOST_SAMPLES:
            return


def _take_values(column: _Column, values: Counter[str], counts: Counter[str]) -> None:
    if len(counts) > _FEW_VALUES or any(len(text) > _LONGEST_SAMPLE for text in counts):
        column.values = None
        return
    values.update(counts)
    if len(values) > _FEW_VALUES:
        column.values = None


def _scaled(count: int, column: _Column) -> int:
    if column.looked_at in {0, column.filled}:
        return count
    return round(count * column.filled / column.looked_at)
