"""Any spreadsheet in: how it is laid out, what its columns hold, and its rows one by one."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from msgspec.structs import replace

from clew.capture.sheets import table, text, workbook
from clew.capture.sheets.content import Content
from clew.capture.sheets.encodings import ENCODINGS, guess
from clew.capture.sheets.errors import FileEmpty, NotAChoice, NotATable
from clew.capture.sheets.kinds import is_binary, kind
from clew.capture.sheets.layout import Examined, Layout, Row
from clew.capture.sheets.records import Dialect

_HEAD = 1 << 20
_BLANK = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"


def examine(
    content: Content,
    chosen: Layout | None = None,
    *,
    tell: Callable[[int], None] = lambda _size: None,
) -> Examined:
    """Read a file once from its start to its end, holding little of it.

    What `chosen` leaves open is found out. `tell` hears from time to time how many bytes were read.
    Raises FileEmpty, FileUnreadable, NotATable, NotAChoice and their kin.
    """
    chosen = chosen or Layout()
    with content.open() as stream:
        head = _read(stream, _HEAD)
    if not head.strip(_BLANK):
        raise FileEmpty
    is_text = kind(head) == "text"
    layout = _text_layout(head, chosen) if is_text else chosen
    with content.open() as stream:
        hashing = _Hashing(stream, tell)
        read = _examine_text if is_text else _examine_workbook
        found = read(cast("BinaryIO", hashing), layout)
        hashing.finish()
    return Examined(found.layout, found.columns, found.row_count, hashing.digest())


def rows(content: Content, layout: Layout) -> Iterator[Row]:
    """Give the rows of an examined file one by one, holding one at a time.

    Raises what `examine` raises, if the file is another one now.
    """
    with content.open() as stream:
        if layout.kind == "workbook":
            with workbook.opened(stream, layout.sheet) as sheet:
                yield from table.rows(
                    enumerate(sheet.records, 1), layout, _dialect(layout), _always
                )
            return
        lines, records = text.read(stream, layout)
        yield from table.rows(
            enumerate(records, 1), layout, _dialect(layout), lambda: lines.is_suspect
        )


def _examine_text(stream: BinaryIO, layout: Layout) -> table.Table:
    lines, records = text.read(stream, layout)
    examination = table.Examination(layout, _dialect(layout), lambda: lines.is_suspect)
    return examination.run(enumerate(records, 1))


def _examine_workbook(stream: BinaryIO, chosen: Layout) -> table.Table:
    with workbook.opened(stream, chosen.sheet) as sheet:
        layout = replace(
            chosen,
            kind="workbook",
            encoding="",
            separator=",",
            quote='"',
            sheet=sheet.name,
            sheets=sheet.names,
        )
        examination = table.Examination(layout, _dialect(layout), _always)
        return examination.run(enumerate(sheet.records, 1))


def _always() -> bool:
    return True


class _Hashing(io.RawIOBase):
    """A stream whose digest is taken while it is read."""

    def __init__(self, stream: BinaryIO, tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell
        self._size = 0
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(size)
        self._digest.update(content)
        self._size += len(content)
        self._tell(self._size)
        return content

    def finish(self) -> None:
        """Read what nobody wanted."""
        while self.read(_HEAD):
            pass

    def digest(self) -> bytes:
        return self._digest.digest()


def _text_layout(head: bytes, chosen: Layout) -> Layout:
    encoding = chosen.encoding or guess(head)
    if encoding not in ENCODINGS or len(chosen.separator) > 1 or len(chosen.quote) > 1:
        raise NotAChoice
    if not encoding.startswith("utf-16") and is_binary(head):
        raise NotATable
    dialect = _dialect(chosen)
    if not chosen.separator:
        dialect = text.guess_dialect(text.head_lines(head, encoding))
    return replace(
        chosen, kind="text", encoding=encoding, separator=dialect.separator, quote=dialect.quote
    )


def _dialect(layout: Layout) -> Dialect:
    return Dialect(layout.separator, layout.quote)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read as much, though the stream gives it in pieces."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
