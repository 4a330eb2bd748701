"""Personal data at rest: AES-256-GCM with the key's id beside, and keyed hashes for look-up.

A sealed value is `key id (4 bytes) ‖ nonce (12) ‖ ciphertext and tag`. The associated data names the
place it belongs to, so a value moved to another row does not open. Keys are derived from
`CLEW_SECRET_KEY` by HKDF-SHA256; keys of `CLEW_SECRET_KEY_PREVIOUS` still open what they sealed.

A letter is what a browser sealed to the deployment's public key (`static/clew/outbox.js`): it can write letters and
open none. It is `public key of this letter (65 bytes, P-256) ‖ nonce (12) ‖ ciphertext and tag`; the AES key comes
by HKDF-SHA256 from the secret that the two key pairs share.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from clew.errors import ClewError

KEY_ID = 4
NONCE = 12
DIGEST = 16
BLOCK = 64  # of SHA-256
POINT = 65
CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve's points
LETTER = b"clew letter"


class SealBroken(ClewError):
    """A sealed value does not open: its key is missing, or it was moved or damaged."""

    code = "seal_broken"


def seal(value: bytes, place: bytes) -> bytes:
    """Encrypt `value` for `place`, such as b"submission:" + the row's id."""
    key_id, key = _keys()[0]
    nonce = os.urandom(NONCE)
    return key_id + nonce + key.encrypt(nonce, value, place)


def unseal(sealed: bytes, place: bytes) -> bytes:
    """Decrypt what `seal` gave. Raises SealBroken."""
    key = dict(_keys()).get(sealed[:KEY_ID])
    if key is None:
        raise SealBroken
    try:
        return key.decrypt(sealed[KEY_ID : KEY_ID + NONCE], sealed[KEY_ID + NONCE :], place)
    except InvalidTag as broken:
        raise SealBroken from broken


def letter_key() -> bytes:
    """Give the public key that letters are sealed to, as browsers take it."""
    return (
        _letter_keys()[0].public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )


def open_letter(letter: bytes, place: bytes) -> bytes:
    """Open what a browser sealed for `place` under any of the deployment's secrets. Raises SealBroken."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, letter[:POINT])
    except ValueError as broken:
        raise SealBroken from broken
    nonce, sealed = letter[POINT : POINT + NONCE], letter[POINT + NONCE :]
    for ours in _letter_keys():
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=LETTER)
        key = AESGCM(kdf.derive(ours.exchange(ec.ECDH(), theirs)))
        try:
            return key.decrypt(nonce, sealed, place)
        except (InvalidTag, ValueError):
            continue
    raise SealBroken


def lookup(value: str, kind: str) -> bytes:
    """Hash a value under a key of the deployment, so that equal values meet and nobody can guess."""
    keyed, keyed_last = _lookup_halves()
    inner, outer = keyed.copy(), keyed_last.copy()
    inner.update(f"{kind}:{value}".encode())
    outer.update(inner.digest())
    return outer.digest()[:DIGEST]


def key_ids(secrets: Sequence[str] = ()) -> list[str]:
    """Name the keys of these secrets (else the deployment's), newest first, without telling them."""
    return [_derive(s, "seal id")[:KEY_ID].hex() for s in secrets or _secrets()]


def sign(text: bytes, purpose: str) -> bytes:
    """Sign what leaves the database and shall come back unaltered."""
    return _signature(_secrets()[0], text, purpose)


def is_signed(text: bytes, signature: bytes, purpose: str) -> bool:
    """Whether `sign` gave this for this text, under any of the deployment's secrets."""
    return any(hmac.compare_digest(_signature(s, text, purpose), signature) for s in _secrets())


def _signature(secret: str, text: bytes, purpose: str) -> bytes:
    return hmac.digest(_derive(secret, f"sign {purpose}"), text, "sha256").hex().encode()


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


@cache
def _keys() -> tuple[tuple[bytes, AESGCM], ...]:
    return tuple((_derive(s, "seal id")[:KEY_ID], AESGCM(_derive(s, "seal"))) for s in _secrets())


@cache
def _letter_keys() -> tuple[ec.EllipticCurvePrivateKey, ...]:
    numbers = (int.from_bytes(_derive(secret, "letter")) for secret in _secrets())
    return tuple(ec.derive_private_key(number % (ORDER - 1) + 1, CURVE) for number in numbers)


@cache
def _lookup_halves() -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Give the two hashes of HMAC-SHA256 that have taken the key in: setting it up costs more than the rest."""
    key = _derive(_secrets()[-1], "lookup").ljust(BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in key)) for pad in (0x36, 0x5C))
    return inner, outer


def _derive(secret: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"clew {purpose}".encode())
    return kdf.derive(secret.encode())
