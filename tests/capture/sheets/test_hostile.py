"""S7: what is built to hurt whoever unpacks it is refused, at once and in words."""

import resource
from datetime import UTC, datetime

import pytest

from clew.capture.decoding import decode
from clew.capture.sheets.content import InMemory
from clew.capture.sheets.reading import examine
from clew.errors import ClewError
from tests.capture.sheets.hostile import CASES

AT_MOST = 0.2  # seconds of computing, the other process's too
TRIES = 3
LATEST = datetime(2026, 1, 1, tzinfo=UTC)
DEEP = {
    "a million arrays": b"[" * 1_000_000,
    "arrays within a lead": b'{"source":"a","extra":{"b":'
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}}",
    "objects within a lead": b'{"source":"a","extra":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
    "objects in an array": b'[{"source":"a","answers":'
    + b'{"a":' * 5_000
    + b"1"
    + b"}" * 5_001
    + b"]",
}


def computed() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def refused(content: bytes) -> tuple[type[ClewError], float]:
    """Give what a file is refused with, and the least seconds of some tries."""
    least, found = 9e9, ClewError
    for _ in range(TRIES):
        begun = computed()
        with pytest.raises(ClewError) as caught:
            examine(InMemory("list.xlsx", content))
        least, found = min(least, computed() - begun), caught.type
        if least < AT_MOST:
            break
    return found, least


def test_there_are_sixty() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_at_once(name: str) -> None:
    make, expected = CASES[name]
    found, seconds = refused(make())
    assert found is expected
    assert seconds < AT_MOST


@pytest.mark.parametrize("name", DEEP)
def test_json_of_great_depth_is_refused_at_once(name: str) -> None:
    begun = computed()
    with pytest.raises(ClewError):
        decode(DEEP[name], latest=LATEST)
    assert computed() - begun < AT_MOST
