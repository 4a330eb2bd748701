"""From one server to another that never was: the secret by its passphrase, everything else by the backup."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clew.capture.link import conninfo
from clew.web import scratch
from clew.web.embedded import prepare
from tests.company import HOT, enquire, found
from tests.running import ROOT, bare

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PHRASE = "correct horse battery"


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A folder in which Clew never ran."""
    with tempfile.TemporaryDirectory(prefix="clew-fresh-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
        prepare(place / "home", print).stop()


def run(*words: str, **environment: str) -> str:
    kept = bare()
    own = {"PYTHONPATH": str(ROOT / "src"), "CLEW_BACKUP_PASSPHRASE": PHRASE, **environment}
    ran = subprocess.run(
        [sys.executable, "-m", *words],
        env=kept | own,
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def clew(*words: str, **environment: str) -> dict[str, object]:
    said = run("clew.web.cli", *words, "--json", **environment)
    told: dict[str, object] = json.loads(said.splitlines()[-1])
    return told


def at(database: str, home: Path) -> dict[str, str]:
    secret = os.environ["CLEW_SECRET_KEY"]
    return {"CLEW_DATABASE_URL": database, "CLEW_SECRET_KEY": secret, "CLEW_HOME": str(home)}


def test_a_fresh_place_has_the_same_state_and_opens_what_was_sealed(
    fresh: Path, tmp_path: Path
) -> None:
    company = found()
    enquire(company.site, name="周建国", phone="13812345678", **HOT)
    backup, keys = str(tmp_path / "a.backup"), str(tmp_path / "keys")
    here = at(conninfo(), tmp_path)
    made = clew("backup", backup, "--keys", keys, **here)
    there = {"CLEW_HOME": str(fresh / "home")}
    restored = clew("restore", backup, "--keys", keys, "--verify", **there)
    assert (restored["state"], restored["verified"]) == (made["state"], True)
    assert clew("backup", str(tmp_path / "b.backup"), **there)["state"] == made["state"]
    sheet = fresh / "all.csv"
    reason = ["--unmask", "--reason", "is it all there"]
    assert clew("export", "leads", "--out", str(sheet), *reason, **there)["rows"] == 1
    assert "+8613812345678" in sheet.read_text(encoding="utf-8-sig")
    books = clew("doctor", "--ledger", **there)["ledger"]
    assert isinstance(books, dict)
    assert books["is_balanced"]


def test_a_backup_of_an_older_version_is_restored_and_brought_up_to_date(tmp_path: Path) -> None:
    backup = str(tmp_path / "old.backup")
    with scratch.database("old") as old, scratch.database("new") as new:
        django = {**at(old, tmp_path), "DJANGO_SETTINGS_MODULE": "clew.web.settings"}
        run("django", "migrate", "-v0", **django)
        run("django", "migrate", "-v0", "pipeline", "0003", **django)
        with psycopg.connect(old) as connection:
            connection.execute(
                "insert into access_organisation (name, phone, address, demo_accounts) "
                "values ('启衡工控', '', '', '[]')"
            )
        clew("backup", backup, **at(old, tmp_path))
        clew("restore", backup, "--verify", **at(new, tmp_path))
        with psycopg.connect(new) as connection:
            found_there = connection.execute("select name from access_organisation").fetchall()
            assert found_there == [("启衡工控",)]
            assert connection.execute("select count(*) from pipeline_savedview").fetchone() == (0,)
