"""`clew import` killed by -9 in the middle, and run again."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clew.capture.link import conninfo
from clew.capture.models import Import, ImportRow, Submission, Waiting
from clew.contacts.models import Lead
from clew.web import import_command
from tests import company as companies
from tests.architecture.source import ROOT

ROWS = 3_000
SECONDS = 60


@pytest.mark.crash
@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = companies.found(capacity=10 * ROWS)
    file = tmp_path / "leads.csv"
    lines = (f"{13800000000 + n},row {n}" for n in range(ROWS))
    file.write_text("\n".join(["phone,message", *lines]), encoding="utf-8")
    words = [str(file), "--source", company.site.key, "--json"]
    command = [sys.executable, "-m", "clew.web.cli", "import", *words]
    own = os.environ | {"CLEW_DATABASE_URL": conninfo(), "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=own) as process:
        until = time.monotonic() + SECONDS
        while Submission.objects.count() < ROWS // 4 and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
    killed = Import.objects.get()
    assert killed.state == Import.State.IMPORTING
    assert killed.position <= Submission.objects.count() < ROWS
    Import.objects.update(held_until=None)
    assert import_command.main(words) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["rows"], told["new"], told["errors"]) == (ROWS, ROWS, 0)
    assert Submission.objects.count() == Lead.objects.count() == ROWS
    assert ImportRow.objects.values("submission").distinct().count() == ROWS
    assert not Waiting.objects.exists()
