"""`clew backup FILE_OR_FOLDER`: everything that Clew keeps, as it is at one moment, while Clew runs on."""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

import clew
from clew.base import sealing
from clew.base.json import dumps
from clew.capture.link import conninfo
from clew.web.backup import archive, keys, tables
from clew.web.backup.archive import Manifest
from clew.web.terminal import _, say


def main(argv: Sequence[str]) -> None:
    """Write a backup and, where asked for, the keys; say where they are."""
    options = _options(argv)
    now = datetime.now(UTC)
    path: Path = options.to
    if path.is_dir():
        path /= f"clew-{now:%Y%m%d-%H%M%S}.backup"
    began = time.monotonic()
    if options.keys:
        keys.write(options.keys, keys.passphrase())
    manifest = back_up(path, now)
    told = {
        "file": str(path),
        "bytes": path.stat().st_size,
        "rows": sum(part.rows for part in manifest.parts),
        "state": manifest.state,
        "seconds": round(time.monotonic() - began, 1),
    }
    if options.json:
        say(dumps(told))
        return
    say(_("Backed up %(rows)s rows into %(file)s in %(seconds)s s.") % told)
    if not options.keys:
        say(
            _(
                "The secret is not in it. Keep it elsewhere: clew backup … --keys FILE, or .clew/secret."
            )
        )


def back_up(path: Path, now: datetime) -> Manifest:
    """Write all tables as they are at one moment. Raises BackupTaken, BackupUnwritable."""
    names = [
        name
        for name in sorted(connection.introspection.django_table_names(only_existing=True))
        if name not in tables.LEFT_OUT
    ]
    migrations = sorted(MigrationRecorder(connection).applied_migrations())
    with archive.writing(path) as writer, psycopg.connect(conninfo()) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        source.read_only = True
        cursor = source.cursor()
        cursor.execute(tables.STEADY)
        for name in names:
            columns = tables.columns(cursor, name)
            writer.add(name, columns, tables.rows(cursor, name, columns))
        manifest = Manifest(
            format=archive.FORMAT,
            clew=clew.__version__,
            postgresql=source.info.parameter_status("server_version") or "",
            made_at=now.isoformat(),
            migrations=migrations,
            keys=sealing.key_ids(),
            sequences=tables.sequences(cursor),
            parts=writer.parts,
            state=archive.state(writer.parts),
        )
        writer.close(manifest)
    return manifest


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew backup", description=__doc__)
    parser.add_argument("to", type=Path, help="a new file, or a folder to make one in")
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="also write the secret to this new file, under a passphrase "
        "(CLEW_BACKUP_PASSPHRASE, or asked for); keep it apart from the backup",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args(argv)
