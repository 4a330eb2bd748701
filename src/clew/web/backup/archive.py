"""The file: a zip of one part per table and a signed manifest, and behind it the SHA-256 of all that.

The last line is looked at first, so that no byte can change unnoticed; the signature says that a
holder of the secret wrote it, and only then is any part read.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from clew.base import sealing
from clew.web.backup.errors import (
    BackupCutShort,
    BackupDamaged,
    BackupForged,
    BackupMissing,
    BackupNewer,
    BackupOfOtherKeys,
    BackupTaken,
    BackupUnwritable,
)

FORMAT = 1
SIGN = b"\nclew-backup "
TAIL = len(SIGN) + 64 + 1  # the sign, a digest in hex, a line's end
CHUNK = 1 << 20
LARGEST_MANIFEST = 16 << 20
LEVEL = 3  # of deflate: sealed values do not shrink, the rest does at once


class Part(msgspec.Struct, frozen=True):
    """One table as it was: its rows as PostgreSQL's COPY writes them, ordered by the key."""

    table: str
    columns: list[str]
    rows: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds, and what it takes to restore it."""

    format: int
    clew: str
    postgresql: str
    made_at: str
    migrations: list[tuple[str, str]]
    keys: list[str]
    sequences: dict[str, int]
    parts: list[Part]
    state: str


def state(parts: Iterable[Part]) -> str:
    """Give one hash for the content of all tables."""
    whole = hashlib.sha256()
    for part in sorted(parts, key=lambda p: p.table):
        whole.update(f"{part.table} {','.join(part.columns)} {part.sha256}\n".encode())
    return whole.hexdigest()


class Writer:
    """Writes parts one after the other; `parts` are those written so far."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Begin without parts."""
        self._archive = archive
        self.parts: list[Part] = []

    def add(self, table: str, columns: list[str], rows: Iterable[bytes]) -> None:
        """Write a table's rows, one piece of bytes each."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self._archive.open(_member(table), "w", force_zip64=True) as part:
            for row in rows:
                part.write(row)
                digest.update(row)
                size += len(row)
                count += row.count(b"\n")
        self.parts.append(Part(table, columns, count, size, digest.hexdigest()))

    def close(self, manifest: Manifest) -> None:
        """Write the manifest and its signature."""
        text = msgspec.json.encode(manifest)
        self._archive.writestr("manifest.json", text)
        self._archive.writestr("signature", sealing.sign(text, "backup"))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write a backup that appears under its name when it is whole, readable for this account alone.

    Raises BackupTaken, BackupUnwritable.
    """
    if path.exists():
        raise BackupTaken(file=str(path))
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            yield Writer(archive)
        with partial.open("rb+") as file:
            digest = _digest(file, partial.stat().st_size)
            file.write(SIGN + digest + b"\n")
        settle(partial, path)
    except OSError as refused:
        raise BackupUnwritable(file=str(path), reason=refused.strerror) from refused
    finally:
        if partial.is_file():
            partial.unlink()


def settle(partial: Path, path: Path) -> None:
    """Let a file that was written have its name, on disk, unless somebody else took it meanwhile."""
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        path.hardlink_to(partial)
    except FileExistsError as taken:
        raise BackupTaken(file=str(path)) from taken


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose bytes are those that were written. `check` says the rest."""

    path: Path
    manifest: Manifest
    signed: bytes
    signature: bytes

    def check(self) -> None:
        """Hold it against the secret, and every part against the manifest.

        Raises BackupOfOtherKeys, BackupForged, BackupDamaged.
        """
        here, there = sealing.key_ids(), self.manifest.keys
        if not there or not set(there) <= set(here) or there[-1] != here[-1]:
            raise BackupOfOtherKeys(keys=", ".join(there), here=", ".join(here))
        if not sealing.is_signed(self.signed, self.signature, "backup"):
            raise BackupForged(file=str(self.path))
        for part in self.manifest.parts:
            digest, size = hashlib.sha256(), 0
            for piece in self.read(part):
                digest.update(piece)
                size += len(piece)
            if (digest.hexdigest(), size) != (part.sha256, part.bytes):
                raise BackupDamaged(file=str(self.path), part=part.table)
        if state(self.manifest.parts) != self.manifest.state:
            raise BackupDamaged(file=str(self.path))

    def read(self, part: Part) -> Iterator[bytes]:
        """Give a part piece by piece. Raises BackupDamaged."""
        try:
            with (
                zipfile.ZipFile(self.path) as archive,
                archive.open(_member(part.table)) as content,
            ):
                while piece := content.read(CHUNK):
                    yield piece
        except (OSError, KeyError, zipfile.BadZipFile) as broken:
            raise BackupDamaged(file=str(self.path), part=part.table) from broken


def opened(path: Path) -> Backup:
    """Read a backup's manifest, after every byte of the file was looked at.

    Raises BackupMissing, BackupCutShort, BackupDamaged, BackupNewer.
    """
    try:
        _look(path)
        with zipfile.ZipFile(path) as archive:
            with archive.open("manifest.json") as file:
                signed = file.read(LARGEST_MANIFEST)
            with archive.open("signature") as file:
                signature = file.read(200)
    except OSError as refused:
        raise BackupMissing(file=str(path), reason=refused.strerror) from refused
    except (KeyError, zipfile.BadZipFile) as broken:
        raise BackupDamaged(file=str(path)) from broken
    return Backup(path, _manifest(path, signed), signed, signature)


def _look(path: Path) -> None:
    with path.open("rb") as file:
        size = max(0, file.seek(0, os.SEEK_END) - TAIL)
        file.seek(size)
        tail = file.read()
        if not tail.startswith(SIGN):
            raise BackupCutShort(file=str(path))
        file.seek(0)
        if _digest(file, size) + b"\n" != tail[len(SIGN) :]:
            raise BackupDamaged(file=str(path))


def _digest(file: IO[bytes], size: int) -> bytes:
    digest = hashlib.sha256()
    while size and (piece := file.read(min(size, CHUNK))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest().encode()


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        made_as = msgspec.json.decode(text, type=dict).get("format")
        if isinstance(made_as, int) and made_as > FORMAT:
            raise BackupNewer(format=made_as)
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as broken:
        raise BackupDamaged(file=str(path)) from broken


def _member(table: str) -> str:
    return f"tables/{table}"
