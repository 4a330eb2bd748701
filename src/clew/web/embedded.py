"""A PostgreSQL of our own, for machines where nobody names one.

`web/binaries.py` says which. PostgreSQL refuses to run as root, so root runs it under an account of its
own and is told so. It listens on a Unix socket in a private folder only. POSIX only. Nothing of Django is
imported here: the supervisor stays small.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clew.errors import ClewError
from clew.web.binaries import (
    SHARED,
    Account,
    Binaries,
    PostgresForeign,
    Say,
    account,
    choose,
    copied,
)
from clew.web.terminal import _

NAME = "clew"  # of the superuser and of the database
SOCKET = ".s.PGSQL.5432"
SOCKET_BYTES = 107 - len(f"/{SOCKET}")  # a longer folder cannot be bound
ASK_FOR_TLS = bytes.fromhex("00000008 04d2162f")  # the least that the protocol answers
NO_PROCESS = 2147483646  # a process id that no system gives
PATIENCE_SECONDS = 60
FULL = os.strerror(errno.ENOSPC)  # PostgreSQL says it in the same words
SEGMENT = 16 * 2**20  # bytes that PostgreSQL takes at once for its log; without them it ends
STILL_HELD = ("lock file", "shared memory")  # after kill -9, until the backends have noticed


class PostgresFailed(ClewError):
    """PostgreSQL did not do what it was told."""

    code = "postgres_failed"


class NoRoom(PostgresFailed):
    """There is no room left on the disk where the database is kept. Make room, and it starts: what was acknowledged is in it."""

    code = "no_room"


@dataclass(frozen=True, slots=True)
class Server:
    """One data folder and what serves it. `prepare` makes one."""

    home: Path
    binaries: Binaries
    socket: Path
    account: Account | None
    say: Say

    @property
    def data(self) -> Path:
        """Where PostgreSQL keeps everything."""
        return self.home / "pg"

    @property
    def url(self) -> str:
        """The connection string for CLEW_DATABASE_URL."""
        host = str(self.socket).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' user={NAME} dbname={NAME}"

    def start(self) -> str:
        """Start unless it runs already, and return the connection string. Safe from two processes at once."""
        with self._alone():
            if not self.is_running():
                try:
                    self._start()
                except (OSError, PostgresFailed) as refused:
                    if FULL in f"{refused} {getattr(refused, 'details', '')}" or self._is_full():
                        raise NoRoom(folder=str(self.data)) from refused
                    raise
        return self.url

    def stop(self) -> None:
        """Disconnect everybody and stop."""
        with self._alone():
            if self.is_running():
                self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")

    def is_running(self) -> bool:
        """Whether it has said that it is ready and answers on its socket."""
        lines = self._pid_file().splitlines()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(PATIENCE_SECONDS)
            try:
                probe.connect(str(self.socket / SOCKET))
                probe.sendall(ASK_FOR_TLS)
                return probe.recv(1) in {b"N", b"S"}
            except OSError:
                return False

    def is_alive(self) -> bool:
        """Whether the server's process is there; cheaper than `is_running`, and true while it recovers."""
        first = self._pid_file().partition("\n")[0].strip()
        return self._is_ours(first) if Path("/proc/self").exists() else self.is_running()

    def postmaster(self) -> int | None:
        """The process id of the running server."""
        return int(self._pid_file().splitlines()[0]) if self.is_running() else None

    def _start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._configure()
        self._launch()

    def _is_full(self) -> bool:
        return free(self.home) < SEGMENT

    def _create(self) -> None:
        self.say(
            _("Creating a database in %s (PostgreSQL %s).") % (self.data, self.binaries.version)
        )
        if self.account:
            self.say(_("PostgreSQL does not run as root: account %s runs it.") % self.account.name)
        fresh = (
            self.home / "pg.new"
        )  # renamed when complete, so that an interrupted run leaves nothing half-made
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(fresh)
        self._run(
            "initdb",
            "-D",
            str(fresh),
            "-U",
            NAME,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-k",
            *self._locale(),
        )
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\ninclude_if_exists = 'clew.conf'\n")
        self._run(
            "postgres", "--single", "-D", str(fresh), "postgres", typed=f"create database {NAME}\n"
        )
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _locale(self) -> list[str]:
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=en_US.UTF-8"]

    def _configure(self) -> None:
        self._own(self.socket)
        folder = str(self.socket).replace('"', '""').replace("'", "''")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        settings = {
            "unix_socket_directories": f"""'"{folder}"'""",
            "unix_socket_permissions": "0700",
            "listen_addresses": "''",
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "max_connections": "100",
            "shared_buffers": f"{min(512, memory // 8 // 2**20)}MB",
            "max_wal_size": "4GB",
            "jit": "off",  # compiling costs more than any of our statements
            "log_checkpoints": "off",
        }
        file, text = self.data / "clew.conf", "".join(f"{k} = {v}\n" for k, v in settings.items())
        if _text(file) == text:
            return
        # A disk may be full: half a file would be worse than none.
        fresh = self.data / "clew.conf.new"
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(file)

    def _launch(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        log = self.data / "server.log"
        start = ["-D", str(self.data), "-w", "-t", "600", "-l", str(log), "start"]
        while True:
            self._unblock()
            before = log.stat().st_size if log.exists() else 0
            try:
                self._run("pg_ctl", *start)
            except PostgresFailed as failed:
                if self.is_running():  # by what a killed launcher has left behind
                    return
                said = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
                is_held = any(sign in said for sign in STILL_HELD) and not self._is_full()
                if not is_held or time.monotonic() > deadline:
                    raise PostgresFailed(**failed.details, log=said[-2000:]) from failed
                time.sleep(0.2)
            else:
                return

    def _unblock(self) -> None:
        """Take a zombie's or a stranger's process id out of the lock files: PostgreSQL would wait for it.

        The files themselves stay: the shared-memory key in one guards against backends that still live.
        """
        if not Path("/proc/self").exists():
            return
        for file in (self.data / "postmaster.pid", self.socket / f"{SOCKET}.lock"):
            first, _newline, rest = _text(file).partition("\n")
            if first.strip().isdigit() and not self._is_ours(first.strip()):
                with file.open("r+", encoding="utf-8") as kept:  # in its place: a disk may be full
                    kept.write(f"{NO_PROCESS}\n{rest}")
                    kept.truncate()

    def _is_ours(self, process: str) -> bool:
        try:
            return Path("/proc", process, "cwd").readlink() == self.data
        except OSError:
            return False

    def _pid_file(self) -> str:
        return _text(self.data / "postmaster.pid")

    def _own(self, folder: Path) -> None:
        """Make a private folder for the account that runs PostgreSQL; refuse one of somebody else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        uid = self.account.uid if self.account else os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid not in {uid, os.geteuid()}:
            raise PostgresForeign(folder=str(folder))
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)

    def _run(self, program: str, *arguments: str, typed: str = "") -> None:
        done = subprocess.run(
            [str(self.binaries.folder / program), *arguments],
            check=False,
            capture_output=True,
            input=typed,
            text=True,
            errors="replace",
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if done.returncode:
            raise PostgresFailed(program=program, said=(done.stderr or done.stdout)[-2000:].strip())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / "pg.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def prepare(home: Path, say: Say) -> Server:
    """Choose binaries, account and folders for a server whose files are kept in `home`.

    Raises PostgresMissing, PostgresForeign.
    """
    home = home.resolve()
    home.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    person = account(say) if os.geteuid() == 0 else None
    if person and not person.reaches(home):
        elsewhere = SHARED / _digest(home)
        say(
            _("Account %s cannot enter %s, so the database is kept in %s.")
            % (person.name, home, elsewhere)
        )
        elsewhere.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = elsewhere
    if (home / "pg").exists() and not os.access(home / "pg", os.X_OK):
        raise PostgresForeign(folder=str(home / "pg"))
    binaries = choose(home / "pg" / "PG_VERSION")
    if person and not person.reaches(binaries.folder / "postgres"):
        binaries = copied(binaries, say)
    return Server(home, binaries, _socket(home), person, say)


def _socket(home: Path) -> Path:
    folder = home / "socket"
    if len(os.fsencode(folder)) <= SOCKET_BYTES:
        return folder
    return Path("/tmp") / f"clew-{os.geteuid()}-{_digest(home)}"  # noqa: S108  private: 0700, owner is checked


def free(folder: Path) -> int:
    """Bytes that are left on the disk of a folder."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, PermissionError):
        return ""


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
