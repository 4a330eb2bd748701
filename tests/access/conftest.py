"""Hashing a password takes long on purpose; the tests use the same hash with less of it."""

import pytest

from clew.access.passwords import Argon2


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Argon2, "time_cost", 1)
    monkeypatch.setattr(Argon2, "memory_cost", 8)
    monkeypatch.setattr(Argon2, "parallelism", 1)
