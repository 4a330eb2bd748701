import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.base.sealing import SealBroken, lookup, seal, unseal


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens_in_its_place_only(value: bytes, place: bytes) -> None:
    sealed = seal(value, place)
    assert unseal(sealed, place) == value
    with pytest.raises(SealBroken):
        unseal(sealed, place + b"!")


def test_every_flipped_byte_breaks_the_seal() -> None:
    sealed = seal(b"+8613812345678", b"here")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(SealBroken):
            unseal(bytes(damaged), b"here")


def test_equal_values_are_sealed_differently_but_looked_up_alike() -> None:
    assert seal(b"x", b"p") != seal(b"x", b"p")
    assert lookup("+8613812345678", "phone") == lookup("+8613812345678", "phone")
    assert lookup("+8613812345678", "phone") != lookup("+8613812345678", "wechat")
