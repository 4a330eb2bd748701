"""The small form of `make fuzz`, run with all tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.harness import Fuzz
from tests.fuzz.verdict import LONGEST
from tests.running import place

CASES = 2_000
SEED = 20261124


@pytest.mark.slow
def test_2000_hostile_cases_break_leak_and_hold_up_nothing(
    as_if_up: Callable[[Path], None],
) -> None:
    with place("clew-fuzz-") as folder:
        as_if_up(folder)
        result = Fuzz(folder, CASES, SEED).play()
    assert result["problems"] == []
    assert result["cases"] >= CASES
    assert result["document"]["cases"] >= CASES // 10
    assert result["slowest_seconds"] < LONGEST
    assert {200, 302, 303, 400, 403, 404, 405, 422} <= {
        int(s.split()[1]) for s in result["statuses"]
    }
