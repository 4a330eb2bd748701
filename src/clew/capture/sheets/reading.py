"""Any spreadsheet in: how it is laid out, what its columns hold, and its rows one by one."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from msgspec.structs import replace

from clew.capture.sheets import table, text
from clew.capture.sheets.content import Content
from clew.capture.sheets.encodings import ENCODINGS, guess
from clew.capture.sheets.errors import FileEmpty, NotAChoice
from clew.capture.sheets.layout import Examined, Layout, Row
from clew.capture.sheets.records import Dialect

_HEAD = 1 << 20


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
    if not head.strip():
        raise FileEmpty
    layout = _text_layout(head, chosen)
    with content.open() as stream:
        hashing = _Hashing(stream)
        lines, records = text.read(cast("BinaryIO", hashing), layout, tell)
        examination = table.Examination(layout, _dialect(layout), lambda: lines.is_suspect)
        found = examination.run(enumerate(records, 1))
    return Examined(found.layout, found.columns, found.row_count, hashing.digest())


def rows(content: Content, layout: Layout) -> Iterator[Row]:
    """Give the rows of an examined file one by one, holding one at a time."""
    with content.open() as stream:
        lines, records = text.read(stream, layout, lambda _size: None)
        yield from table.rows(
            enumerate(records, 1), layout, _dialect(layout), lambda: lines.is_suspect
        )


class _Hashing(io.RawIOBase):
    """A stream whose digest is taken while it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(size)
        self._digest.update(content)
        return content

    def digest(self) -> bytes:
        return self._digest.digest()


def _text_layout(head: bytes, chosen: Layout) -> Layout:
    encoding = chosen.encoding or guess(head)
    if encoding not in ENCODINGS:
        raise NotAChoice
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
