"""Personal data at rest: AES-256-GCM with the key's id beside, and keyed hashes for look-up.

A sealed value is `key id (4 bytes) ‖ nonce (12) ‖ ciphertext and tag`. The associated data names the
place it belongs to, so a value moved to another row does not open. Keys are derived from
`CLEW_SECRET_KEY` by HKDF-SHA256; keys of `CLEW_SECRET_KEY_PREVIOUS` still open what they sealed.
"""

import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from clew.errors import ClewError

KEY_ID = 4
NONCE = 12
DIGEST = 16


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


def lookup(value: str, kind: str) -> bytes:
    """Hash a value under a key of the deployment, so that equal values meet and nobody can guess."""
    return hmac.digest(_lookup_key(), f"{kind}:{value}".encode(), "sha256")[:DIGEST]


@cache
def _keys() -> tuple[tuple[bytes, AESGCM], ...]:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return tuple((_derive(s, "seal id")[:KEY_ID], AESGCM(_derive(s, "seal"))) for s in secrets)


@cache
def _lookup_key() -> bytes:
    oldest = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    return _derive(oldest, "lookup")


def _derive(secret: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"clew {purpose}".encode())
    return kdf.derive(secret.encode())
