"""How soon Clew answers again, and how much memory it takes when nothing happens."""

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from clew.web.bench import servers
from clew.web.embedded import prepare
from clew.web.terminal import complain

ROOT = Path(__file__).resolve().parents[4]
IDLE_SECONDS = 20


def measure() -> dict[str, float | str | None]:
    """Start everything twice in a folder of its own, with the database that Clew brings or finds."""
    with tempfile.TemporaryDirectory(prefix="clew-bench-") as folder:
        Path(folder).chmod(0o755)
        port = servers.free_port()
        words = _command()
        own = {"CLEW_HOME": folder, "CLEW_PORT": str(port), "CLEW_DATABASE_URL": ""}
        with servers.running(words, **own):
            servers.await_ready(port)
        began = time.perf_counter()
        with servers.running(words, **own) as process:
            servers.await_ready(port)
            took = time.perf_counter() - began
            time.sleep(IDLE_SECONDS)
            idle = weight([process.pid], prepare(Path(folder), complain).postmaster())
    return {
        "up_again_s": round(took, 2),
        "rss_idle_mb": round(idle),
        "up_command": "make up" if words[0] == "make" else "clew up",
    }


def weight(roots: Iterable[int], postmaster: int | None) -> float:
    """Add up the proportional memory of processes and all that they started, in MB, PostgreSQL too."""
    parents = _parents()
    family = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    if postmaster:
        family |= {postmaster, *(pid for pid, parent in parents.items() if parent == postmaster)}
    return sum(_pss_kb(pid) for pid in family) / 1024


def _command() -> list[str]:
    has_make = (ROOT / "Makefile").exists() and (ROOT / ".venv").exists()
    if has_make:
        return ["make", "-C", str(ROOT), "up"]
    return [sys.executable, "-m", "clew.web.cli", "up"]


def _parents() -> dict[int, int]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _pss_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    line = next((one for one in rollup.splitlines() if one.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1])
