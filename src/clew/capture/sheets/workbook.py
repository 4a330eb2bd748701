"""Workbooks (XLSX, XLS, XLSB, ODS): read by another process, which may use little and knows nothing."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import msgspec

from clew.capture.sheets import archive, compound
from clew.capture.sheets.encodings import CUT
from clew.capture.sheets.errors import (
    FileUnreadable,
    IsDocument,
    NotAChoice,
    WorkbookEncrypted,
    WorkbookTooLarge,
)
from clew.capture.sheets.records import Record
from clew.errors import ClewError

LARGEST = 200_000_000  # bytes, as it comes
_AT_ONCE = 1 << 20
_LONGEST_ANSWER = 64_000_000
_CONVERTER = Path(__file__).with_name("converter.py")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCUMENTS = tuple(name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document"))
_ERRORS: dict[str, type[ClewError]] = {
    "encrypted": WorkbookEncrypted,
    "no_sheet": NotAChoice,
    "large": WorkbookTooLarge,
    "unreadable": FileUnreadable,
}
_STOPPED = {-signal.SIGABRT, -signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGBUS}
_LENGTH = 1 << 30  # of a record, so that its cells are measured
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet that is read, the names of all, and its records from the first row on."""

    name: str
    names: list[str]
    records: Iterator[Record]


@contextmanager
def opened(stream: BinaryIO, sheet: str) -> Iterator[Sheet]:
    """Read a workbook's sheet; "" takes the one with most rows.

    Raises FileUnreadable, NotAChoice, WorkbookEncrypted, WorkbookTooLarge, WorkbookSuspicious,
    IsArchive, IsDocument, also while the records are read.
    """
    with tempfile.TemporaryFile() as file:  # has no name, so it goes with the process
        _take(stream, file)
        file.seek(0)
        with _started(file, sheet) as process:
            begun = _next(process)
            yield Sheet(begun["sheet"], begun["sheets"], _records(process))


def _take(stream: BinaryIO, file: IO[bytes]) -> None:
    """Keep the whole workbook, and look at it."""
    size, seen, found = 0, b"", set[bytes]()
    while part := stream.read(_AT_ONCE):
        size += len(part)
        if size > LARGEST:
            raise WorkbookTooLarge
        file.write(part)
        seen = seen[-100:] + part
        found |= {mark for mark in (_ENCRYPTED, *_DOCUMENTS) if mark in seen}
    file.seek(0)
    if file.read(2) == b"PK":
        archive.check(file)
    elif _ENCRYPTED in found:
        raise WorkbookEncrypted
    elif found:
        raise IsDocument
    else:
        compound.check(file)
    file.flush()


@contextmanager
def _started(file: IO[bytes], sheet: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the other process, without our environment: no key, no address of a database."""
    process = subprocess.Popen(  # noqa: S603  our own program, by its path
        [sys.executable, "-I", str(_CONVERTER), *([sheet] if sheet else [])],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONUTF8": "1"},
        cwd="/",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _records(process: subprocess.Popen[bytes]) -> Iterator[Record]:
    while (answer := _next(process)) != "end":
        for cells in answer:
            yield Record([CUT] if cells is None else cells, _LENGTH)


def _next(process: subprocess.Popen[bytes]) -> Any:
    """Read one line of the answer, or say why there is none."""
    line = cast("IO[bytes]", process.stdout).readline(_LONGEST_ANSWER)
    if line.endswith(b"\n"):
        answer = _decode(line)
        if isinstance(answer, dict) and "error" in answer:
            raise _ERRORS[answer["error"]]
        return answer
    if process.wait() in _STOPPED:
        raise WorkbookTooLarge
    raise FileUnreadable
