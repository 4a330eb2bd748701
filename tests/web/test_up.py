"""`clew up` as a person meets it: the port is taken, it runs twice, it is killed, it is stopped."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.web.listening import probe
from tests.running import LOCAL, PATIENCE, Run, free_port, processes, until

pytestmark = pytest.mark.slow


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


def test_the_second_run_answers_within_five_seconds(folder: Path) -> None:
    seconds = []
    for _ in range(3):  # the machine may be busy with something else
        run = Run(folder, free_port())
        seconds.append(run.until_ready())
        run.stop()
    assert min(seconds) < 5


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


def test_a_web_process_that_dies_during_the_start_is_started_again(folder: Path, port: int) -> None:
    before = len(said(folder))
    run = Run(folder, port)
    kill_web(run)
    run.until_ready()
    assert "Trying again: 2 of 4" in run.said()[before:]
    assert run.stop() == 0


def test_a_web_process_that_dies_at_each_start_is_given_up_with_a_word(
    folder: Path, port: int
) -> None:
    before = len(said(folder))
    run = Run(folder, port)
    while run.process.poll() is None:
        kill_web(run)
    assert run.process.returncode == 1
    assert "Trying again: 4 of 4" in run.said()[before:]
    assert "died during the start" in run.said().rpartition("Trying again")[2]


def test_a_database_that_dies_while_the_tables_are_made_is_started_again(port: int) -> None:
    with tempfile.TemporaryDirectory(prefix="clew-up-") as name:
        Path(name).chmod(0o755)
        run = Run(Path(name), port)
        until(lambda: "migrate" in run.children(), run.said)
        os.kill(
            int((run.folder / ".clew/pg/postmaster.pid").read_text().split()[0]), signal.SIGKILL
        )
        run.until_ready()
        assert "Trying again: 2 of 4" in run.said()
        assert run.stop() == 0


def said(folder: Path) -> str:
    return (folder / "output").read_text(encoding="utf-8")


def kill_web(run: Run) -> None:
    until(lambda: "serve" in run.children() or run.process.poll() is not None, run.said)
    web = run.children().get("serve")
    if web:
        os.kill(web, signal.SIGKILL)
        until(lambda: run.children().get("serve") != web)
