"""Journals: lines of JSON, each on the disk before whoever wrote it does anything else."""

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """A file that only grows. A line that broke off when its writer was killed was never written."""

    def __init__(self, path: Path) -> None:
        _mend(path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, *entry: object) -> None:
        """Add a line, and come back when it is on the disk."""
        self._file.write(f"{json.dumps(entry)}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write no more."""
        self._file.close()


def lines(path: Path) -> list[list[Any]]:
    """Give every whole line of a journal; none where there is no journal yet."""
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in written.splitlines(keepends=True) if line.endswith("\n")]


def _mend(path: Path) -> None:
    written = path.read_bytes() if path.exists() else b""
    whole = written.rfind(b"\n") + 1
    if whole < len(written):
        os.truncate(path, whole)
