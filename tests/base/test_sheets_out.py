"""S13: what strangers typed is never a formula in a sheet that leaves Clew, and numbers stay whole."""

import csv
import io
import os
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from clew.base.sheets_out import Format, begin, end, go_on, inert, sheet
from clew.base.workbook import CELL_AT_MOST, ROWS_AT_MOST, Cell, SheetFull, Written

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TYPE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
BEGINNINGS = ["", *"=+-@\t\r\n＝＋－＠﹦﹢﹣﹫−"]
LEADING = [
    "",
    " ",
    "  ",
    '"',
    "'",
    "\u3000",
    "\ufeff",
    "\u200b",
    "“",
    "\t",
    ";",
    "a;",
    "a\n",
    "a\t",
]
WORDS = [
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://x")',
    "SUM(1;2);=3",
    "8613800138000",
    "甲",
    "5",
]
PLAIN = [
    "=1+1",
    "+8613800138000",
    "+861062345678,801",
    "13800138000",
    "01062345678",
    "-5",
    "-2+3",
    "_x0041_",
    "a\r\nb",
    'say "hi"',
    "昆山锐达",
    "😀",
]
hostile = st.builds(
    "".join,
    st.tuples(st.sampled_from(LEADING), st.sampled_from(BEGINNINGS), st.sampled_from(WORDS)),
)
texts = hostile | st.text(max_size=30) | st.sampled_from(PLAIN)
PHONE = re.compile(r"\+[0-9]+(,[0-9]+)?\t")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FORMULA = re.compile("[\\s\"'\u200b\u3000\ufeff]*[=+\\-@＝＋－＠]")


def made(kind: Format, rows: Sequence[Sequence[Cell]], width: int = 1) -> bytes:
    return b"".join(sheet(kind, [f"c{n}" for n in range(width)], rows))


def read_csv(content: bytes, separator: str = ",") -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))[1:]


def read_workbook(content: bytes) -> list[list[ElementTree.Element]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        root = ElementTree.fromstring(packed.read("xl/worksheets/sheet1.xml"))  # noqa: S314  our own
    return [list(row) for row in root.iter(f"{MAIN}row")][1:]


def is_harmless(cell: str) -> bool:
    """Whether a spreadsheet takes this CSV cell as it is: by an independent reading of the rule."""
    if not cell or PHONE.fullmatch(cell) or NUMBER.fullmatch(cell):
        return True
    return cell.startswith("'") or not (FORMULA.match(cell) or cell[0] in "\t\r\n")


def cleaned(text: str) -> str:
    return "".join(c for c in text if c in "\t\r\n" or (c >= " " and c not in "\x7f\ufffe\uffff"))


@given(st.lists(texts, min_size=1, max_size=20))
@example(["=1+1", " =1+1", "\t=1", "＝1", "x;=1+1;", "a\n@b"])
def test_no_cell_of_a_csv_file_begins_a_formula(cells: list[str]) -> None:
    rows = read_csv(made(Format.CSV, [[cell, "z"] for cell in cells], 2))
    assert len(rows) == len(cells)
    assert [cell for row in rows for cell in row if not is_harmless(cell)] == []


@given(st.lists(texts, min_size=1, max_size=20), st.sampled_from(";\t"))
@example(["x;=1+1;"], ";")
@example(["x;=1+1;\n=2"], ";")
def test_nor_where_a_spreadsheet_splits_at_another_separator(
    cells: list[str], separator: str
) -> None:
    rows = read_csv(made(Format.CSV, [["a", cell] for cell in cells], 2), separator)
    begun = [cell for row in rows for cell in row if re.match('[=@]|[+-](?![0-9]+[,\t"])', cell)]
    assert [cell for cell in begun if not NUMBER.fullmatch(cell)] == []


@given(texts)
def test_csv_text_is_what_was_given_but_for_the_mark(text: str) -> None:
    kept = inert(text).removesuffix("\t").replace("'", "")
    assert kept == cleaned(text).removesuffix("\t").replace("'", "")


def test_a_number_that_is_a_number_stays_one() -> None:
    given_ = [-5, 0, 12.5, Decimal("-38.60"), 10**15, "-5", "-12.50"]
    assert made(Format.CSV, [given_]).splitlines()[1] == (
        b'-5,0,12.5,-38.60,"1000000000000000\t","-5","-12.50"'
    )
    kinds = [cell.get("t") for cell in read_workbook(made(Format.XLSX, [given_]))[0]]
    assert kinds == [None, None, None, None, "inlineStr", "inlineStr", "inlineStr"]


def test_times_are_times() -> None:
    at = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
    row: list[Cell] = [at, date(2026, 1, 2), None, date(1850, 1, 1)]
    assert read_csv(made(Format.CSV, [row])) == [
        ["2026-11-23 12:00:05", "2026-01-02", "", "1850-01-01"]
    ]
    cells = read_workbook(made(Format.XLSX, [row]))[0]
    assert [cell.get("s") for cell in cells] == ["3", "4", "1"]
    assert abs(float(cells[0][0].text or 0) - (46349 + 43205 / 86400)) < 1e-8


@given(st.lists(st.lists(texts, min_size=3, max_size=3), max_size=20))
def test_a_workbook_holds_text_as_it_was_given_and_no_formula(rows: list[list[str]]) -> None:
    content = made(Format.XLSX, rows, 3)
    assert b"<f>" not in content
    read = read_workbook(content)
    assert all(cell.find(f"{MAIN}f") is None for row in read for cell in row)
    shown = [[unescaped(c.findtext(f"{MAIN}is/{MAIN}t", "")) for c in row] for row in read]
    assert shown == [[cleaned(cell) for cell in row if cell] for row in rows]


@given(st.lists(texts, min_size=1, max_size=30), st.data(), st.sampled_from(Format))
def test_where_a_file_was_left_does_not_show(
    cells: list[str], data: st.DataObject, kind: Format
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(cells)), max_size=4)))
    first, done = begin(kind, ["c0"])
    parts = [first]
    for start, stop in zip([0, *cuts], [*cuts, len(cells)], strict=True):
        more, done = go_on(kind, [[cell] for cell in cells[start:stop]], done)
        parts.append(more)
    content = b"".join([*parts, end(kind, done)])
    whole = made(kind, [[cell] for cell in cells])
    if kind is Format.CSV:
        assert content == whole
    else:
        dumped = [
            [ElementTree.tostring(c) for r in read_workbook(f) for c in r] for f in (content, whole)
        ]
        assert dumped[0] == dumped[1]


def test_a_workbook_that_is_full_says_so() -> None:
    with pytest.raises(SheetFull):
        go_on(Format.XLSX, [["x"]], Written(rows=ROWS_AT_MOST))
    with pytest.raises(SheetFull):
        go_on(Format.XLSX, [["x"]], Written(rows=2, plain=2**32 - 10))
    more, done = go_on(Format.CSV, [["x"]], Written(rows=ROWS_AT_MOST))
    assert (more, done.rows) == (b'"x"\r\n', ROWS_AT_MOST + 1)


def test_text_longer_than_a_cell_is_cut() -> None:
    cells = read_workbook(made(Format.XLSX, [["x" * 40_000, "😀" * 20_000]], 2))[0]
    lengths = [len(c.findtext(f"{MAIN}is/{MAIN}t", "").encode("utf-16-le")) // 2 for c in cells]
    assert lengths == [CELL_AT_MOST, CELL_AT_MOST - 1]


def test_hostile_cells_take_no_time() -> None:
    began = time.process_time()
    for unit in ("\t", ";", " ", ";\u3000", "'", "\n'", "_x0", "9"):
        inert(unit * 200_000 + "x")
        made(Format.XLSX, [[unit * 30_000]])
    assert time.process_time() - began < 1


@pytest.fixture
def office(tmp_path: Path) -> str:
    """LibreOffice; where there is none the test is skipped by name, unless that is forbidden."""
    found = shutil.which("soffice")
    if found:
        return found
    if os.environ.get("CLEW_REQUIRE_OFFICE") == "1":
        pytest.fail("CLEW_REQUIRE_OFFICE=1, but there is no soffice: libreoffice-calc-nogui")
    pytest.skip("no LibreOffice on this machine")


@settings(
    max_examples=3,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(texts.filter(cleaned), min_size=150, max_size=200))
@example([a + b + c for a in LEADING for b in BEGINNINGS for c in WORDS])
def test_libreoffice_finds_no_formula(office: str, tmp_path: Path, cells: list[str]) -> None:
    rows: list[list[Cell]] = [[n, cell, n, "+8613800138000"] for n, cell in enumerate(cells)]
    for kind, how in (
        (Format.XLSX, ""),
        (Format.CSV, "CSV:44,34,76,1,,2052,false,true,false,false,false,-1,true"),
        (Format.CSV, "CSV:44/59/9,34,76,1,,1033,false,true,false,false,false,-1,true"),
    ):
        found = opened(office, tmp_path, kind, made(kind, rows, 4), how)
        assert [c for row in found for c in row if c.get(f"{TABLE}formula")] == []
        last = [[c for c in row if c.get(TYPE)][-1] for row in found if row[0].get(TYPE) == "float"]
        assert len(last) == len(cells)
        shown = {(c.get(TYPE), "".join(c.itertext()).strip()) for c in last}
        assert shown == {("string", "+8613800138000")}


def test_libreoffice_would_find_a_formula(office: str, tmp_path: Path) -> None:
    bare = b'"a"\r\n"=1+1"\r\n"+8613800138000"\r\n'
    how = "CSV:44,34,76,1,,2052,false,true,false,false,false,-1,true"
    found = opened(office, tmp_path, Format.CSV, bare, how)
    assert found[1][0].get(f"{TABLE}formula") == "of:=1+1"
    assert found[2][0].get(TYPE) == "float"


def opened(
    office: str, folder: Path, kind: Format, content: bytes, how: str
) -> list[list[ElementTree.Element]]:
    """Give the rows of cells that LibreOffice reads, formulas computed where it takes some for such."""
    (folder / f"sheet.{kind}").write_bytes(content)
    result = folder / "sheet.fods"
    result.unlink(missing_ok=True)
    subprocess.run(
        [
            office,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "fods",
            *([f"--infilter={how}"] if how else []),
            "--outdir",
            str(folder),
            str(folder / f"sheet.{kind}"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    root = ElementTree.parse(result).getroot()  # noqa: S314  LibreOffice wrote it
    return [list(row) for row in root.iter(f"{TABLE}table-row")]


def unescaped(text: str) -> str:
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)
