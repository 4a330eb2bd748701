"""The rows of a workbook on standard output. A program of its own: it may crash or be stopped.

It is started by its path, in a bare environment, and imports nothing of Clew. The workbook comes on
standard input. Every line of the answer is JSON: {"sheets", "sheet"}, then lists of rows (each a
list of texts, or null where it is too long), then "end"; or {"error"}.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

MEMORY = 1_500_000_000  # bytes
SECONDS = 60  # of computing
_CELL = 40_000  # characters
_ROWS = 200  # in one line of the answer
_LONGEST = 4_000_000  # characters of a row; a longer one is left out
_EXACT = 10**15  # Excel keeps fifteen digits


def main() -> None:
    """Convert the sheet named by the first argument, or else the one with most rows."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        convert(sys.argv[1] if len(sys.argv) > 1 else "")
    except python_calamine.PasswordError:
        say({"error": "encrypted"})
    except python_calamine.WorksheetNotFound:
        say({"error": "no_sheet" if sys.argv[1:] else "unreadable"})
    except MemoryError:
        say({"error": "large"})
    except (python_calamine.CalamineError, OSError, ValueError):
        say({"error": "unreadable"})


def convert(wanted: str) -> None:
    """Write the answer."""
    with python_calamine.load_workbook(sys.stdin.buffer) as workbook:
        names = sheet_names(workbook)
        sheet = workbook.get_sheet_by_name(wanted) if wanted else longest(workbook, names)
        say({"sheets": names, "sheet": sheet.name})
        rows: list[list[str] | None] = []
        length = 0
        for cells in sheet.iter_rows():
            row = texts(cells)
            length += sum(map(len, row))
            rows.append(row if length < _LONGEST else None)
            if len(rows) == _ROWS or length >= _LONGEST // 4:
                say(rows)
                rows, length = [], 0
        say(rows)
        say("end")


def sheet_names(workbook: python_calamine.CalamineWorkbook) -> list[str]:
    """Name the sheets with cells: those that are shown, or all if none is."""
    sheets = [
        sheet
        for sheet in workbook.sheets_metadata
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    shown = [s.name for s in sheets if s.visible == python_calamine.SheetVisibleEnum.Visible]
    return shown or [s.name for s in sheets] or workbook.sheet_names


def longest(
    workbook: python_calamine.CalamineWorkbook, names: list[str]
) -> python_calamine.CalamineSheet:
    """Find the sheet with most rows, holding two at a time."""
    best = workbook.get_sheet_by_name(names[0])
    for name in names[1:]:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.height > best.height:
            best = sheet
    return best


def texts(cells: Iterable[Any]) -> list[str]:
    """Write every cell as text; one that is too long by far is cut."""
    return [c[:_CELL] if type(c) is str else TEXT[type(c)](c) for c in cells]


def number(value: float) -> str:
    """Write a number in full; one whose digits are lost, as spreadsheets show it."""
    if not value.is_integer():
        return format(value, ".15g")
    if abs(value) >= _EXACT:
        return format(value, ".14E")
    return str(int(value))


def span(value: timedelta) -> str:
    """Write a stretch of time as hours, minutes, seconds."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


TEXT: dict[type, Callable[[Any], str]] = {
    float: number,
    int: lambda value: number(float(value)) if abs(value) >= _EXACT else str(value),
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime: lambda value: value.isoformat(" ", "seconds"),
    date: date.isoformat,
    time: lambda value: value.isoformat("seconds"),
    timedelta: span,
}


def say(answer: object) -> None:
    """Write a line of the answer."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
