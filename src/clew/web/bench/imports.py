"""`clew bench imports`: how long `clew import` takes for 45,211 rows, and how much memory for a large file.

The rows are those of the bank's file where CLEW_TEST_DATA names the folder that holds it, else invented
ones of the same shape. A worker runs beside, as it does on an operator's machine.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management import call_command
from django.db import connection

from clew.web.bench import company
from clew.web.bench.servers import running
from clew.web.terminal import complain, say

ROWS = 45_211
JOBS = ("management", "technician", "admin.", "blue-collar", "retired", "services")
LARGE = 1_000_000_000  # bytes
QUICK_LARGE = 50_000_000
LINE = (
    "{number},张三{number},+86139{phone:08d},某某自动化有限公司,江苏省苏州市,"
    + "询价伺服电机 " * 45
)
Figures = dict[str, float | int | str]


def main() -> None:
    """Measure in turn and print all figures as one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    parts = options.only.split(",") if options.only else ["files", "large"]
    call_command("migrate", interactive=False, verbosity=0)
    company.found(datetime.now(UTC))
    connection.close()
    figures: Figures = {}
    worker = [sys.executable, "-m", "clew.web.cli", "work"]
    with TemporaryDirectory() as folder, running(worker):
        if "files" in parts:
            figures |= _files(Path(folder))
        if "large" in parts:
            figures |= _large(Path(folder), QUICK_LARGE if options.quick else LARGE)
    say(json.dumps(figures, ensure_ascii=False))


def _files(folder: Path) -> Figures:
    """History, its undo, new enquiries, their undo; and what a bare COPY of the same bytes takes."""
    table = _table()
    history = _write(folder / "history.csv", table)
    calls = [f"{line};139{n * 7919 % 10**8:08d}" for n, line in enumerate(table[1:])]
    enquiries = _write(folder / "enquiries.csv", [table[0] + ";phone", *calls])
    copied = _copy(history)
    figures: Figures = {"rows": len(table) - 1, "copy_s": round(copied, 2)}
    for name, file, more in (("history", history, ["--history"]), ("enquiries", enquiries, [])):
        complain(f"{name} …")
        told, memory = _run(str(file), "--source", f"bank {name}", *more)
        undone, _ = _run("--undo", told["import"])
        figures |= {
            f"{name}_s": told["seconds"],
            f"{name}_new": told["new"],
            f"{name}_rss_mb": memory,
            f"{name}_undo_s": undone["seconds"],
            f"{name}_undone": undone["undone"],
            f"{name}_ratio": round(copied / told["seconds"], 3),
        }
    return figures


def _large(folder: Path, size: int) -> Figures:
    """Judge every row of one large file; what takes memory takes it there."""
    complain(f"{size // 1_000_000} MB …")
    file, rows = folder / "large.csv", 0
    with file.open("w", encoding="utf-8") as out:
        out.write("编号,姓名,手机号,公司,地区,留言\n")
        while out.tell() < size:
            for _ in range(1000):
                rows += 1
                out.write(LINE.format(number=rows, phone=rows * 7919 % 10**8) + "\n")
    told, memory = _run(str(file), "--source", "large", "--dry-run")
    return {
        "large_mb": file.stat().st_size // 1_000_000,
        "large_rows": told["rows"],
        "large_check_s": told["seconds"],
        "large_rss_mb": memory,
    }


def _table() -> list[str]:
    known = (
        Path(os.environ.get("CLEW_TEST_DATA", "../shared/data")) / "bank_marketing/bank-full.csv"
    )
    if known.is_file():
        return known.read_text(encoding="utf-8").splitlines()
    chance = random.Random(7)  # noqa: S311  the same rows in every run
    head = "age;job;marital;education;default;balance;housing;loan;contact;day;month;duration;campaign;pdays;previous;poutcome;y"
    return [
        head,
        *(
            f'{chance.randrange(18, 95)};"{chance.choice(JOBS)}";"married";"tertiary";"no";{n};"yes";"no";'
            f'"unknown";{chance.randrange(1, 29)};"may";{chance.randrange(2000)};1;-1;0;"unknown";'
            f'"{"yes" if chance.random() < 0.12 else "no"}"'
            for n in range(ROWS)
        ),
    ]


def _write(file: Path, lines: list[str]) -> Path:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _copy(file: Path) -> float:
    """Give the seconds that PostgreSQL takes to store the lines as they are."""
    with connection.cursor() as cursor:
        cursor.execute("create table bench_lines (line text)")
        began = time.perf_counter()
        with cursor.copy("copy bench_lines from stdin (format csv, delimiter e'\\x01')") as copy:
            copy.write(file.read_bytes().replace(b'"', b""))
        seconds = time.perf_counter() - began
        cursor.execute("drop table bench_lines")
    connection.close()
    return seconds


def _run(*words: str) -> tuple[dict[str, Any], int]:
    """Run `clew import` and give what it told and the most memory it took, in megabytes."""
    command = [sys.executable, "-m", "clew.web.cli", "import", *words, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603  ourselves
        output = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"clew import {' '.join(words)} ended with {process.returncode}")
    told: dict[str, Any] = json.loads(output.splitlines()[-1])
    return told, used.ru_maxrss // 1024
