"""docs/evidence/figures: the page says what was found, of no machine by name, and README quotes nothing else."""

import re
import socket
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tools import evidence
from tools.benches import BENCHES, Row, killed, restarts

FIGURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(?:ms|µs|MB|GB|毫秒|leads a second|条/秒)")
FAST = Row("per_s", "leads", at_least=100, aim=200, cpu=["python_us", "postgres_us"])
SLOW = Row("p95_ms", "pages", at_least=300, aim=50, is_less_better=True)


def test_the_page_is_written_from_what_is_kept() -> None:
    assert evidence.PAGE.read_text(encoding="utf-8") == evidence.page(evidence.kept())


def test_nobodys_machine_is_named() -> None:
    kept = evidence.KEPT.read_text(encoding="utf-8")
    assert socket.gethostname() not in kept
    assert not re.search(r"/(root|home|tmp|work|var)\b", kept)


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_quotes_only_what_was_found(name: str) -> None:
    found = {
        evidence.shown(evidence.median(found))
        for entry in evidence.kept().values()
        for key in entry["runs"][0]
        if (found := numbers(key, entry["runs"]))
    }
    quoted = FIGURE.findall((ROOT / name).read_text(encoding="utf-8"))
    assert set(quoted) <= found


def numbers(key: str, runs: list[dict[str, Any]]) -> list[float]:
    return [each for each in evidence.values(key, runs) if isinstance(each, int | float)]


def test_a_figure_stands_beside_its_bounds_and_the_processors_time() -> None:
    runs = [{"per_s": n, "python_us": 40, "postgres_us": 60.5} for n in (150, 90, 130)]
    cells = [cell.strip() for cell in evidence.told(FAST, runs).strip("|").split("|")]
    assert cells == ["`per_s`", "leads", "130 (90–150)", "100", "≥ 100", "≥ 200", "bound"]


@pytest.mark.parametrize(
    ("row", "value", "word"),
    [
        (FAST, 99, "**no**"),
        (FAST, 100, "bound"),
        (FAST, 200, "aim"),
        (SLOW, 301, "**no**"),
        (SLOW, 300, "bound"),
        (SLOW, 50, "aim"),
        (Row("n", "of them"), 1, ""),
        (Row("lost", "leads", at_least=0, is_less_better=True), 0, "bound"),
    ],
)
def test_it_is_said_how_far_a_figure_came(row: Row, value: float, word: str) -> None:
    assert evidence.reached(row, value) == word


def test_what_was_not_measured_is_not_told() -> None:
    assert evidence.told(SLOW, [{"p95_ms": None}, {}]) == ""


def test_what_the_test_of_restarts_prints_is_read() -> None:
    assert restarts(".20 restarts, {'200': 5, '202': 4, 'ConnectionError': 1}\n1 passed\n") == {
        "restarts": 20,
        "answers": 9,
        "failed": 1,
    }
    with pytest.raises(ValueError, match="1 failed"):
        restarts("1 failed\n")


def test_what_was_killed_is_one_figure() -> None:
    assert killed('100 kills …\n{"kills": {"serve": 17, "work": 3}, "lost": 0}\n') == {
        "kills": 20,
        "lost": 0,
    }


def test_every_figure_of_a_bench_has_a_name_of_its_own() -> None:
    for bench in BENCHES.values():
        keys = [row.key for row in bench.rows]
        assert len(keys) == len(set(keys))
