"""The keys of a deployment as a file of their own, sealed under a passphrase.

Without the secret, what is sealed in a backup cannot be read by anybody, so it is never part of one.
"""

import base64
import os
import sys
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime
from getpass import getpass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from clew.web import home
from clew.web.backup.archive import settle
from clew.web.backup.errors import (
    BackupMissing,
    BackupTaken,
    BackupUnwritable,
    KeysUnopened,
    PassphraseShort,
    SecretNamedElsewhere,
)
from clew.web.settings import read
from clew.web.terminal import _

SHORTEST = 12
COST = 2**16  # of scrypt: 64 MB and a fifth of a second a guess
PURPOSE = b"clew keys 1"


class Sealed(msgspec.Struct, frozen=True, tag="clew keys 1"):
    """The file's content."""

    salt: str
    nonce: str
    secrets: str


def passphrase() -> str:
    """Take the passphrase from CLEW_BACKUP_PASSPHRASE or its file, else ask. Raises PassphraseShort."""
    given = read("BACKUP_PASSPHRASE")
    if not given:
        is_person = sys.stdin.isatty()
        given = getpass(_("Passphrase of the keys: ")) if is_person else sys.stdin.readline()
    if len(given.strip("\n")) < SHORTEST:
        raise PassphraseShort
    return given.strip("\n")


def write(path: Path, phrase: str) -> None:
    """Write the secrets that are in use. Raises BackupTaken, BackupUnwritable."""
    if path.exists():
        raise BackupTaken(file=str(path))
    salt, nonce = os.urandom(16), os.urandom(12)
    secrets = msgspec.json.encode([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    sealed = AESGCM(_key(phrase, salt)).encrypt(nonce, secrets, PURPOSE)
    text = msgspec.json.encode(
        Sealed(*(base64.b64encode(b).decode() for b in (salt, nonce, sealed)))
    )
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.write_bytes(text)
        settle(partial, path)
    except OSError as refused:
        raise BackupUnwritable(file=str(path), reason=refused.strerror) from refused
    finally:
        partial.unlink(missing_ok=True)


def opened(path: Path, phrase: str) -> list[str]:
    """Read the secrets, newest first. Raises BackupMissing, KeysUnopened."""
    try:
        sealed = msgspec.json.decode(path.read_bytes(), type=Sealed)
        salt, nonce, secrets = (
            base64.b64decode(text, validate=True)
            for text in (sealed.salt, sealed.nonce, sealed.secrets)
        )
        plain = AESGCM(_key(phrase, salt)).decrypt(nonce, secrets, PURPOSE)
        return msgspec.json.decode(plain, type=list[str])
    except OSError as refused:
        raise BackupMissing(file=str(path), reason=refused.strerror) from refused
    except (msgspec.MsgspecError, NotBase64, InvalidTag, ValueError) as broken:
        raise KeysUnopened(file=str(path)) from broken


def put_in_place(secrets: list[str], now: datetime) -> Mapping[str, str]:
    """Make these the secrets of this folder; what was there is kept beside. Returns where they are, as environment.

    Raises SecretNamedElsewhere.
    """
    file = home.folder() / "secret"
    if os.environ.get("CLEW_SECRET_KEY") or os.environ.get("CLEW_SECRET_KEY_FILE") != str(file):
        raise SecretNamedElsewhere
    kept = {"secret": secrets[0], "secret_previous": ",".join(secrets[1:])}
    for name, content in kept.items():
        place = file.with_name(name)
        if place.exists():
            place.rename(file.with_name(f"{name}.until_{now:%Y%m%d%H%M%S}"))
        fresh = file.with_name(f"{name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(content, encoding="utf-8")
        fresh.rename(place)
    return {
        "CLEW_SECRET_KEY_FILE": str(file),
        "CLEW_SECRET_KEY_PREVIOUS_FILE": str(file.with_name("secret_previous")),
    }


def _key(phrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(phrase.encode())
