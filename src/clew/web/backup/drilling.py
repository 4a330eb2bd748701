"""`clew drill`: does a backup restore? Backs up, restores into a scratch database, compares, leaves nothing behind."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from psycopg.errors import InsufficientPrivilege

from clew.base.json import dumps
from clew.web import home, scratch
from clew.web.backup.archive import opened
from clew.web.backup.backing import back_up
from clew.web.backup.errors import DrillFailed, ScratchRefused
from clew.web.terminal import _, say


def main(argv: Sequence[str]) -> None:
    """Rehearse, and say how long it took. Raises DrillFailed, ScratchRefused."""
    parser = argparse.ArgumentParser(prog="clew drill", description=__doc__)
    parser.add_argument("--file", type=Path, help="rehearse with this backup instead of a new one")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args(argv)
    told = drill(options.file)
    if options.json:
        say(dumps(told))
        return
    say(
        _("Backed up in %(backup_seconds)s s, restored in %(restore_seconds)s s: %(rows)s rows.")
        % told
    )
    say(_("Every table is as it was. Nothing was left behind."))


def drill(given: Path | None) -> dict[str, object]:
    """Restore a backup, or one made now, into a database of its own, and compare the states."""
    with tempfile.TemporaryDirectory(prefix="drill-", dir=home.folder()) as folder:
        began = time.monotonic()
        file = given or Path(folder) / "drill.backup"
        manifest = opened(file).manifest if given else back_up(file, datetime.now(UTC))
        between = time.monotonic()
        restored = _restored(file)
        if restored["state"] != manifest.state or not restored["verified"]:
            raise DrillFailed(state=restored["state"], wanted=manifest.state)
        return {
            "rows": restored["rows"],
            "bytes": file.stat().st_size,
            "state": manifest.state,
            "backup_seconds": round(between - began, 1),
            "restore_seconds": round(time.monotonic() - between, 1),
        }


def _restored(file: Path) -> dict[str, object]:
    words = [sys.executable, "-m", "clew.web.cli", "restore", str(file), "--verify", "--json"]
    try:
        with scratch.database("drill") as dsn:
            environment = {**os.environ, "CLEW_DATABASE_URL": dsn}
            environment.pop("CLEW_DATABASE_URL_FILE", None)
            ran = subprocess.run(words, env=environment, check=False, stdout=subprocess.PIPE)  # noqa: S603  ourselves
    except InsufficientPrivilege as refused:
        raise ScratchRefused from refused
    if ran.returncode:
        raise DrillFailed(file=str(file))
    told: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return told
