"""What a file is by its first bytes; its name is not asked."""

from typing import Literal

from clew.capture.sheets.errors import (
    IsArchive,
    IsData,
    IsDocument,
    IsMedia,
    IsPicture,
    IsProgram,
    IsWebPage,
    NotATable,
)

Kind = Literal["text", "zip", "ole"]
ZIP = b"PK\x03\x04"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_MARKS: tuple[tuple[bytes, type[NotATable]], ...] = (
    (b"%PDF-", IsDocument),
    (b"{\\rtf", IsDocument),
    (b"\x89PNG\r\n", IsPicture),
    (b"GIF87a", IsPicture),
    (b"GIF89a", IsPicture),
    (b"\xff\xd8\xff", IsPicture),
    (b"II*\x00", IsPicture),
    (b"MM\x00*", IsPicture),
    (b"8BPS\x00", IsPicture),
    (b"\x7fELF", IsProgram),
    (b"#!/", IsProgram),
    (b"\xca\xfe\xba\xbe", IsProgram),
    (b"\xcf\xfa\xed\xfe", IsProgram),
    (b"\xce\xfa\xed\xfe", IsProgram),
    (b"\x00asm", IsProgram),
    (b"PK\x05\x06", IsArchive),
    (b"PK\x07\x08", IsArchive),
    (b"\x1f\x8b", IsArchive),
    (b"BZh9", IsArchive),
    (b"\xfd7zXZ\x00", IsArchive),
    (b"\x28\xb5\x2f\xfd", IsArchive),
    (b"7z\xbc\xaf\x27\x1c", IsArchive),
    (b"Rar!\x1a\x07", IsArchive),
    (b"ID3\x03", IsMedia),
    (b"ID3\x04", IsMedia),
    (b"OggS\x00", IsMedia),
    (b"fLaC\x00", IsMedia),
    (b"\x1aE\xdf\xa3", IsMedia),
    (b"SQLite format 3\x00", IsData),
    (b"\x00\x01\x00\x00Standard", IsData),
    (b"PAR1", IsData),
)
_SHORT: tuple[tuple[bytes, type[NotATable]], ...] = (  # could be letters of a text
    (b"MZ", IsProgram),
    (b"BM", IsPicture),
    (b"RIFF", IsMedia),
)
_PAGES = (
    b"<!doctype",
    b"<html",
    b"<table",
    b"<head",
    b"<meta",
    b"<?xml",
    b"<svg",
    b"<body",
    b"<style",
)
_MAIL = (b"mime-version:", b"content-type: multipart")
_BYTE_ORDERS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x84\x31\x95\x33")
_JSON = (b"{", b"[{", b"[[", b"[\n", b"[\r")


def kind(head: bytes) -> Kind:
    """Say how the file is to be read. Raises NotATable or, where it is known, what it is instead."""
    if head.startswith(ZIP):
        return "zip"
    if head.startswith(OLE):
        return "ole"
    for mark, what in _MARKS:
        if head.startswith(mark):
            raise what
    if b"\x00" in head[:64]:
        _refuse_binary(head)
    start = head[:4096].replace(b"\x00", b"")
    for mark in _BYTE_ORDERS:
        start = start.removeprefix(mark)
    start = start.lstrip()
    _refuse_markup(start.lower())
    return "text"


def _refuse_binary(head: bytes) -> None:
    for mark, what in _SHORT:
        if head.startswith(mark):
            raise what
    if head[4:8] == b"ftyp":
        raise IsMedia


def _refuse_markup(start: bytes) -> None:
    if start.startswith((*_PAGES, *_MAIL)):
        raise IsWebPage
    if start.startswith(_JSON) and b":" in start and b'"' in start:
        raise IsData


def is_binary(head: bytes) -> bool:
    """Whether too many bytes are control characters for it to be text. Not asked of UTF-16."""
    strange = head.translate(None, _USUAL)
    return len(strange) * 20 > len(head)


_USUAL = bytes(byte for byte in range(256) if byte >= 32 or byte in b"\x00\t\n\r\x0b\x0c\x1a\x1b")
