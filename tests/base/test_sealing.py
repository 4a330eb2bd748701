import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
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


@given(st.text(max_size=200), st.sampled_from(["phone", "tail"]))
def test_what_is_looked_up_is_an_hmac_under_a_key_of_the_deployment(value: str, kind: str) -> None:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"clew lookup")
    key = kdf.derive(settings.SECRET_KEY.encode())
    text = f"{kind}:{value}".encode()
    assert lookup(value, kind) == hmac.digest(key, text, "sha256")[:16]
