"""Files at rest: sealed pieces in the database, so that every process on every machine can read them.

A file is written from its start to its end; a piece that comes a second time changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clew.base.ids import uuid7
from clew.base.models import File, Piece
from clew.base.sealing import seal, unseal
from clew.errors import Conflict, Missing

LARGEST_PIECE = 4_000_000  # bytes


class PieceOutOfTurn(Conflict):
    """This piece does not follow the last one. Go on from the size that is told."""

    code = "piece_out_of_turn"


def create(name: str, *, expires_at: datetime, now: datetime) -> File:
    """Begin an empty file."""
    return File.objects.create(id=uuid7(), name=name[:200], created_at=now, expires_at=expires_at)


@transaction.atomic
def write(file_id: UUID, offset: int, content: bytes) -> int:
    """Add bytes at `offset`, which is the file's size. Returns the new size.

    The same offset again changes nothing. Raises Missing, PieceOutOfTurn with the `size` there is.
    """
    file = File.objects.select_for_update().filter(pk=file_id).first()
    if file is None:
        raise Missing
    if offset < file.size and Piece.objects.filter(file=file, offset=offset).exists():
        return file.size
    if offset != file.size:
        raise PieceOutOfTurn(size=file.size)
    for start in range(0, len(content), LARGEST_PIECE):
        at = offset + start
        part = content[start : start + LARGEST_PIECE]
        Piece.objects.create(file=file, offset=at, content=seal(part, _place(file_id, at)))
    file.size = offset + len(content)
    file.save(update_fields=["size"])
    return file.size


def read(file_id: UUID) -> Iterator[bytes]:
    """Give the bytes piece by piece; holds one piece at a time. Raises Missing, SealBroken."""
    offset = 0
    size = File.objects.filter(pk=file_id).values_list("size", flat=True).first()
    if size is None:
        raise Missing
    while offset < size:
        sealed = Piece.objects.filter(file=file_id, offset=offset).values_list("content", flat=True)
        content = unseal(bytes(sealed.get()), _place(file_id, offset))
        yield content
        offset += len(content)


def drop(file_id: UUID) -> None:
    """Delete a file with its pieces; repeating it does nothing."""
    File.objects.filter(pk=file_id).delete()


def drop_expired(now: datetime) -> int:
    """Delete every file whose time is over. Returns how many."""
    expired = File.objects.filter(expires_at__lte=now)
    count = expired.count()
    expired.delete()
    return count


def _place(file_id: UUID, offset: int) -> bytes:
    return b"file:" + file_id.bytes + offset.to_bytes(8, "big")
