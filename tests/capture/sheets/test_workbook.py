"""Workbooks: every number in full, the right sheet, whatever the file is called."""

import os

import pytest

from clew.capture.sheets import workbook
from clew.capture.sheets.content import InMemory
from clew.capture.sheets.errors import IsWebPage, NotAChoice
from clew.capture.sheets.layout import Layout
from clew.capture.sheets.reading import examine, rows
from tests.capture.sheets.books import PEOPLE, book, packed, parts, sheet
from tests.capture.sheets.test_text import cells, read, table


def test_a_workbook_is_one_whatever_its_name() -> None:
    assert cells(book()) == PEOPLE
    given = InMemory("list.xlsx", table().encode())
    assert examine(given).layout.kind == "text"


def test_numbers_are_given_in_full() -> None:
    found = cells(
        book(
            [
                ["n", "phone", "share", "ok", "err"],
                [1, 13800138000.0, 0.30000000000000004, True, "#N/A"],
            ]
        )
    )
    assert found[1] == ["1", "13800138000", "0.3", "TRUE", ""]


def test_lost_digits_are_shown_as_spreadsheets_show_them() -> None:
    """Excel keeps fifteen digits; the reader of a telephone column refuses such a text."""
    found = cells(book([["id", "n"], [110101199003070012, 123456789012345], [1.5e22, -7]]))
    assert found[1:] == [
        ["1.10101199003070E+17", "123456789012345"],
        ["1.50000000000000E+22", "-7"],
    ]


def test_the_longest_sheet_is_taken_and_another_may_be_chosen() -> None:
    content = book([["name"], ["Ann"]], Long=[["name"], ["Bob"], ["Cyd"], ["Dan"]])
    layout, found = read(content)
    assert (layout.sheet, layout.sheets, len(found)) == ("Long", ["List", "Long"], 3)
    assert [row.cells for row in read(content, Layout(sheet="List"))[1]] == [["Ann"]]
    with pytest.raises(NotAChoice):
        read(content, Layout(sheet="Nobody"))


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    layout, found = read(
        book([["List"], [], ["name", "phone"], ["Ann", 138], ["", ""], ["Bob", 139]])
    )
    assert (layout.header_row, [row.number for row in found]) == (3, [4, 6])


def test_text_pasted_into_the_first_column_is_split() -> None:
    assert cells(book([["name,phone"], ["Ann,138"], ['"Bob, jr",139']]))[1:] == [
        ["Ann", "138"],
        ["Bob, jr", "139"],
    ]


def test_a_stray_cell_far_right_is_a_column_of_its_own() -> None:
    content = book([["name", "phone"], ["Ann", 138, "", "", "note"], ["Bob", 139]])
    assert cells(content)[0] == ["name", "phone", "Column 5"]


def test_a_cell_beyond_measure_is_a_fault() -> None:
    _, found = read(book([["name"], ["x" * 33_000], ["Ann"]]))
    assert [row.fault for row in found] == ["cell_too_long", ""]


def test_a_web_page_called_a_workbook_is_refused_in_words() -> None:
    for page in (
        "<html><table><tr><td>a</td></tr></table></html>",
        " <TABLE>",
        "<?xml version='1.0'?><Workbook/>",
    ):
        for encoding in ("utf-8", "utf-16", "gb18030"):
            with pytest.raises(IsWebPage):
                read(page.encode(encoding, "ignore"))


def test_the_other_process_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the key nor the database are told to whatever reads a stranger's file."""
    started = []
    popen = workbook.subprocess.Popen
    monkeypatch.setattr(
        workbook.subprocess, "Popen", lambda *a, **k: (started.append(k["env"]), popen(*a, **k))[1]
    )
    assert cells(book()) == PEOPLE
    assert os.environ["CLEW_SECRET_KEY"]
    assert started == [{"PYTHONUTF8": "1"}] * 2


def test_a_reader_that_stops_early_leaves_no_process() -> None:
    content = InMemory("x", packed(parts({"L": sheet([["name"], *[["Ann"]] * 5000])})))
    found = rows(content, examine(content).layout)
    assert next(found).cells == ["Ann"]
    found.close()  # type: ignore[attr-defined]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
