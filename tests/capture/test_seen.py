"""Which keys of a file came before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.capture.seen import Seen

KEYS = st.lists(st.binary(min_size=1, max_size=1), max_size=3)


@given(rows=st.lists(KEYS, max_size=40), in_memory=st.integers(0, 5))
def test_each_row_is_told_the_first_that_had_one_of_its_keys(
    rows: list[list[bytes]], in_memory: int
) -> None:
    seen = Seen(in_memory)
    first: dict[bytes, int] = {}
    for number, keys in enumerate(rows):
        assert seen.first(keys, number) == min((first[k] for k in keys if k in first), default=None)
        for key in keys:
            first.setdefault(key, number)


@pytest.mark.parametrize("in_memory", [10, 1_000])
def test_what_was_written_to_the_file_is_still_known(in_memory: int) -> None:
    seen = Seen(in_memory)
    for number in range(100):
        assert seen.first([number.to_bytes(8, "big")], number) is None
    assert [seen.first([n.to_bytes(8, "big")], 100) for n in range(100)] == list(range(100))
