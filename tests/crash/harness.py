"""Kills web, worker and PostgreSQL at random moments while leads are sent; the supervisor starts them again."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clew.web.embedded import Server, prepare
from clew.web.listening import probe
from tests.crash.books import audit, careless, left_to_do
from tests.crash.senders import TIMEOUT_SECONDS, Sender
from tests.running import LOCAL, ROOT, Run, bare, free_port, until

SENDERS = 4
VICTIMS = ("serve", "work", "postmaster", "backend", "immediate")
PAUSE = (0.3, 2.5)  # seconds between two kills


@dataclass
class Crash:
    """One trial. The same seed kills in the same order and sends the same leads."""

    folder: Path
    kills: int
    leads: int
    seed: int
    port: int = field(default_factory=free_port)
    killed: Counter[str] = field(default_factory=Counter)
    freezes: int = 0

    def play(self) -> dict[str, Any]:
        """Set up, send and kill, let it drain, and compare. Returns the result as one object."""
        began = time.monotonic()
        run = Run(self.folder, self.port)
        run.until_ready()
        server = prepare(self.folder / ".clew", print)
        stopping = threading.Event()
        senders = self._senders(self._token(server), stopping)
        try:
            for sender in senders:
                sender.start()
            self._kill_and_wait(run, server, senders)
            stopping.set()
            for sender in senders:
                sender.join()
            until(lambda: probe(LOCAL, self.port) == 200, run.said)
            until(lambda: left_to_do(server.url) == 0, run.said)
            problems = [s.problem for s in senders if s.problem]
            problems += careless(server.url)
            problems += audit(server.url, [s.journal for s in senders])
            problems += self._doctor(server)
        finally:
            stopping.set()
            run.stop()
        return {
            "kills": dict(self.killed),
            "freezes": self.freezes,
            "leads": sum(s.acknowledged for s in senders),
            "unknown_and_sent_again": sum(s.unknown for s in senders),
            "duplicates_sent": sum(s.repeated for s in senders),
            "seconds": round(time.monotonic() - began, 1),
            "seed": self.seed,
            "problems": problems,
        }

    def _senders(self, token: str, stopping: threading.Event) -> list[Sender]:
        return [
            Sender(n, self.port, token, self.folder / f"journal-{n}", self.seed, stopping)
            for n in range(SENDERS)
        ]

    def _kill_and_wait(self, run: Run, server: Server, senders: list[Sender]) -> None:
        chance = random.Random(self.seed)
        victims: list[str] = []
        for _ in range(self.kills):
            if not victims:
                victims = chance.sample(VICTIMS, len(VICTIMS))  # each once, then again
                self._freeze(run)
            time.sleep(chance.uniform(*PAUSE))
            self._kill(victims.pop(), run, server, chance)
        while sum(s.acknowledged for s in senders) < self.leads:
            if any(s.problem for s in senders):
                return
            time.sleep(0.05)

    def _kill(self, victim: str, run: Run, server: Server, chance: random.Random) -> None:
        self.killed[victim] += 1
        if victim in {"serve", "work"}:
            until(lambda: victim in run.children(), run.said)
            os.kill(run.children()[victim], signal.SIGKILL)
            return
        until(server.is_running, run.said)
        pid = server.postmaster()
        if pid and victim == "immediate":
            os.kill(pid, signal.SIGQUIT)  # what pg_ctl -m immediate sends
        elif pid and victim == "postmaster":
            os.kill(pid, signal.SIGKILL)
        elif pid:
            os.kill(chance.choice([*_children(pid)]), signal.SIGKILL)

    def _freeze(self, run: Run) -> None:
        """Let the web process stand still until the senders give up on answers that do come later."""
        until(lambda: "serve" in run.children(), run.said)
        frozen = run.children()["serve"]
        os.kill(frozen, signal.SIGSTOP)
        time.sleep(TIMEOUT_SECONDS + 0.5)
        os.kill(frozen, signal.SIGCONT)
        self.freezes += 1

    def _token(self, server: Server) -> str:
        printed = self._clew(server, "tests.crash.company").stdout
        token: str = json.loads(printed.splitlines()[-1])
        return token

    def _doctor(self, server: Server) -> list[str]:
        checked = self._clew(server, "clew.web.cli", "doctor", "--json")
        return [] if checked.returncode == 0 else [f"clew doctor: {checked.stdout}{checked.stderr}"]

    def _clew(self, server: Server, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **bare(),
            "CLEW_DATABASE_URL": server.url,
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


def _children(pid: int) -> list[int]:
    listed = Path("/proc", str(pid), "task", str(pid), "children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]
