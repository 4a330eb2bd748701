"""What `static/clew/outbox.js` does, written again independently: a result sealed to the server's public key."""

import os
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clew.base.sealing import letter_key


def letter(value: dict[str, Any] | bytes, place: bytes, key: bytes = b"") -> bytes:
    """Seal a value for a place."""
    curve = ec.SECP256R1()
    ours = ec.generate_private_key(curve)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, key or letter_key())
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"clew letter")
    nonce = os.urandom(12)
    plain = value if isinstance(value, bytes) else msgspec.json.encode(value)
    sealed = AESGCM(kdf.derive(ours.exchange(ec.ECDH(), theirs))).encrypt(nonce, plain, place)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point + nonce + sealed
