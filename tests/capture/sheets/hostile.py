"""Sixty files that mean harm, each made when it is asked for, and what each is refused with."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from clew.capture.sheets import errors as e
from clew.errors import ClewError
from tests.capture.sheets.books import MAIN, PEOPLE, book, packed, parts, sheet

Case = tuple[Callable[[], bytes], type[ClewError]]
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
HONEST = parts({"List": sheet([list(row) for row in PEOPLE])})
MEGA = 1 << 20


def _with(**files: bytes) -> dict[str, bytes]:
    names = {
        "sheet": SHEET,
        "strings": STRINGS,
        "other": "docProps/app.xml",
        "book": "xl/workbook.xml",
    }
    return {**HONEST, **{names[key]: content for key, content in files.items()}}


def _in_sheet(text: str) -> dict[str, bytes]:
    return _with(
        sheet=f'<worksheet xmlns="{MAIN}"><sheetData>{text}</sheetData></worksheet>'.encode()
    )


def _doctype(before: str, name: str = "sheet") -> bytes:
    body = HONEST[SHEET].decode().split("?>", 1)[1]
    return packed(_with(**{name: f'<?xml version="1.0"?>{before}{body}'.encode()}))


def _laughs() -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>'


def _bomb(size: int, level: int = 9) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
    zeros = bytes(MEGA)
    return b"".join([squeeze.compress(zeros) for _ in range(size // MEGA)]) + squeeze.flush()


class Raw:
    """A ZIP of which every field may lie."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.directory: list[bytes] = []
        for name, content in HONEST.items():
            self.add(name, content)

    def add(self, name: str, content: bytes, **lies: int | bytes | str) -> "Raw":
        method = int(lies.get("method", 0))
        data = lies.get("data", content)
        assert isinstance(data, bytes)
        size = int(lies.get("size", len(content)))
        packed_size = int(lies.get("packed", len(data)))
        crc = int(lies.get("crc", zlib.crc32(content)))
        flags = int(lies.get("flags", 0))
        offset = int(lies.get("offset", self.out.tell()))
        local = str(lies.get("local", name)).encode()
        self.out.write(
            struct.pack(
                "<4s5HLLLHH",
                b"PK\x03\x04",
                20,
                flags,
                method,
                0,
                33,
                crc,
                packed_size,
                size,
                len(local),
                0,
            )
            + local
            + data
        )
        self.directory.append(
            struct.pack(
                "<4s6H3L5H2L",
                b"PK\x01\x02",
                20,
                20,
                flags,
                method,
                0,
                33,
                crc,
                packed_size,
                size,
                len(name.encode()),
                0,
                0,
                0,
                0,
                0,
                offset,
            )
            + name.encode()
        )
        return self

    def done(self, *, count: int = -1, after: bytes = b"", before: bytes = b"") -> bytes:
        at, directory = self.out.tell(), b"".join(self.directory)
        entries = len(self.directory) if count < 0 else count
        end = struct.pack(
            "<4s4H2LH",
            b"PK\x05\x06",
            0,
            0,
            entries & 0xFFFF,
            entries & 0xFFFF,
            len(directory),
            at,
            0,
        )
        return before + self.out.getvalue() + directory + end + after


def _overlapping() -> bytes:
    """Many names for the same packed bytes, as in the better zip bombs."""
    data = _bomb(8 * MEGA)
    raw = Raw()
    at = raw.out.tell()
    for n in range(500):
        raw.add(
            f"xl/media/{n}.bin",
            b"",
            method=8,
            data=data if n == 0 else b"",
            size=MEGA // 2,
            packed=len(data),
            crc=0,
            offset=at,
            local="xl/media/0.bin",
        )
    return raw.done()


def _quoted_overlap() -> bytes:
    raw = Raw()
    inner = raw.out.tell()
    raw.add("xl/a.xml", b"<a/>" * 10)
    raw.add("xl/b.xml", b"<b/>", offset=inner, local="xl/b.xml")
    return raw.done()


def _nested(depth: int) -> bytes:
    content = packed({"0.bin": bytes(10 * MEGA)})
    for level in range(depth):
        content = packed({f"{level}-{n}.zip": content for n in range(4)})
    return content


def _ole(*names: str, sector: bytes = b"") -> bytes:
    head = bytearray(512)
    head[:8] = bytes.fromhex("D0CF11E0A1B11AE1")
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<LLLLLLLLL", head, 40, 0, 1, 1, 0, 0x1000, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109L", head, 76, 0, *[0xFFFFFFFF] * 108)
    table = sector or struct.pack("<128L", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    folder = b"".join(_entry(name, n == 0) for n, name in enumerate(("Root Entry", *names)))
    return bytes(head) + table + folder.ljust(512, b"\0")


def _entry(name: str, is_root: bool) -> bytes:  # noqa: FBT001
    text = name.encode("utf-16-le")
    kind = 5 if is_root else 2
    child = 1 if is_root else 0xFFFFFFFF
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBLLL", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        + bytes(36)
        + struct.pack("<LQ", 0xFFFFFFFE, 0)
    )


def _picture(kind: bytes) -> Callable[[], bytes]:
    return lambda: kind + bytes(range(256)) * 8


def _million_cells() -> bytes:
    return packed(
        _in_sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    )


def _counted(strings: str) -> bytes:
    head = f'<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295">'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n}</v></c></row>' for n in range(1, 4))
    return packed(
        {
            **_linked(),
            SHEET: _in_sheet(cells)[SHEET],
            STRINGS: f"{head}{strings}</sst>".encode(),
        }
    )


def _linked() -> dict[str, bytes]:
    link = (
        b'<Relationship Id="rId9" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org'
        b'/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    )
    place = "xl/_rels/workbook.xml.rels"
    return {**HONEST, place: HONEST[place].replace(b"</Relationships>", link)}


def _renamed(name: str) -> Callable[[], bytes]:
    return lambda: packed({**HONEST, name: b"x"})


def _in_sum() -> bytes:
    raw = Raw()
    for n in range(9):
        raw.add(f"xl/media/{n}", b"", method=8, data=b"", size=150 * MEGA, packed=MEGA)
    return raw.done()


def _many(count: int) -> bytes:
    raw = Raw()
    for n in range(count):
        raw.add(f"xl/media/{n}", b"")
    return raw.done()


CASES: dict[str, Case] = {
    # bombs
    "one steep part": (
        lambda: (
            Raw().add("xl/media/a.bin", b"", method=8, data=_bomb(20 * MEGA), size=20 * MEGA).done()
        ),
        e.WorkbookTooLarge,
    ),
    "a steep sheet": (lambda: packed(_in_sheet("<row/>" * 2_000_000)), e.WorkbookTooLarge),
    "a sheet of blanks": (lambda: packed(_in_sheet(" " * 8 * MEGA)), e.WorkbookTooLarge),
    "one huge shared string": (
        lambda: packed(
            _with(strings=f'<sst xmlns="{MAIN}"><si><t>{"A" * 8 * MEGA}</t></si></sst>'.encode())
        ),
        e.WorkbookTooLarge,
    ),
    "a size that is too small": (
        lambda: Raw().add("xl/a.xml", b"", method=8, data=_bomb(20 * MEGA), size=1000).done(),
        e.WorkbookSuspicious,
    ),
    "a size of nothing": (
        lambda: Raw().add("xl/a.xml", b"", method=8, data=_bomb(20 * MEGA), size=0).done(),
        e.WorkbookSuspicious,
    ),
    "a size of four gigabytes": (
        lambda: Raw().add("xl/a.xml", b"<a/>", size=0xFFFFFFF0).done(),
        e.WorkbookTooLarge,
    ),
    "a gigabyte in sum": (_in_sum, e.WorkbookTooLarge),
    "a size too large": (lambda: Raw().add("xl/a.xml", b"<a/>", size=99).done(), e.FileUnreadable),
    "a wrong checksum": (lambda: Raw().add("xl/a.xml", b"<a/>", crc=1).done(), e.FileUnreadable),
    "parts that overlap": (_overlapping, e.WorkbookSuspicious),
    "a part within a part": (_quoted_overlap, e.WorkbookSuspicious),
    "archives in archives": (lambda: _nested(3), e.IsArchive),
    "an archive of one bomb": (lambda: packed({"0.csv": bytes(20 * MEGA)}), e.IsArchive),
    "a gzip bomb": (lambda: b"\x1f\x8b\x08" + bytes(7) + _bomb(20 * MEGA), e.IsArchive),
    "twenty thousand parts": (lambda: _many(20_000), e.WorkbookSuspicious),
    # XML
    "a document type": (lambda: _doctype("<!DOCTYPE worksheet>"), e.WorkbookSuspicious),
    "a billion laughs": (lambda: _doctype(_laughs()), e.WorkbookSuspicious),
    "one long entity, often": (
        lambda: _doctype(f'<!DOCTYPE x [<!ENTITY a "{"A" * 50_000}">]>'),
        e.WorkbookSuspicious,
    ),
    "a file from outside": (
        lambda: _doctype('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        e.WorkbookSuspicious,
    ),
    "an address from outside": (
        lambda: _doctype('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
        e.WorkbookSuspicious,
    ),
    "an entity of parameters": (
        lambda: _doctype('<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;]>'),
        e.WorkbookSuspicious,
    ),
    "a small document type": (lambda: _doctype("<!doctype x>"), e.WorkbookSuspicious),
    "a late document type": (
        lambda: _doctype(
            f"<!--{'-' * 300_000}--><!DOCTYPE x>".replace("--" * 150_000, "- " * 150_000)
        ),
        e.WorkbookSuspicious,
    ),
    "a document type elsewhere": (lambda: _doctype(_laughs(), "other"), e.WorkbookSuspicious),
    "a document type in the book": (lambda: _doctype(_laughs(), "book"), e.WorkbookSuspicious),
    "a document type in the strings": (
        lambda: _doctype(_laughs(), "strings"),
        e.WorkbookSuspicious,
    ),
    "a document type in UTF-16": (
        lambda: packed(_with(sheet='<!DOCTYPE x [<!ENTITY a "b">]>'.encode("utf-16"))),
        e.WorkbookSuspicious,
    ),
    "UTF-16 without a mark": (
        lambda: packed(_with(sheet="<?xml version='1.0'?><!DOCTYPE x>".encode("utf-16-be"))),
        e.WorkbookSuspicious,
    ),
    "depth": (lambda: packed(_in_sheet("<a>" * 5000)), e.WorkbookSuspicious),
    "depth, closed again": (
        lambda: packed(_in_sheet("<a>" * 100_000 + "</a>" * 100_000)),
        e.WorkbookSuspicious,
    ),
    "half an element": (lambda: packed(_in_sheet("<row><c r='A1'><v>1")), e.FileUnreadable),
    "an unknown entity": (
        lambda: packed(_in_sheet('<row r="1"><c r="A1" t="str"><v>&xxe;</v></c></row>')),
        e.FileUnreadable,
    ),
    # sheets
    "the farthest cell": (_million_cells, e.WorkbookTooLarge),
    "a cell beyond the farthest": (
        lambda: packed(_in_sheet('<row r="1"><c r="ZZZZZZZ99999999999"><v>1</v></c></row>')),
        e.WorkbookSuspicious,
    ),
    "only the size of a sheet": (
        lambda: packed({**HONEST, SHEET: sheet([], "A1:XFD1048576")}),
        e.FileEmpty,
    ),
    "two thousand columns": (
        lambda: book([[f"n{n}" for n in range(2000)], list(range(2000))]),
        e.TooManyColumns,
    ),
    "four billion strings": (lambda: _counted("<si><t>a</t></si>"), e.WorkbookTooLarge),
    "no sheet": (lambda: packed(parts({})), e.FileUnreadable),
    "a sheet that is not there": (
        lambda: packed({k: v for k, v in HONEST.items() if k != SHEET}),
        e.FileUnreadable,
    ),
    # names
    "a name that climbs": (_renamed("../../../etc/cron.d/x"), e.WorkbookSuspicious),
    "a name that climbs the other way": (_renamed("xl\\..\\..\\x.xml"), e.WorkbookSuspicious),
    "a name from the root": (_renamed("/etc/passwd"), e.WorkbookSuspicious),
    "a name with a drive": (_renamed("C:/windows/x"), e.WorkbookSuspicious),
    "a part twice": (lambda: Raw().add(SHEET, b"<worksheet/>").done(), e.WorkbookSuspicious),
    "a part with two names": (
        lambda: Raw().add("xl/a.xml", b"<a/>", local="xl/b.xml").done(),
        e.WorkbookSuspicious,
    ),
    # locked, cut, and two things at once
    "a locked part": (lambda: Raw().add("xl/a.xml", b"<a/>", flags=1).done(), e.WorkbookEncrypted),
    "a locked workbook": (lambda: _ole("EncryptionInfo", "EncryptedPackage"), e.WorkbookEncrypted),
    "a Word document of old": (lambda: _ole("WordDocument"), e.IsDocument),
    "a table of sectors in a ring": (
        lambda: _ole("Workbook", sector=struct.pack("<128L", *[0] * 128)),
        e.FileUnreadable,
    ),
    "an old workbook of noise": (
        lambda: bytes.fromhex("D0CF11E0A1B11AE1") + bytes(range(256)) * 20,
        e.FileUnreadable,
    ),
    "half a workbook": (lambda: book()[:-300], e.FileUnreadable),
    "a workbook and a page": (lambda: book() + b"<script>alert(1)</script>", e.FileUnreadable),
    "a picture and a workbook": (lambda: b"GIF89a" + book(), e.IsPicture),
    "a document and a workbook": (lambda: b"%PDF-1.7\n" + book(), e.IsDocument),
    "a program and a workbook": (lambda: b"MZ\x90\x00" + bytes(60) + book(), e.IsProgram),
    "a new Word document": (lambda: packed({"word/document.xml": b"<w/>"}), e.IsDocument),
    "an unknown packing": (lambda: packed(HONEST, zipfile.ZIP_LZMA), e.FileUnreadable),
    # no workbook at all
    "a Linux program": (_picture(b"\x7fELF\x02\x01\x01"), e.IsProgram),
    "a page with a script": (lambda: b"<!DOCTYPE html><script>alert(1)</script>", e.IsWebPage),
    "noise": (lambda: bytes(range(256)) * 400, e.NotATable),
}
