"""How a file is laid out, and what its columns hold."""

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

FIND = -1  # as a header row: find it


class Layout(Struct, frozen=True):
    """How a file is read. What is left as it is here is found out when the file is examined.

    Rows are counted as a spreadsheet shows them, from 1. `places` says where the columns lie in a
    row of the file: blank columns are left out.
    """

    kind: Literal["text", "workbook"] = "text"
    encoding: str = ""
    separator: str = ""
    quote: str = '"'
    sheet: str = ""
    sheets: list[str] = []
    header_row: int = FIND  # 0: none
    first_row: int = 0
    columns: list[str] = []
    places: list[int] = []
    is_ragged: bool = False  # blank cells at the end of a row may be missing


class ColumnProfile(Struct, frozen=True):
    """What was seen in a column. In very long files numbers, dates and values are estimates."""

    name: str
    filled: int
    samples: list[str]
    values: dict[str, int]
    numbers: int
    dates: int
    distinct: int


class Examined(Struct, frozen=True):
    """A file after one pass: how it is read, what is in it, the SHA-256 of its bytes."""

    layout: Layout
    columns: list[ColumnProfile]
    row_count: int
    digest: bytes


@dataclass(slots=True)
class Row:
    """One row below the header: its number in the file, a cell per column, what is wrong with it."""

    number: int
    cells: list[str]
    fault: str = ""
