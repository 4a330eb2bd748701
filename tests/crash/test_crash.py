"""The small trial of `make crash`, run with all tests."""

import tempfile
from pathlib import Path

import pytest

from tests.crash.harness import Crash

KILLS = 10
LEADS = 2_000
SEED = 20261123


@pytest.mark.crash
@pytest.mark.slow
def test_kill_9_loses_no_lead_and_doubles_none() -> None:
    with tempfile.TemporaryDirectory(prefix="clew-crash-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        result = Crash(folder, KILLS, LEADS, SEED).play()
    assert not result["problems"], result
    assert sum(result["kills"].values()) == KILLS
    assert result["leads"] >= LEADS
    assert result["unknown_and_sent_again"] > 0
