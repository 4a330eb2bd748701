"""The API's document against the API: Schemathesis draws valid and invalid requests and follows the links."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.cases import Town
from tests.fuzz.verdict import LONGEST

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
OPERATIONS = 13
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 422, 429]
"""  # 422: no schema can say that a lead needs a way of reaching somebody, or which sources there are
SEEDS_APART = 1_000_000
PORTION = 4_000  # cases of one call: what Schemathesis keeps of them grows


def run(town: Town, cases: int, seed: int, folder: Path) -> dict[str, Any]:
    """Send at least so many cases. Returns their number, the checks, and what was found."""
    (folder / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    done, problems, turn, began = 0, [], 0, time.monotonic()
    while done < cases:
        report = _call(town, min(cases - done, PORTION), seed + turn * SEEDS_APART, folder)
        done += report["test_cases"]["generated"]
        problems += _problems(report)
        turn += 1
    return {
        "cases": done,
        "calls": turn,
        "schemathesis": report["schemathesis_version"],
        "phases": {name: phase["status"] for name, phase in report["phases"].items()},
        "seconds": round(time.monotonic() - began, 1),
        "problems": problems,
    }


def _call(town: Town, cases: int, seed: int, folder: Path) -> dict[str, Any]:
    report, said = folder / "report.json", folder / f"schemathesis-{seed}"
    words = [
        *(str(SCHEMATHESIS), "--config-file", str(folder / "schemathesis.toml"), "run"),
        f"http://127.0.0.1:{town.port}/api/v1/openapi.json",
        *("-H", f"Authorization: Bearer {town.tokens['both']}"),
        *("--max-examples", str(max(1, math.ceil(cases / OPERATIONS / 3))), "--seed", str(seed)),
        *("--max-response-time", str(LONGEST), "--request-timeout", "15", "--continue-on-failure"),
        *("--no-shrink", "--suppress-health-check", "all", "--warnings", "off"),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    report.unlink(missing_ok=True)
    with said.open("w", encoding="utf-8") as output:
        subprocess.run(words, check=False, cwd=folder, stdout=output, stderr=output)
    assert report.exists(), said.read_text(encoding="utf-8")[-3000:]
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if told["exit_code"]:
        told["said"] = said.read_text(encoding="utf-8")
    return told


def _problems(report: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"document": one["title"], "operations": one["operations"]} for one in report["failures"]
    ]
    if report["exit_code"]:
        found.append({"said": report["said"][-6000:]})
    return found
