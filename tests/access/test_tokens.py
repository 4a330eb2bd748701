"""Tokens of other systems."""

import hashlib
from typing import Any

import pytest

from clew.access import tokens
from clew.access.models import Token
from tests.capture.sender import NOW, token

pytestmark = pytest.mark.django_db


def test_only_a_digest_of_a_token_is_kept() -> None:
    made, secret = token()
    assert secret.startswith("clew_")
    assert len(secret) >= 5 + 22  # 128 bits in base64
    row = Token.objects.filter(pk=made.pk).values().get()
    assert bytes(row["digest"]) == hashlib.sha256(secret.encode()).digest()
    assert secret not in str(row)


def test_a_token_grants_its_scopes_until_it_is_revoked() -> None:
    made, secret = token("leads:read", "leads:write")
    grant = tokens.find(secret)
    assert grant
    assert grant.scopes == {"leads:read", "leads:write"}
    tokens.revoke(made.pk, by=made.created_by, now=NOW)
    assert tokens.find(secret) is None


def test_a_token_that_was_revoked_elsewhere_is_forgotten_in_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, secret = token()
    seconds = [0.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: seconds[0])
    assert tokens.find(secret)
    Token.objects.filter(pk=made.pk).update(revoked_at=NOW)
    seconds[0] = 4.9
    assert tokens.find(secret)
    seconds[0] = 5.0
    assert tokens.find(secret) is None


@pytest.mark.parametrize("forged", ["", "clew_", "clew_" + "x" * 32, "\0", "长"])
def test_a_forged_token_grants_nothing(forged: str) -> None:
    token()
    assert tokens.find(forged) is None


@pytest.mark.parametrize("scopes", [(), ("leads:write", "all")])
def test_a_token_needs_scopes_that_exist(scopes: Any) -> None:
    maker = token()[0].created_by
    with pytest.raises(ValueError, match=r"."):
        tokens.issue(name="x", scopes=scopes, by=maker, now=NOW)
