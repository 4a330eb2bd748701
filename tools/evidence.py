"""Runs the benches and keeps what they found: docs/evidence/figures.json, and figures.md made from it.

python -m tools.evidence [NAME …] [--runs N] [--here] [--quick] [--page]   all in order, or those named

What a bench finds takes the place of what was kept of it, so a run can be split. CLEW_DATABASE_URL names the
server to measure on, as for `clew bench`. Host names, addresses and paths are not kept.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from subprocess import PIPE
from typing import Any

import psycopg

import clew
from clew.web import home
from clew.web.binaries import choose
from clew.web.embedded import prepare
from clew.web.terminal import complain
from tools.benches import BENCHES, Bench, Figures, Row

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "evidence" / "figures.json"
PAGE = KEPT.with_suffix(".md")
PACKAGES = ("Django", "psycopg", "granian")
OWN = re.compile("CLEW_|DJANGO_")
WAYS = ("nvme", "virtio", "ata", "usb")
HEAD = """# Figures

Written by `make evidence`; not to be edited. Each table tells of one command on the machine that is named: the median where it
ran more than once, with the range in brackets, and what it should reach. How the figures came about, and what was tried, is told in
[intake](intake.md), [imports](imports.md), [rules](rules.md), [the order of My day](queue.md) and [a million leads, kills and restarts](scale.md).
"""
Entry = dict[str, Any]


def main() -> None:
    """Run what is asked for and write the page."""
    parser = argparse.ArgumentParser(prog="tools.evidence", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=1, help="of each bench; medians are told")
    parser.add_argument("--quick", action="store_true", help="to try it: nothing is kept")
    parser.add_argument("--here", action="store_true", help="pages: of the demo that is there")
    parser.add_argument("--page", action="store_true", help="only write the page of what is kept")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    for name in () if options.page else options.names or BENCHES:
        more = ["--here"] if options.here and name == "pages" else []
        if options.quick:
            print(json.dumps(measure(BENCHES[name], 1, [*more, *BENCHES[name].quick]), indent=1))
        else:
            keep(name, measure(BENCHES[name], options.runs, more))
    if not options.quick:
        PAGE.write_text(page(kept()), encoding="utf-8")


def measure(bench: Bench, runs: int, more: Sequence[str]) -> Entry:
    """Run one bench so often. Gives its figures and where they were found. Raises CalledProcessError."""
    environment = {k: v for k, v in os.environ.items() if not (bench.is_alone and OWN.match(k))}
    environment |= dict(bench.environment)
    entry: Entry = {
        "command": " ".join([bench.command, *more]),
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "seeds": bench.seeds,
        "load_before": round(os.getloadavg()[0], 1),
        "machine": machine(),
        "versions": versions(bench),
    }
    began, found = time.monotonic(), []
    for run in range(1, runs + 1):
        complain(f"{bench.command}: run {run} of {runs} …")
        done = subprocess.run(
            [*bench.words, *more], cwd=ROOT, env=environment, stdout=PIPE, text=True, check=True
        )
        found.append(bench.read(done.stdout))
    return {**entry, "seconds": round((time.monotonic() - began) / runs), "runs": found}


def keep(name: str, entry: Entry) -> None:
    """Put it in the place of what was kept of this bench."""
    known = {**kept(), name: entry}
    ordered = {name: known[name] for name in BENCHES if name in known}
    KEPT.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def kept() -> dict[str, Entry]:
    """Give what was found so far, by bench."""
    found: dict[str, Entry] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def commit() -> str:
    """Name what is measured; a plus says that files differ from it."""
    number = _said("git", "rev-parse", "--short=10", "HEAD")
    changed = _said("git", "status", "--porcelain", "--", ".", ":!docs/evidence")
    return number + "+" * bool(changed)


def machine() -> dict[str, str | int]:
    """Say what this machine is, and nothing of whose it is."""
    model = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory / 2**30),
        "disk": disk(),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def disk() -> str:
    """Say of which kind the disk below this folder is, as far as the system tells."""
    number = ROOT.stat().st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if not device.exists():
        return "unknown"
    whole = device if (device / "queue").exists() else device.parent
    way = next((way for way in WAYS if way in str(device)), "unknown")
    stands_still = _read(whole / "queue" / "rotational").strip() == "0"
    return f"{way}, solid state" if stands_still else way


def versions(bench: Bench) -> dict[str, str]:
    """Say what runs, and which PostgreSQL is measured."""
    url = os.environ.get("CLEW_DATABASE_URL")
    if bench.is_alone:
        server = choose(Path("none")).version
    elif url:
        with psycopg.connect(url) as connection:
            server = str(connection.info.parameter_status("server_version")).split()[0]
    else:
        server = prepare(home.folder(), complain).binaries.version
    used = {name: version(name) for name in PACKAGES}
    return {
        "Clew": clew.__version__,
        "Python": platform.python_version(),
        "PostgreSQL": server,
        **used,
    }


def page(entries: dict[str, Entry]) -> str:
    """Write the page of what was found."""
    return HEAD + "".join(part(BENCHES[name], entry) for name, entry in entries.items())


def part(bench: Bench, entry: Entry) -> str:
    """Write what one bench found."""
    made, runs = entry["machine"], entry["runs"]
    rows = [line for row in bench.rows if (line := told(row, runs))]
    software = ", ".join(f"{name} {number}" for name, number in entry["versions"].items())
    return "\n".join(
        [
            f"\n## `{entry['command']}`\n",
            f"{entry['date']}, commit {entry['commit']}, {_times(len(runs))} of {entry['seconds']:,} s;",
            f"seeds: {entry['seeds']}; load of the machine before: {entry['load_before']};",
            f"{made['cpu']}, {made['cores']} cores, {made['memory_gib']} GiB, {made['disk']}, {made['kernel']};",
            f"{software}.\n",
            "| figure | what | measured | CPU µs per lead | bound | aim | reached |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def told(row: Row, runs: Sequence[Figures]) -> str:
    """Write one figure; nothing where it was not measured."""
    found = values(row.key, runs)
    if not found:
        return ""
    middle = median(found)
    spread = f" ({shown(min(found))}–{shown(max(found))})" if len(found) > 1 else ""
    cpu = sum(median(values(key, runs) or [0]) for key in row.cpu)
    sign = "≤" if row.is_less_better else "≥"
    bounds = [f"{sign} {shown(b)}" if b is not None else "" for b in (row.at_least, row.aim)]
    cells = [
        f"`{row.key}`",
        row.what,
        f"{shown(middle)}{spread}",
        shown(cpu) if cpu else "",
        *bounds,
    ]
    return f"| {' | '.join([*cells, reached(row, middle)])} |"


def reached(row: Row, value: float) -> str:
    """Say how far a figure came."""
    if row.reaches(value, row.aim):
        return "aim"
    if row.at_least is None:
        return ""
    return "bound" if row.reaches(value, row.at_least) else "**no**"


def values(key: str, runs: Sequence[Figures]) -> list[float]:
    """Give a figure of all runs that have it."""
    return [run[key] for run in runs if run.get(key) is not None]


def shown(value: float) -> str:
    """Write a number as the page does: three digits are enough where it is small."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:.3g}"


def _times(runs: int) -> str:
    return "one run" if runs == 1 else f"median of {runs} runs"


def _said(*words: str) -> str:
    return subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def _read(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


if __name__ == "__main__":
    main()
