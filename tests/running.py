"""`clew up` in a folder of its own, for the tests that kill parts of it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clew.web.listening import probe

PATIENCE = 60
LOCAL = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[1]


def bare() -> dict[str, str]:
    """The environment without settings of Clew: a system of its own has its own."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("CLEW_", "DJANGO_"))}


@contextmanager
def place(prefix: str) -> Iterator[Path]:
    """Give a folder that every account can enter, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix=prefix) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


class Run:
    """One `clew up` in a folder of its own, and what it printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.began = time.monotonic()
        with (folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "clew.web.cli", "up"],
                cwd=folder,
                env={**bare(), "CLEW_PORT": str(port), "CLEW_DEMO": "0", "CLEW_LANGUAGE": "en"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.folder = folder

    def said(self) -> str:
        """Everything that runs in this folder have printed."""
        return (self.folder / "output").read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        """Whether it answers."""
        return probe(LOCAL, self.port) == 200

    def until_ready(self, patience: float = PATIENCE) -> float:
        """Wait until it answers, and return the seconds since its start."""
        until(self.is_ready, self.said, patience)
        return time.monotonic() - self.began

    def children(self) -> dict[str, int]:
        """Process ids of web and worker, by their command."""
        found = {}
        for words, pid, parent in processes():
            if parent == self.process.pid and "clew.web.cli" in words:
                found[words[words.index("clew.web.cli") + 1]] = pid
        return found

    def clew(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a module of Python for this folder."""
        own = {"CLEW_HOME": str(self.folder / ".clew"), "CLEW_LANGUAGE": "en", **more}
        return subprocess.run(
            [sys.executable, "-m", *words],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**bare(), **own},
        )

    def stop(self) -> int:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


def processes() -> Iterator[tuple[list[str], int, int]]:
    """Command, id and parent of every process."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            yield words, int(folder.name), parent


def until(
    holds: Callable[[], object], said: Callable[[], str] = str, patience: float = PATIENCE
) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, said()[-3000:]
        time.sleep(0.05)


def free_port() -> int:
    """Ask the system for one."""
    with socket.socket() as trial:
        trial.bind((LOCAL, 0))
        number: int = trial.getsockname()[1]
        return number
