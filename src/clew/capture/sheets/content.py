"""Where the bytes of a spreadsheet come from."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast
from uuid import UUID

from clew.base import files

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Content(Protocol):
    """Something that can be read from its start again and again."""

    @property
    def name(self) -> str:
        """The file's name as it was given."""

    def open(self) -> BinaryIO:
        """Begin at the start; whoever opens it closes it."""


class OnDisk:
    """A file of the machine."""

    def __init__(self, path: Path) -> None:
        """Keep where it lies."""
        self.path = path
        self.name = path.name

    def open(self) -> BinaryIO:
        """Begin at the start."""
        return self.path.open("rb")


class InMemory:
    """A few bytes that are there already."""

    def __init__(self, name: str, content: bytes) -> None:
        """Keep them."""
        self.name = name
        self.content = content

    def open(self) -> BinaryIO:
        """Begin at the start."""
        return io.BytesIO(self.content)


class Stored:
    """A file of the database, unsealed piece by piece."""

    def __init__(self, file_id: UUID, name: str) -> None:
        """Keep which file it is."""
        self.file_id = file_id
        self.name = name

    def open(self) -> BinaryIO:
        """Begin at the start. Raises Missing and SealBroken while it is read."""
        return cast("BinaryIO", io.BufferedReader(_Pieces(files.read(self.file_id)), 1 << 18))


class _Pieces(io.RawIOBase):
    """Pieces as a stream that cannot go back."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
