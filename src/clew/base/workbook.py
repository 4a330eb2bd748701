"""XLSX, a stretch of rows at a time: one sheet of text, numbers and times, and never a formula.

A workbook is a ZIP. The sheet is its last part and is deflated in stretches that end on a byte each,
so bytes may be stored as they come and another process goes on from `Written` alone.
"""

import re
import struct
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from xml.sax.saxutils import escape

from msgspec import Struct

from clew.errors import Invalid

Cell = str | int | float | Decimal | datetime | date | None

ROWS_AT_MOST = 1_048_576  # what Excel opens, the header among them
CELL_AT_MOST = 32_767  # characters, counted in UTF-16
LARGEST = 0xFFFF_FFFE  # bytes, packed or not
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's time has no zone
_TRUE_SINCE = 61  # before March 1900 Excel counts a day that never was
_TEXT, _HEADER, _TIME, _DAY = 1, 2, 3, 4  # places in the list of cell formats below


class SheetFull(Invalid):
    """This is more than one sheet can hold. Narrow the filter, or take fewer columns."""

    code = "sheet_full"


class Written(Struct, frozen=True):
    """How far a file has come: rows with the header, and what a ZIP must know of its largest part."""

    rows: int = 0
    plain: int = 0
    packed: int = 0
    crc: int = 0


def begin(columns: Sequence[str]) -> tuple[bytes, Written]:
    """Give the first bytes, up to the header row, and how far the workbook has come."""
    packed, done = _pack(_SHEET_HEAD + _row(1, columns, text=_HEADER), Written(rows=1))
    return b"".join(_local(name, body) for name, body in _PARTS) + _SHEET_ENTRY + packed, done


def go_on(rows: Sequence[Sequence[Cell]], done: Written) -> tuple[bytes, Written]:
    """Give the bytes of some more rows. Longer text than a cell holds is cut. Raises SheetFull."""
    count = done.rows + len(rows)
    if count > ROWS_AT_MOST:
        raise SheetFull(rows=count, at_most=ROWS_AT_MOST)
    made = "".join(_row(done.rows + at, row) for at, row in enumerate(rows, start=1))
    return _pack(made, Written(count, done.plain, done.packed, done.crc))


def end(done: Written) -> bytes:
    """Give the last bytes. Raises SheetFull."""
    packed, done = _pack("</sheetData></worksheet>", done)
    done = Written(done.rows, done.plain, done.packed + len(_LAST_BLOCK), done.crc)
    return packed + _LAST_BLOCK + _directory(done)


def is_plain(number: float | Decimal) -> bool:
    """Tell whether a spreadsheet holds this number as it is: fifteen digits, and finite."""
    return -(10**15) < number < 10**15


def _row(number: int, cells: Sequence[Cell], *, text: int = _TEXT) -> str:
    made = (
        _cell(f"{_letters(at)}{number}", cell, text)
        for at, cell in enumerate(cells)
        if cell is not None and cell != ""
    )
    return f'<row r="{number}">{"".join(made)}</row>'


def _cell(place: str, cell: Cell, text: int) -> str:
    if isinstance(cell, date):
        days = (_naive(cell) - _DAY_ZERO).total_seconds() / 86_400
        if days >= _TRUE_SINCE:
            style = _TIME if isinstance(cell, datetime) else _DAY
            return f'<c r="{place}" s="{style}"><v>{days:.10f}</v></c>'
    elif isinstance(cell, int | float | Decimal) and is_plain(cell):
        return f'<c r="{place}"><v>{cell}</v></c>'
    words = escape(_ESCAPE.sub("_x005F_", _cut(NOT_TEXT.sub("", str(cell)))))
    words = words.replace("\r", "_x000D_")
    return (
        f'<c r="{place}" s="{text}" t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>'
    )


def _naive(at: date) -> datetime:
    """Give a time without its zone; a datetime is a date too."""
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime.combine(at, time())


def _cut(text: str) -> str:
    if len(text) <= CELL_AT_MOST // 2:
        return text
    return text.encode("utf-16-le")[: CELL_AT_MOST * 2].decode("utf-16-le", "ignore")


def _letters(at: int) -> str:
    """Name a column as spreadsheets do: A to Z, AA."""
    name, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


# The parts that never change

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN = "http://schemas.openxmlformats.org"
_MAIN = f"{_OPEN}/spreadsheetml/2006/main"
_DOCUMENT = f"{_OPEN}/officeDocument/2006/relationships"
_PACKAGE = f"{_OPEN}/package/2006"
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_FONT = '<font>{}<sz val="11"/><name val="Calibri"/><family val="2"/></font>'
_XF = '<xf numFmtId="{}" fontId="{}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
_FORMATS = ((0, 0), (49, 0), (49, 1), (164, 0), (165, 0))  # 49 is text: it stays so when edited

_CONTENT_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_MEDIA}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_MEDIA}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_MEDIA}.worksheet+xml"/>'
    "</Types>"
)
_OF_PACKAGE = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">'
    '<sheets><sheet name="Clew" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_OF_WORKBOOK = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    "</Relationships>"
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    f'<fonts count="2">{_FONT.format("")}{_FONT.format("<b/>")}</fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="5">{"".join(_XF.format(*one) for one in _FORMATS)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_PARTS = [
    (name, (_XML + body).encode())
    for name, body in (
        ("[Content_Types].xml", _CONTENT_TYPES),
        ("_rels/.rels", _OF_PACKAGE),
        ("xl/workbook.xml", _WORKBOOK),
        ("xl/_rels/workbook.xml.rels", _OF_WORKBOOK),
        ("xl/styles.xml", _STYLES),
    )
]
_SHEET = "xl/worksheets/sheet1.xml"
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    '</sheetView></sheetViews><sheetFormatPr defaultColWidth="16" defaultRowHeight="15"/>'
    "<sheetData>"
)


# The ZIP around them

_FOLLOWS = 0x0008  # sizes and checksum follow the part, since they are known only then
_DEFLATED = 8
_DATE = 0x0021  # 1980-01-01, so that equal rows give equal bytes
_LAST_BLOCK = b"\x03\x00"  # an empty one that says it is the last


def _pack(text: str, done: Written) -> tuple[bytes, Written]:
    plain = text.encode("utf-8", "replace")
    size = done.plain + len(plain)
    if size > LARGEST:
        raise SheetFull(bytes=size, at_most=LARGEST)
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed, Written(done.rows, size, done.packed + len(packed), zlib.crc32(plain, done.crc))


def _head(name: str, how: tuple[int, int], figures: tuple[int, int, int]) -> bytes:
    fields = (b"PK\x03\x04", 20, *how, 0, _DATE, *figures, len(name), 0)
    return struct.pack("<4s5H3I2H", *fields) + name.encode()


def _local(name: str, body: bytes) -> bytes:
    return _head(name, (0, 0), (zlib.crc32(body), len(body), len(body))) + body


_SHEET_ENTRY = _head(_SHEET, (_FOLLOWS, _DEFLATED), (0, 0, 0))


def _directory(done: Written) -> bytes:
    offset, entries = 0, b""
    for name, body in _PARTS:
        entries += _entry(name, (0, 0), (zlib.crc32(body), len(body), len(body)), offset)
        offset += len(_local(name, body))
    figures = (done.crc, done.packed, done.plain)
    entries += _entry(_SHEET, (_FOLLOWS, _DEFLATED), figures, offset)
    follows = struct.pack("<4s3I", b"PK\x07\x08", *figures)
    start = offset + len(_SHEET_ENTRY) + done.packed + len(follows)
    count = len(_PARTS) + 1
    last = (b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    return follows + entries + struct.pack("<4s4H2IH", *last)


def _entry(name: str, how: tuple[int, int], figures: tuple[int, int, int], offset: int) -> bytes:
    head = struct.pack("<4s6H3I", b"PK\x01\x02", 20, 20, *how, 0, _DATE, *figures)
    return head + struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, offset) + name.encode()
