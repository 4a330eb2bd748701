"""A backup restores into a fresh database as it was; one that is not what was written changes nothing."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection

from clew.access.models import Member
from clew.base import sealing
from clew.capture.link import conninfo
from clew.capture.models import Source, Submission, Waiting
from clew.contacts.models import Lead
from clew.tally.actions import keep_up
from clew.tally.models import Progress, Standing
from clew.web.backup import archive, backing, drilling, keys, restoring
from clew.web.backup.errors import (
    BackupCutShort,
    BackupDamaged,
    BackupForged,
    BackupMissing,
    BackupNewer,
    BackupOfOtherKeys,
    BackupTaken,
    BackupUnwritable,
    DatabaseHoldsData,
    DatabaseInUse,
    DrillFailed,
    KeysUnopened,
    PassphraseShort,
    RestoredOtherwise,
)
from tests.company import COLD, HOT, enquire, found, submit

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path))
    monkeypatch.setenv("CLEW_DATABASE_URL", conninfo())


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a small company with leads, one of them waiting."""
    company = found()
    enquire(company.site, name="周建国\t\\N", phone="13812345678", **HOT)
    enquire(company.fair, name="Anna", phone="13912345678", **COLD)
    submit(company.site, phone="13612345678", **HOT)
    path = tmp_path / "one.backup"
    backing.back_up(path, NOW)
    return path


def held() -> tuple[int, int, int]:
    return Submission.objects.count(), Lead.objects.count(), Member.objects.count()


def again(path: Path, offset: int, byte: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= byte
    path.write_bytes(content)


def rewritten(path: Path, **changes: object) -> None:
    """Write the backup anew with another manifest, signed by whoever holds the secret."""
    given = archive.opened(path)
    parts = {part.table: list(given.read(part)) for part in given.manifest.parts}
    path.unlink()
    with archive.writing(path) as writer:
        for part in given.manifest.parts:
            writer.add(part.table, part.columns, parts[part.table])
        writer.close(msgspec.structs.replace(given.manifest, **changes))


@pytest.mark.slow
def test_a_drill_restores_what_was_backed_up_and_leaves_nothing_behind(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drilling.main(["--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["state"] == archive.opened(backup).manifest.state
    assert told["rows"] > 50
    assert [f.name for f in tmp_path.iterdir()] == [backup.name]
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_database where datname like 'clew_drill%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.slow
def test_a_drill_whose_restore_fails_says_so(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_SECRET_KEY", "of another place 0123456789abcdef01234567")
    with pytest.raises(DrillFailed):
        drilling.main(["--file", str(backup)])


def test_a_drill_with_a_damaged_backup_fails(backup: Path) -> None:
    again(backup, 500, 1)
    with pytest.raises(BackupDamaged):
        drilling.main(["--file", str(backup)])


def test_what_happened_since_is_gone_after_replacing(
    backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = held()
    names = set(Member.objects.values_list("name", flat=True))
    Member.objects.update(name="somebody else")
    Waiting.objects.all().delete()
    while keep_up():
        pass
    assert Standing.objects.count() == Lead.objects.count()
    with pytest.raises(DatabaseHoldsData):
        restoring.main([str(backup)])
    restoring.main([str(backup), "--replace", "--verify", "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["verified"]
    assert held() == before
    assert Waiting.objects.count() == 1
    assert set(Member.objects.values_list("name", flat=True)) == names
    assert not Progress.objects.exists()
    assert not Standing.objects.exists()


def test_numbers_go_on_and_constraints_hold_after_restoring(backup: Path) -> None:
    restoring.main([str(backup), "--replace"])
    assert enquire(Source.objects.get(key="site"), phone="13512345678", **HOT)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_constraint where contype = 'f' and not convalidated"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("select count(*) from pg_trigger where tgenabled = 'D'")
        assert cursor.fetchone() == (0,)


def test_a_backup_that_is_another_at_any_byte_is_refused_and_changes_nothing(
    backup: Path,
) -> None:
    before = held()
    whole = backup.read_bytes()
    chance = random.Random(5)
    places = [0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(60))]
    for place in places:
        backup.write_bytes(whole)
        again(backup, place, chance.randrange(1, 256))
        with pytest.raises((BackupDamaged, BackupCutShort)):
            restoring.main([str(backup), "--replace"])
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        backup.write_bytes(whole[:length])
        with pytest.raises(BackupCutShort):
            restoring.main([str(backup), "--replace"])
    assert held() == before


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupMissing):
        restoring.main([str(tmp_path / "none")])
    with pytest.raises(BackupMissing):
        restoring.main([str(tmp_path)])
    (tmp_path / "notes.txt").write_text("not a backup" * 20, encoding="utf-8")
    with pytest.raises(BackupCutShort):
        restoring.main([str(tmp_path / "notes.txt")])


def test_a_backup_of_a_newer_version_is_refused(backup: Path) -> None:
    known = archive.opened(backup).manifest.migrations
    rewritten(backup, migrations=[*known, ("contacts", "9999_of_tomorrow")])
    with pytest.raises(BackupNewer):
        restoring.main([str(backup), "--replace"])
    rewritten(backup, format=2)
    with pytest.raises(BackupNewer):
        restoring.main([str(backup), "--replace"])


def test_a_manifest_that_a_stranger_wrote_is_refused(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "sign", lambda text, purpose: b"0" * 64)
    rewritten(backup)
    with pytest.raises(BackupForged):
        restoring.main([str(backup), "--replace"])


def test_another_secret_is_refused_and_a_newer_one_beside_the_old_is_not(
    backup: Path, settings: Any
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "of another place 0123456789abcdef01234567"
    with pytest.raises(BackupOfOtherKeys):
        restoring.main([str(backup), "--check"])
    settings.SECRET_KEY_FALLBACKS = [old]
    assert restoring.main([str(backup), "--check"]) == 0


def test_rows_that_are_not_those_of_the_manifest_are_taken_back(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = held()
    monkeypatch.setattr(restoring.tables, "digest", lambda *_: "another")
    with pytest.raises(RestoredOtherwise):
        restoring.main([str(backup), "--replace", "--verify"])
    assert held() == before


def test_a_database_that_somebody_uses_is_refused(backup: Path) -> None:
    with psycopg.connect(conninfo()), pytest.raises(DatabaseInUse):
        restoring.main([str(backup), "--replace"])


def test_nothing_is_overwritten_and_nothing_half_written_stays(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupTaken):
        backing.main([str(backup)])
    with pytest.raises(BackupUnwritable):
        backing.main([str(tmp_path / "no" / "a.backup")])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(BackupUnwritable):
        backing.main([str(tmp_path / "b.backup")])
    assert [f.name for f in tmp_path.iterdir()] == [backup.name]


def test_neither_the_secret_nor_who_is_signed_in_is_in_a_backup(backup: Path) -> None:
    given = archive.opened(backup)
    assert "django_session" not in {part.table for part in given.manifest.parts}
    content = b"".join(piece for part in given.manifest.parts for piece in given.read(part))
    assert configured.SECRET_KEY.encode() not in content + given.signed
    assert b"13812345678" not in content
    assert oct(backup.stat().st_mode & 0o777) == "0o600"


def test_the_keys_open_with_their_passphrase_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys"
    keys.write(file, PHRASE)
    assert configured.SECRET_KEY not in file.read_text(encoding="utf-8")
    assert keys.opened(file, PHRASE) == [configured.SECRET_KEY]
    with pytest.raises(KeysUnopened):
        keys.opened(file, PHRASE + "!")
    again(file, 40, 1)
    with pytest.raises(KeysUnopened):
        keys.opened(file, PHRASE)
    with pytest.raises(BackupTaken):
        keys.write(file, PHRASE)
    monkeypatch.setenv("CLEW_BACKUP_PASSPHRASE", "short")
    with pytest.raises(PassphraseShort):
        keys.passphrase()
