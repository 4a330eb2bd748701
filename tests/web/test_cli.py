"""The command `clew`, its exit codes and what it prints last."""

import io
import json

import pytest

from clew.access.models import Member, Organisation
from clew.web import cli, migrate, users
from clew.web.home import _secret, furnish


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    said = capsys.readouterr().out
    assert all(name in said for name in cli.COMMANDS)


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fly"]) == 2
    assert cli._usage() in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_PORT", port)
    monkeypatch.delenv("CLEW_LIFELINE", raising=False)
    assert cli.main(["up"]) == 1
    assert port in capsys.readouterr().err


@pytest.mark.django_db
def test_the_first_person_founds_the_operator_and_may_do_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-long-enough-passphrase-71\n"))
    users.main(["add", "boss", "--organisation", "启衡工控", "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    member = Member.objects.get(pk=told["id"])
    assert (told["username"], told["role"]) == ("boss", "administrator")
    assert member.check_password("a-long-enough-passphrase-71")
    assert member.organisation.name == "启衡工控"


@pytest.mark.django_db
def test_migrating_tells_whether_anybody_is_there_yet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    migrate.main(["--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"is_empty": True}
    Organisation.objects.create(name="启衡工控")
    migrate.main(["--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"is_empty": False}


def test_a_database_that_is_named_is_used_and_none_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home") / ".clew"
    monkeypatch.setenv("CLEW_HOME", str(home))
    monkeypatch.setenv("CLEW_DATABASE_URL", "dbname=elsewhere")
    assert furnish(print) is None
    assert not (home / "pg").exists()


def test_the_secret_is_made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    first = _secret(home).read_text()
    assert _secret(home).read_text() == first
    assert len(first) >= 32
