"""Starts Clew in a folder of its own, sends the cases at it, and tells what was wrong."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clew.web.embedded import prepare
from tests.fuzz import document
from tests.fuzz.cases import Case, Town, case
from tests.fuzz.verdict import faults
from tests.fuzz.wire import Answer, Wire
from tests.running import ROOT, Run, bare, free_port

CHUNK = 250
THREADS = 4
AGAIN = 5_000  # cases after which the pages are looked through anew
MOST_TOLD = 200


@dataclass
class Fuzz:
    """One run. Of `cases`, a share goes through the API's document, the rest through everything."""

    folder: Path
    cases: int
    seed: int
    only: int | None = None
    port: int = field(default_factory=free_port)
    statuses: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    problems: list[dict[str, Any]] = field(default_factory=list)
    _own: threading.local = field(default_factory=threading.local)
    _wires: list[Wire] = field(default_factory=list)

    def play(self) -> dict[str, Any]:
        """Set up, send, and ask the doctor. Returns the result as one object."""
        began = time.monotonic()
        with self._running() as (keeper, environment):
            town = self._town(keeper)
            town.explore()
            told: dict[str, Any] = {}
            if self.only is None:
                told = document.run(town, self.cases // 10, self.seed, self.folder)
                self.problems += told.pop("problems")
            self._send(town, keeper, self.cases - told.get("cases", 0))
            self.problems += self._after(keeper, environment)
        return {
            "cases": sum(self.kinds.values()) + told.get("cases", 0),
            "seed": self.seed,
            "document": told,
            "kinds": dict(self.kinds),
            "forms": len(town.forms),
            "statuses": dict(sorted(self.statuses.items())),
            "slowest_seconds": round(self.slowest, 2),
            "seconds": round(time.monotonic() - began, 1),
            "problem_count": len(self.problems),
            "problems": self.problems[:MOST_TOLD],
        }

    @contextmanager
    def _running(self) -> Iterator[tuple[Any, dict[str, str]]]:
        run = Run(self.folder, self.port)
        try:
            run.until_ready()
            environment = {
                **bare(),
                "CLEW_DATABASE_URL": prepare(self.folder / ".clew", str).url,
                "CLEW_SECRET_KEY_FILE": str(self.folder / ".clew" / "secret"),
                "DJANGO_SETTINGS_MODULE": "clew.web.settings",
                "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", ROOT))),
            }
            with subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.keeper"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as keeper:
                yield keeper, environment
                assert keeper.stdin
                keeper.stdin.close()
        finally:
            run.stop()
        broken = [line for line in run.said().splitlines() if '"level": "error"' in line]
        self.problems += [{"log": line[:2000]} for line in broken]

    def _town(self, keeper: Any) -> Town:
        keeper.stdin.write("\n")
        keeper.stdin.flush()
        return Town(self.port, **json.loads(keeper.stdout.readline()))

    def _send(self, town: Town, keeper: Any, count: int) -> None:
        numbers = range(count) if self.only is None else range(self.only, self.only + 1)
        with ThreadPoolExecutor(THREADS) as pool:
            for first in range(0, len(numbers), CHUNK):
                lost = [*pool.map(lambda n: self._one(town, n), numbers[first : first + CHUNK])]
                if any(lost):
                    fresh = self._town(keeper)
                    town.sessions = fresh.sessions
                if first and first % AGAIN == 0:
                    sys.stderr.write(f"{first} cases, {len(self.problems)} problems\n")
                    town.explore()
        for wire in self._wires:
            wire.close()

    def _one(self, town: Town, number: int) -> bool:
        """Send one case and judge it. True where the sender turned out to be signed out."""
        made = case(town, self.seed, number)
        if not hasattr(self._own, "wire"):
            self._own.wire = Wire(self.port)
            self._wires.append(self._own.wire)
        answer: Answer = self._own.wire.ask(made.request)
        self.statuses[f"{made.kind} {answer.status}"] += 1
        self.kinds[made.kind] += 1
        self.slowest = max(self.slowest, answer.seconds)
        wrong = faults(made, answer)
        if wrong:
            self._note(made, answer, wrong)
        location = answer.headers.get("location", "")
        return made.role in town.sessions and (
            answer.status == 401 or location.startswith("/sign-in")
        )

    def _note(self, made: Case, answer: Answer, wrong: list[str]) -> None:
        again = f"python -m tests.fuzz --seed {self.seed} --only {made.number}"
        told = {
            "faults": wrong,
            "again": again,
            "kind": made.kind,
            "role": made.role,
            "curl": made.request.curl(self.port)[:6000],
            "reference": answer.headers.get("x-request-id", ""),
        }
        self.problems.append(told)
        sys.stderr.write(f"{json.dumps(told, ensure_ascii=False)[:3000]}\n")

    def _after(self, keeper: Any, environment: dict[str, str]) -> list[dict[str, Any]]:
        """What the accepted cases have left behind: the books agree, and nothing failed by surprise."""
        self._town(keeper)
        checked = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.aftermath"],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        return (
            []
            if checked.returncode == 0
            else [{"aftermath": checked.stdout + checked.stderr[-2000:]}]
        )
