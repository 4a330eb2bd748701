"""Tokens of other systems: made once, shown once, found by digest, revoked for good."""

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from clew.access.events import TokenIssued, TokenRevoked
from clew.access.models import Member, Token
from clew.base.ledger import Actor, append

PREFIX = "clew_"
SECRET_BYTES = 24  # 192 bits
CACHE_SECONDS = 5.0
CACHE_SIZE = 10_000
SCOPES = (
    "leads:write",
    "leads:read",
    "contacts:read",
    "events:read",
    "duplicates:read",
    "duplicates:write",
)
ACTIVE = "select digest, id, name, scopes from access_token where revoked_at is null"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token lets its holder do."""

    token_id: int
    name: str
    scopes: frozenset[str]


_found: dict[bytes, tuple[Grant, float]] = {}


def issue(*, name: str, scopes: Iterable[str], by: Member, now: datetime) -> tuple[Token, str]:
    """Make a token. Returns it with its secret, which exists nowhere else. Raises ValueError."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ValueError(wanted)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        token = Token.objects.create(
            name=name,
            prefix=secret[:12],
            digest=digest(secret),
            scopes=wanted,
            created_by=by,
            created_at=now,
        )
        append(TokenIssued(token.pk, wanted), actor=Actor("member", str(by.pk)), at=now)
    return token, secret


def revoke(token_id: int, *, by: Member, now: datetime) -> None:
    """End a token: at once in this process, within five seconds in the others."""
    with transaction.atomic():
        open_ones = Token.objects.filter(pk=token_id, revoked_at__isnull=True)
        if open_ones.update(
            revoked_at=Greatest(now, F("created_at"))
        ):  # the clock may have gone back
            append(TokenRevoked(token_id), actor=Actor("member", str(by.pk)), at=now)
    _found.clear()


def find(secret: str) -> Grant | None:
    """What this secret grants, or None. An answer is remembered for at most five seconds."""
    key = digest(secret)
    known = _found.get(key)
    if known and time.monotonic() - known[1] < CACHE_SECONDS:
        return known[0]
    token = Token.objects.filter(digest=key, revoked_at__isnull=True).first()
    if token is None:
        _found.pop(key, None)
        return None
    if len(_found) >= CACHE_SIZE:
        _found.clear()
    grant = Grant(token.pk, token.name, frozenset(token.scopes))
    _found[key] = grant, time.monotonic()
    return grant


def digest(secret: str) -> bytes:
    """What is stored of a secret. SHA-256 suffices: the secret is 192 bits of chance."""
    return hashlib.sha256(secret.encode()).digest()
