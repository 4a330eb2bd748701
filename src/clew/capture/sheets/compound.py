"""What an old workbook (OLE) must be before anybody follows its chains of sectors: without rings."""

import struct
from array import array
from typing import IO

from clew.capture.sheets.errors import FileUnreadable

_HEADER = 512
_LAST = 0xFFFFFFFA  # sector numbers above have a meaning of their own
_IN_HEADER = 109  # sectors of the table that the header names


def check(file: IO[bytes]) -> None:
    """Read the table of sectors. No sector follows two others, and none leads to a first one.

    Raises FileUnreadable.
    """
    file.seek(0)
    header = file.read(_HEADER)
    if len(header) < _HEADER:
        raise FileUnreadable
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in {9, 12}:
        raise FileUnreadable
    named = struct.unpack_from(f"<{_IN_HEADER}L", header, 76)
    followers = [n for n in _table(file, named, 1 << shift) if n < _LAST]
    firsts = struct.unpack_from("<L", header, 48) + struct.unpack_from("<L", header, 60)
    if len(set(followers)) < len(followers) or not set(firsts).isdisjoint(followers):
        raise FileUnreadable


def _table(file: IO[bytes], named: tuple[int, ...], size: int) -> "array[int]":
    """The sector that follows each; of files above 7 MB only the first part, which has the folder."""
    table = array("I")
    for sector in named:
        if sector < _LAST:
            file.seek((sector + 1) * size)
            table.frombytes(file.read(size)[: size // 4 * 4].ljust(size, b"\xff"))
    return table
