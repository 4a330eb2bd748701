"""A few rows of an import's file, for the eyes of whoever sent it."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from clew.capture.models import Import
from clew.capture.sheets import reading
from clew.capture.sheets.content import Stored
from clew.capture.sheets.layout import Layout, Row
from clew.errors import ClewError

FURTHEST = 100_000  # rows beyond are not looked for while somebody waits
LARGEST_WORKBOOK = 20_000_000  # bytes


def layout_of(batch: Import) -> Layout:
    """Give how a file is read."""
    return msgspec.convert(batch.layout, Layout)


def first_rows(batch: Import, count: int) -> list[list[str]]:
    """Give the cells of the first whole rows, or none where that would take long."""
    return [row.cells for row in islice(_rows(batch), count) if not row.fault]


def few_rows(batch: Import, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Give the cells of some rows by their numbers, as far as they are near the start."""
    wanted = {number for number in numbers if number <= FURTHEST}
    found: dict[int, list[str]] = {}
    if not wanted:
        return found
    last = max(wanted)
    for row in _rows(batch):
        if row.number in wanted:
            found[row.number] = row.cells
        if row.number >= last:
            break
    return found


def _rows(batch: Import) -> Iterator[Row]:
    if batch.file_id is None or batch.layout is None:
        return
    layout = layout_of(batch)
    if layout.kind == "workbook" and batch.size > LARGEST_WORKBOOK:
        return
    try:
        yield from reading.rows(Stored(batch.file_id, batch.name), layout)
    except ClewError:  # the file has expired, or ends in the middle: what was read is shown
        return
