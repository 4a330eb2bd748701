"""The small trial of `make crash`, run with all tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.system import VICTIMS
from tests.crash.trial import Trial
from tests.running import place

KILLS = 30
LEADS = 3_000
SEED = 20261123


@pytest.mark.crash
@pytest.mark.slow
def test_kill_9_loses_nothing_and_doubles_nothing(as_if_up: Callable[[Path], None]) -> None:
    with place("clew-crash-") as folder:
        as_if_up(folder)
        result = Trial(folder, KILLS, LEADS, SEED, audit_every=10).play()
    assert not result["problems"], result
    assert result["kills"] == dict.fromkeys(VICTIMS, KILLS // len(VICTIMS))
    assert result["leads"] >= LEADS
    assert result["audits"] == 3
    assert result["claims"]
    assert result["calls"]
    assert result["unknown_and_sent_again"]
