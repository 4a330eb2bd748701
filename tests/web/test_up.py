"""`clew up` as a person meets it: the port is taken, it runs twice, it is killed, it is stopped."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clew.web.up import probe

pytestmark = pytest.mark.slow
PATIENCE = 60
LOCAL = "127.0.0.1"


class Run:
    """One `clew up` in a folder of its own, and what it printed."""

    def __init__(self, folder: Path, port: int) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CLEW_", "DJANGO_"))}
        self.port = port
        self.began = time.monotonic()
        with (folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "clew.web.cli", "up"],
                cwd=folder,
                env={**kept, "CLEW_PORT": str(port), "CLEW_DEMO": "0", "CLEW_LANGUAGE": "en"},
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

    def until_ready(self) -> float:
        """Wait until it answers, and return the seconds since its start."""
        until(self.is_ready, self.said)
        return time.monotonic() - self.began

    def children(self) -> dict[str, int]:
        """Process ids of web and worker, by their command."""
        found = {}
        for words, pid, parent in processes():
            if parent == self.process.pid and "clew.web.cli" in words:
                found[words[words.index("clew.web.cli") + 1]] = pid
        return found

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


def until(holds: Callable[[], object], said: Callable[[], str] = str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that was used once, so that every test meets a second run."""
    with tempfile.TemporaryDirectory(prefix="新 用户") as name:
        place = Path(name)
        place.chmod(0o755)
        first = Run(place, free_port())
        first.until_ready()
        first.stop()
        yield place


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


def free_port() -> int:
    """Ask the system for one."""
    with socket.socket() as trial:
        trial.bind((LOCAL, 0))
        number: int = trial.getsockname()[1]
        return number


@pytest.fixture
def running(folder: Path, port: int) -> Iterator[Run]:
    """Clew, up."""
    run = Run(folder, port)
    run.until_ready()
    yield run
    if run.process.poll() is None:
        run.stop()


def test_the_secret_is_for_the_owner_alone(folder: Path) -> None:
    assert (folder / ".clew" / "secret").stat().st_mode & 0o777 == 0o600


def test_the_second_run_answers_within_five_seconds(folder: Path, port: int) -> None:
    run = Run(folder, port)
    seconds = run.until_ready()
    run.stop()
    assert seconds < 5


def test_a_taken_port_is_named_with_the_way_out(folder: Path) -> None:
    with socket.socket() as other:
        other.bind((LOCAL, 0))
        other.listen()
        taken = other.getsockname()[1]
        run = Run(folder, taken)
        assert run.process.wait(PATIENCE) == 1
    assert str(taken) in run.said()
    assert "CLEW_PORT" in run.said()


def test_a_second_run_in_the_same_folder_names_the_first(running: Run, folder: Path) -> None:
    second = Run(folder, free_port())
    assert second.process.wait(PATIENCE) == 1
    assert f"http://127.0.0.1:{running.port}" in second.said()
    assert running.is_ready()


def test_ctrl_c_stops_all_of_it(running: Run, folder: Path) -> None:
    until(lambda: "work" in running.children())
    children = running.children()
    assert running.stop() == 0
    assert probe(LOCAL, running.port) == 0
    left = [words for words, pid, _ in processes() if words[0] and pid in children.values()]
    assert not left
    assert not (folder / ".clew" / "pg" / "postmaster.pid").exists()


@pytest.mark.parametrize("part", ["serve", "work"])
def test_a_child_that_is_killed_runs_again(running: Run, part: str) -> None:
    until(lambda: part in running.children())
    killed = running.children()[part]
    os.kill(killed, signal.SIGKILL)
    until(lambda: running.children().get(part, killed) != killed, running.said)
    until(running.is_ready, running.said)


def test_a_killed_database_runs_again(running: Run, folder: Path) -> None:
    file = folder / ".clew" / "pg" / "postmaster.pid"
    killed = int(file.read_text().splitlines()[0])
    os.kill(killed, signal.SIGKILL)
    until(
        lambda: file.exists() and int(file.read_text().splitlines()[0]) not in {killed, 2147483646}
    )
    until(running.is_ready, running.said)


def test_after_kill_9_nothing_stands_in_the_way_of_the_next_run(running: Run, folder: Path) -> None:
    until(lambda: "work" in running.children())
    children = running.children()
    running.process.kill()
    running.process.wait()
    again = Run(folder, running.port)
    again.until_ready()
    left = [words for words, pid, _ in processes() if words[0] and pid in children.values()]
    assert again.stop() == 0
    assert not left
