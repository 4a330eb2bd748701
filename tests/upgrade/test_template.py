"""The template of the tests' databases is that of the code as it is now."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from clew.capture.link import conninfo
from tests import template

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrated(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was migrated, in the place of the template that this run stands on."""
    name, addresses = f"clew_template_{uuid4().hex}", list[str]()
    monkeypatch.setattr(template, "NAME", name)
    monkeypatch.setattr(template, "_migrate", addresses.append)
    yield addresses
    with psycopg.connect(conninfo(), autocommit=True) as server:
        server.execute(f"drop database if exists {name}")


def test_it_is_made_once_for_each_state_of_the_code(
    migrated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {template.prepared(conninfo()) for _ in range(2)}
    assert names == {template.NAME}
    assert len(migrated) == 1
    monkeypatch.setattr(template, "_state", lambda: "of other code")
    template.prepared(conninfo())
    assert len(migrated) == 2


def test_one_that_was_not_migrated_to_the_end_is_made_anew(
    migrated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: str) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(template, "_migrate", breaks)
        with pytest.raises(InterruptedError):
            template.prepared(conninfo())
    template.prepared(conninfo())
    assert len(migrated) == 1


def test_any_code_of_the_product_makes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    now, files = template._state(), list(template._code())
    assert any("migrations" in file.parts for file in files)
    monkeypatch.setattr(template, "_code", lambda: files[:-1])
    assert template._state() != now
