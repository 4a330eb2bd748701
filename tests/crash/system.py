"""The system under trial: `clew up` in a folder, and how its parts are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from clew.web.embedded import Server, prepare
from clew.web.listening import probe
from tests.crash.senders import TIMEOUT_SECONDS
from tests.running import LOCAL, ROOT, Run, bare, free_port, processes, until

VICTIMS = ("serve", "work", "postmaster", "backend", "immediate", "launcher")


def victim(seed: int, number: int) -> str:
    """Say whom kill `number` hits: each once in an order by chance, then each again."""
    turn, place = divmod(number, len(VICTIMS))
    return random.Random(f"{seed} turn {turn}").sample(VICTIMS, len(VICTIMS))[place]


@dataclass
class System:
    """One launcher after the other in one folder; web, worker and PostgreSQL are its children's names."""

    folder: Path
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        """Start; what an interrupted trial has left running is ended first."""
        for pid in _launchers(self.folder):
            os.kill(pid, signal.SIGKILL)
        self.run = Run(self.folder, self.port)
        self.until_up()
        self.server: Server = prepare(self.folder / ".clew", str)

    def until_up(self) -> None:
        """Wait until the launcher has started everything."""
        until(lambda: self.run.process.poll() is not None or self._is_up(), self.run.said)
        assert self.run.process.poll() is None, self.run.said()[-3000:]

    def kill(self, name: str, chance: random.Random) -> None:
        """Kill one of VICTIMS. A launcher is started again at once, beside whatever it left behind."""
        if name == "launcher":
            self.run.process.kill()
            self.run.process.wait()
            self.run = Run(self.folder, self.port)
            self.until_up()
        elif name in {"serve", "work"}:
            self._signal(signal.SIGKILL, lambda: _just(self.run.children().get(name)))
        elif name == "immediate":  # what pg_ctl -m immediate sends
            self._signal(signal.SIGQUIT, lambda: _just(self.server.postmaster()))
        elif name == "postmaster":
            self._signal(signal.SIGKILL, lambda: _just(self.server.postmaster()))
        else:
            self._signal(signal.SIGKILL, lambda: _shuffled(self._backends(), chance))

    def freeze(self) -> None:
        """Let the web process stand still until the senders give up on answers that do come later."""
        until(lambda: "serve" in self.run.children(), self.run.said)
        frozen = self.run.children()["serve"]
        os.kill(frozen, signal.SIGSTOP)
        time.sleep(TIMEOUT_SECONDS + 0.5)
        os.kill(frozen, signal.SIGCONT)

    def until_drained(self, left_to_do: Callable[[str], int]) -> None:
        """Wait until it answers and the worker has nothing left to do."""
        until(lambda: probe(LOCAL, self.port) == 200, self.run.said)

        def is_drained() -> bool:
            with suppress(psycopg.OperationalError):  # it may just be starting again
                return left_to_do(self.server.url) == 0
            return False

        until(is_drained, self.run.said)

    def clew(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python on this system's database."""
        environment = {
            **bare(),
            "CLEW_DATABASE_URL": self.server.url,
            "CLEW_SECRET_KEY_FILE": str(self.folder / ".clew" / "secret"),
            "DJANGO_SETTINGS_MODULE": "clew.web.settings",
        }
        return subprocess.run(
            [sys.executable, "-m", *words],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def stop(self) -> None:
        """Ctrl-C, where it still runs."""
        if self.run.process.poll() is None:
            self.run.stop()

    def _is_up(self) -> bool:
        return {"serve", "work"} <= self.run.children().keys()

    def _backends(self) -> list[int]:
        pid = self.server.postmaster()
        return _children(pid) if pid else []

    def _signal(self, number: int, targets: Callable[[], Iterable[int]]) -> None:
        """Send a signal to the first of the targets that is there; wait for one."""

        def is_sent() -> bool:
            for pid in targets():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                    return True
            return False

        until(is_sent, self.run.said)


def _just(pid: int | None) -> list[int]:
    return [pid] if pid else []


def _shuffled(pids: list[int], chance: random.Random) -> list[int]:
    return chance.sample(pids, len(pids))


def _children(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        listed = Path("/proc", str(pid), "task", str(pid), "children").read_text(encoding="ascii")
        return [int(child) for child in listed.split()]
    return []


def _launchers(folder: Path) -> list[int]:
    """Give every `clew up` of a folder."""
    return [pid for words, pid, _ in processes() if _is_launcher(words) and _cwd(pid) == folder]


def _is_launcher(words: list[str]) -> bool:
    return "clew.web.cli" in words and words[words.index("clew.web.cli") + 1 :][:1] == ["up"]


def _cwd(pid: int) -> Path | None:
    with suppress(OSError):
        return Path("/proc", str(pid), "cwd").readlink()
    return None
