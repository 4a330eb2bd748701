"""Text files as people have them: any encoding, separator, quote and line end."""

import pytest

from clew.capture.sheets.content import InMemory
from clew.capture.sheets.errors import FileEmpty, NotAChoice
from clew.capture.sheets.layout import Layout, Row
from clew.capture.sheets.reading import examine, rows

PEOPLE = [
    ["姓名", "电话", "公司"],
    ["张三", "13800138000", "苏州精密"],
    ["李四", "13900139000", "启恒"],
]


def read(content: bytes | str, chosen: Layout | None = None) -> tuple[Layout, list[Row]]:
    given = InMemory("people.csv", content.encode() if isinstance(content, str) else content)
    layout = examine(given, chosen).layout
    return layout, list(rows(given, layout))


def cells(content: bytes | str) -> list[list[str]]:
    layout, found = read(content)
    return [layout.columns, *(row.cells for row in found if not row.fault)]


def faults(content: bytes | str) -> dict[int, str]:
    return {row.number: row.fault for row in read(content)[1] if row.fault}


def table(separator: str = ",", end: str = "\n") -> str:
    return "".join(separator.join(row) + end for row in PEOPLE)


@pytest.mark.parametrize("separator", list(",;\t|"))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5"]
)
def test_a_table_is_read_however_it_is_written(separator: str, end: str, encoding: str) -> None:
    people = table(separator, end)
    if encoding == "big5":
        people = people.translate(str.maketrans("张苏启恒电话", "張蘇啟恆電話"))
    if encoding == "big5":
        assert len(cells(people.encode("big5", "ignore"))) == 3
    else:
        assert cells(people.encode(encoding)) == PEOPLE


def test_an_empty_file_is_refused() -> None:
    for content in ("", "\n\n \n", "姓名,电话\n", ",,,\n,,\n"):
        with pytest.raises(FileEmpty):
            read(content)


def test_a_line_in_another_encoding_is_read_all_the_same() -> None:
    lines = table().splitlines(keepends=True)
    mixed = lines[0].encode() + lines[1].encode("gb18030") + lines[2].encode()
    assert cells(mixed) == PEOPLE
    mostly_gb = (table() * 5).encode("gb18030") + lines[2].encode()
    assert cells(mostly_gb)[-1] == PEOPLE[2]


def test_short_chinese_that_looks_like_latin_stays_chinese() -> None:
    """The two bytes of 一 in GB18030 are a Latin letter in UTF-8."""
    names = [chr(c) for c in range(0x4E00, 0x9FA5) if _looks_like_utf8(chr(c))][:300]
    lines = ["姓名,电话", *["张三丰,13900139000"] * 301, *(f"{name},13800138000" for name in names)]
    assert [row[0] for row in cells("\n".join(lines).encode("gb18030"))[302:]] == names


def _looks_like_utf8(text: str) -> bool:
    try:
        text.encode("gb18030").decode()
    except UnicodeDecodeError:
        return False
    return True


def test_a_row_that_is_no_text_is_named_and_not_guessed() -> None:
    broken = "王小明,13700137000,苏州工业园区".encode()
    content = table().encode() + broken[:2] + broken[3:] + b"\n" + "赵六,136,x\n".encode()
    assert faults(content) == {4: "undecodable"}
    assert "\ufffd" in read(content)[1][2].cells[0]
    assert faults(table().encode() + b"a\x00b,1,2\n") == {4: "nul_bytes"}


def test_western_text_is_no_chinese() -> None:
    content = "Name;Ort\nMüller;Köln\nJosé;Málaga\nFrançois;Orléans\n".encode("cp1252")
    assert cells(content)[1:] == [["Müller", "Köln"], ["José", "Málaga"], ["François", "Orléans"]]


def test_line_ends_may_change_within_a_file() -> None:
    one, two, three = (",".join(row) for row in PEOPLE)
    assert cells(f"{one}\r\n{two}\r{three}") == PEOPLE
    assert cells(f"\r\n\r\n{one}\n\n{two}\r\n{three}\r\r") == PEOPLE


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    content = 'name,note\nAnn,"two\nlines"\n\nBob,one\n'
    assert [(row.number, row.cells[1]) for row in read(content)[1]] == [
        (2, "two\nlines"),
        (4, "one"),
    ]


def test_what_excel_says_about_the_separator_is_believed() -> None:
    layout, found = read("sep=;\nname;price\nAnn;1,5\nBob;2,5\n")
    assert (layout.separator, layout.header_row) == (";", 1)
    assert found[0].cells == ["Ann", "1,5"]


def test_blank_columns_and_rows_are_left_out() -> None:
    blank = "," * 400
    content = f"name,,phone{blank}\nAnn,,138{blank}\n,,{blank}\nBob,,139{blank}\n"
    assert cells(content) == [["name", "phone"], ["Ann", "138"], ["Bob", "139"]]


def test_whole_rows_in_one_quoted_field_are_unwrapped() -> None:
    rows_ = ["name,phone,note", "Ann,138,first", 'Bob,139,"a, b"', "Cyd,137,last"]
    wrapped = ['"' + row.replace('"', '""') + '"' for row in rows_]
    plain = [["name", "phone", "note"], ["Ann", "138", "first"], ["Bob", "139", "a, b"]]
    assert cells("\n".join(wrapped))[:3] == plain
    assert cells("\r\n".join([rows_[0], *wrapped[1:3], rows_[3]]))[:3] == plain
    assert cells("\n".join(row + ",," for row in wrapped))[:3] == plain


def test_an_unclosed_quote_costs_one_row() -> None:
    rows_ = [f'Ann{n},"x{n}",13800138{n:03}' for n in range(200)]
    rows_[50] = 'Eve,"open,13900139000'
    content = "name,note,phone\n" + "\n".join(rows_)
    assert faults(content) == {52: "broken_quotes"}
    assert len(cells(content)) == 200
    bare = "name,note,phone\n" + "\n".join(row.replace('"', "") for row in rows_)
    assert len(cells(bare.replace("Eve,open", 'Eve,"open'))) == 201  # no cell is quoted here
    late = bare.replace("x0,", '"x0",').replace("Eve,open", 'Eve,"open')
    assert faults(late) == {52: "broken_quotes"}


def test_sloppy_quotes_are_understood_where_the_row_then_fits() -> None:
    content = 'name,note\nAnn,"5" nail"\nBob,"say \\"hi\\", Bob"\nCyd,plain\n'
    assert cells(content)[2:] == [["Bob", 'say "hi", Bob'], ["Cyd", "plain"]]
    assert not faults(content)


def test_cells_too_many_are_a_fault_and_blank_ones_are_not() -> None:
    content = "name,phone\n" + "Ann,138\n" * 30 + "Bob,139,,\nCyd,137,,stray\n"
    assert faults(content) == {33: "too_many_cells"}
    assert read(content)[1][-1].cells == ["Cyd", "137,stray"]


def test_a_short_row_among_whole_ones_is_damaged() -> None:
    regular = "name,phone,city\n" + "Ann,138,Suzhou\n" * 30
    assert faults(regular + "Bob\n") == {32: "too_few_cells"}
    assert not faults(regular + "Bob,139,\n")
    assert not faults("name,phone,city\n" + "Ann,138\n" * 5 + "Bob,139,Suzhou\n")


def test_a_cell_or_row_beyond_all_measure_is_a_fault() -> None:
    content = f"name,note\nAnn,{'x' * 40_000}\nBob,ok\nCyd,{'y' * 3_000_000}\nDan,ok\n"
    assert faults(content) == {2: "cell_too_long", 4: "row_too_long"}


def test_a_header_that_comes_again_is_no_row() -> None:
    content = "name,phone\nAnn,138\nname,phone\nBob,139\n"
    assert faults(content) == {3: "header_again"}
    assert faults("name,full　phone\nAnn,138\nname,full　phone\nBob,139\n") == {3: "header_again"}


def test_formulas_that_only_hold_a_text_are_that_text() -> None:
    content = 'id,phone\n="0073",="13800138000"\n="1"&"2",=B2\n'
    assert cells(content)[1:] == [["0073", "13800138000"], ['="1"&"2"', "=B2"]]


def test_somebody_may_know_better() -> None:
    content = "List of 2024\nname;phone\nAnn;138\n"
    layout, found = read(content, Layout(header_row=0, separator=";"))
    assert layout.header_row == 0
    assert [row.cells[0] for row in found] == ["List of 2024", "name", "Ann"]
    layout, found = read(content, Layout(header_row=2))
    assert layout.columns == ["name", "phone"]
    for wrong in (Layout(encoding="ebcdic"), Layout(separator="ab"), Layout(header_row=99)):
        with pytest.raises(NotAChoice):
            read(content, wrong)
