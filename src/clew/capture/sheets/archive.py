"""What a ZIP must be before anybody unpacks it: a workbook, honest about its sizes, and plain XML."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from clew.capture.sheets.errors import (
    FileUnreadable,
    IsArchive,
    IsDocument,
    WorkbookEncrypted,
    WorkbookSuspicious,
    WorkbookTooLarge,
)

LARGEST = 1 << 30  # bytes, of all parts unpacked
MOST_PARTS = 10_000
_STEEPEST = 200  # bytes from one; sheets reach 60
_SMALL = 1 << 20  # bytes that may be as steep as they like
_DEEPEST = 200  # elements within each other; sheets have 10
_END = struct.Struct("<4s4H2LH")
_LONGEST_END = _END.size + 0xFFFF
_LOCAL = struct.Struct("<4s5HLLLHH")
_AT_ONCE = 1 << 18
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_FAR = re.compile(rb'r="(?:[A-Z]{4}|[A-Z]{0,3}[0-9]{8})')  # beyond what a sheet can have
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00", b"L\x6f\xa7\x94")
_OVERLAP = 20
_SHEETS = ("xl/workbook.xml", "xl/workbook.bin")
_DOCUMENTS = ("word/document.xml", "ppt/presentation.xml", "visio/document.xml")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."


def check(file: IO[bytes]) -> None:
    """Look at every part of a ZIP, holding little of it.

    Raises IsArchive, IsDocument, FileUnreadable, WorkbookEncrypted, WorkbookTooLarge,
    WorkbookSuspicious.
    """
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError) as error:
        raise FileUnreadable from error
    _check_kind(file, parts)
    _check_names(parts)
    _check_sizes(parts)
    end = 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        end = _check_part(file, part, end)


def _check_directory(file: IO[bytes]) -> None:
    """Read how long the list of parts is before it is read; it must end where the file ends."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read(_LONGEST_END)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise FileUnreadable
    *_, count, length, _, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail):
        raise FileUnreadable
    if count == 0xFFFF or length == 0xFFFFFFFF:
        count, length = _long_directory(file, tail[max(0, at - 20) : at])
    if count > MOST_PARTS or length > MOST_PARTS * 300:
        raise WorkbookSuspicious


def _long_directory(file: IO[bytes], locator: bytes) -> tuple[int, int]:
    if not locator.startswith(b"PK\x06\x07"):
        raise FileUnreadable
    at = int.from_bytes(locator[8:16], "little")
    if at >= file.seek(0, 2):
        raise FileUnreadable
    file.seek(at)
    end = file.read(56)
    return int.from_bytes(end[32:40], "little"), int.from_bytes(end[40:48], "little")


def _check_kind(file: IO[bytes], parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.replace("\\", "/").lower() for part in parts}
    if not names.isdisjoint(_DOCUMENTS):
        raise IsDocument
    if names.isdisjoint(_SHEETS) and not _is_open_document(file, parts):
        raise IsArchive
    if any(part.flag_bits & 1 for part in parts):
        raise WorkbookEncrypted


def _is_open_document(file: IO[bytes], parts: list[zipfile.ZipInfo]) -> bool:
    first = min(parts, key=lambda part: part.header_offset, default=None)
    if first is None or first.filename != "mimetype" or first.compress_type:
        return False
    file.seek(first.header_offset + _LOCAL.size)
    kind = file.read(300).partition(_OPEN_DOCUMENT)[2]
    if kind and not kind.startswith(b"spreadsheet"):
        raise IsDocument
    return bool(kind)


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename.replace("\\", "/").lower() for part in parts]
    for name in names:
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise WorkbookSuspicious
    if len(set(names)) < len(names):
        raise WorkbookSuspicious


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    if sum(part.file_size for part in parts) > LARGEST:
        raise WorkbookTooLarge
    for part in parts:
        if part.file_size > max(_SMALL, part.compress_size * _STEEPEST):
            raise WorkbookTooLarge
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise FileUnreadable


def _check_part(file: IO[bytes], part: zipfile.ZipInfo, end: int) -> int:
    """Unpack one part to nowhere. Returns where it ends; it must begin after the one before."""
    if part.header_offset < end or (end == 0 and part.header_offset):
        raise WorkbookSuspicious
    file.seek(part.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise FileUnreadable
    name_length, extra_length = (int(n) for n in _LOCAL.unpack(header)[-2:])
    name = file.read(name_length).decode("utf-8" if part.flag_bits & 0x800 else "cp437", "replace")
    if name != part.orig_filename:
        raise WorkbookSuspicious
    start = part.header_offset + _LOCAL.size + name_length + extra_length
    file.seek(start)
    size, checksum = 0, 0
    markup = _Markup(name) if name.lower().endswith((".xml", ".rels", ".vml")) else None
    for content in _unpacked(file, part):
        size += len(content)
        checksum = zlib.crc32(content, checksum)
        if size > part.file_size:
            raise WorkbookSuspicious
        if markup:
            markup.look_at(content)
    if size != part.file_size or checksum != part.CRC:
        raise FileUnreadable
    return start + part.compress_size


def _unpacked(file: IO[bytes], part: zipfile.ZipInfo) -> Iterator[bytes]:
    left = part.compress_size
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := file.read(min(left, _AT_ONCE))):
        left -= len(packed)
        if part.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        try:
            while packed:
                yield unpack.decompress(packed, _AT_ONCE)
                packed = unpack.unconsumed_tail
        except zlib.error as error:
            raise FileUnreadable from error
    if part.compress_type == zipfile.ZIP_DEFLATED:
        yield unpack.flush()


class _Markup:
    """XML going by: no declarations of entities, nothing deeper than a workbook ever is."""

    def __init__(self, name: str) -> None:
        self._is_sheet = "worksheets/" in name
        self._tail = b""
        self._is_begun = False

    def look_at(self, content: bytes) -> None:
        if not self._is_begun and content.startswith(_WIDE):
            raise WorkbookSuspicious  # UTF-16, in which nobody writes workbooks
        self._is_begun = True
        window = self._tail + content
        if b"!" in window and _DECLARATION.search(window):
            raise WorkbookSuspicious
        if self._is_sheet and _FAR.search(window):
            raise WorkbookSuspicious
        if content.count(b"<") - 2 * content.count(b"/") > _DEEPEST and _depth(content) > _DEEPEST:
            raise WorkbookSuspicious
        self._tail = content[-_OVERLAP:]


def _depth(content: bytes) -> int:
    """How many more elements are opened than closed."""
    opened = content.count(b"<") - content.count(b"<!") - content.count(b"<?")
    return opened - 2 * content.count(b"</") - content.count(b"/>")
