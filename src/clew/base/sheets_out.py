"""Sheets that people open in Excel, WPS or LibreOffice: CSV and XLSX, written a stretch at a time.

Nothing that a stranger typed becomes a formula, and no phone number turns into 8.6E+12. Memory does
not grow with the rows, nothing is kept on disk, and `Written` tells how far a file has come, so that
another process goes on where one was killed. docs/decisions/sheets-a-stretch-at-a-time.md says why.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice

from msgspec.structs import replace

from clew.base import workbook
from clew.base.workbook import NOT_TEXT, Cell, Written, is_plain

STRETCH = 2_000  # rows at once where nobody says otherwise


class Format(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def begin(kind: Format, columns: Sequence[str]) -> tuple[bytes, Written]:
    """Give the first bytes of a file with its header row, and how far it has come."""
    if kind is Format.XLSX:
        return workbook.begin(columns)
    return b"\xef\xbb\xbf" + _line(columns).encode("utf-8", "replace"), Written(rows=1)


def go_on(kind: Format, rows: Sequence[Sequence[Cell]], done: Written) -> tuple[bytes, Written]:
    """Give the bytes of some more rows. Times are written as given, without their zone.

    An XLSX cell holds 32,767 characters; longer text is cut there. Raises SheetFull.
    """
    if kind is Format.XLSX:
        return workbook.go_on(rows, done)
    text = "".join(_line(row) for row in rows)
    return text.encode("utf-8", "replace"), replace(done, rows=done.rows + len(rows))


def end(kind: Format, done: Written) -> bytes:
    """Give the last bytes of a file. Raises SheetFull."""
    return workbook.end(done) if kind is Format.XLSX else b""


def sheet(kind: Format, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Give a whole file, a stretch of rows at a time. Raises SheetFull."""
    first, done = begin(kind, columns)
    yield first
    left = iter(rows)
    while stretch := list(islice(left, STRETCH)):
        more, done = go_on(kind, stretch, done)
        yield more
    yield end(kind, done)


_LIKE = "=+\\-@＝＋－＠﹦﹢﹣﹫−"  # what begins a formula, and what an input method turns into it
_UNSEEN = " \\u00a0\\u3000\\ufeff\\u200b-\\u200f\\u2060\"'`“”‘’"
_RISKY = re.compile(
    rf"^(?=[\t\r\n])|^(?=[\s{_UNSEEN}]*[{_LIKE}])|[;\t\r\n](?=[{_UNSEEN}]*[{_LIKE}])"
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
_DIGITS = re.compile(r"\+[0-9]+(,[0-9]+)?|0[0-9]+|[0-9]{8,}")


def inert(text: str) -> str:
    """Give text as it may stand in a CSV file: no spreadsheet computes it or takes it for a number.

    What could begin a formula gets an apostrophe before it, also behind what another separator would
    split at. Phone numbers and long digits get a tab behind them: it is not seen, and keeps them text.
    """
    text = NOT_TEXT.sub("", text)
    if _DIGITS.fullmatch(text):
        return f"{text}\t"
    if _NUMBER.fullmatch(text):
        return text
    return _RISKY.sub(r"\g<0>'", text)


def _line(cells: Sequence[Cell]) -> str:
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float | Decimal) and is_plain(cell):
        return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    return '"' + inert(str(cell)).replace('"', '""') + '"'
