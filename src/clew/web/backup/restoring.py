"""`clew restore FILE`: a backup put back into an empty database, whole or not at all."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from clew.base import sealing
from clew.base.json import dumps
from clew.web.backup import archive, keys, tables
from clew.web.backup.archive import Backup, Manifest
from clew.web.backup.errors import (
    BackupNewer,
    BackupOfOtherKeys,
    DatabaseHoldsData,
    DatabaseInUse,
    DatabaseOtherwise,
    RestoredOtherwise,
)
from clew.web.migrate import Executor
from clew.web.terminal import _, say

HOLDING = ("access_organisation", "access_member", "capture_submission")
OTHERS = """
select count(*) from pg_stat_activity where datname = current_database()
  and pid <> pg_backend_pid() and backend_type = 'client backend'"""

Migration = tuple[str, str]


def main(argv: Sequence[str]) -> int:
    """Check the file and the place, put it back, bring the tables up to date."""
    options = _options(argv)
    began = time.monotonic()
    backup = archive.opened(options.file)
    executor = Executor(connection)
    _refuse_newer(backup.manifest, executor)
    if options.keys and not _is_ours(backup.manifest, sealing.key_ids()):
        _look_at_place(backup.manifest, executor, is_replacing=options.replace)
        return _with_keys(backup.manifest, options)
    backup.check()
    if not options.check:
        _look_at_place(backup.manifest, executor, is_replacing=options.replace)
        if not executor.loader.applied_migrations:
            executor.migrate(_ends(backup.manifest, executor))
        put_back(backup, is_verified=options.verify)
        call_command("migrate", interactive=False, verbosity=0)
    _tell(backup.manifest, options, time.monotonic() - began)
    return 0


@transaction.atomic
def put_back(backup: Backup, *, is_verified: bool) -> None:
    """Replace every row by the backup's, in one transaction.

    Raises RestoredOtherwise where the rows, or with `is_verified` their hash, are others than they were.
    """
    parts = backup.manifest.parts
    with connection.cursor() as wrapped:
        cursor = wrapped.cursor
        cursor.execute(tables.STEADY)
        present = connection.introspection.table_names(wrapped)
        known = [part.table for part in parts]
        gone = {*known, "django_session", *tables.MADE_AGAIN}
        tables.empty(cursor, sorted(gone & set(present)))
        bindings = tables.unbind(cursor, known)
        for part in parts:
            count = tables.fill(cursor, part.table, part.columns, backup.read(part))
            if count != part.rows:
                raise RestoredOtherwise(table=part.table, rows=count, wanted=part.rows)
        for binding in bindings:
            cursor.execute(binding)
        for name, last in backup.manifest.sequences.items():
            tables.go_on_counting(cursor, name, last)
        for part in parts if is_verified else ():
            if tables.digest(cursor, part.table, part.columns) != part.sha256:
                raise RestoredOtherwise(table=part.table)


def _refuse_newer(manifest: Manifest, executor: Executor) -> None:
    unknown = set(manifest.migrations) - set(executor.loader.disk_migrations)
    if unknown:
        raise BackupNewer(
            clew=manifest.clew, unknown=", ".join(".".join(m) for m in sorted(unknown))
        )


def _look_at_place(manifest: Manifest, executor: Executor, *, is_replacing: bool) -> None:
    """Refuse a database that somebody uses, that holds something, or whose tables are others."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        if cursor.fetchone()[0]:
            raise DatabaseInUse
        present = set(connection.introspection.table_names(cursor))
        applied: set[Migration] = set(executor.loader.applied_migrations)
        if not applied and present:
            raise DatabaseHoldsData(tables=", ".join(sorted(present)[:5]))
        if applied and applied != set(manifest.migrations):
            raise DatabaseOtherwise(clew=manifest.clew)
        for table in HOLDING if applied and not is_replacing else ():
            cursor.execute(f"select exists (select from {table})")  # noqa: S608  names of ours
            if cursor.fetchone()[0]:
                raise DatabaseHoldsData(table=table)


def _ends(manifest: Manifest, executor: Executor) -> list[Migration]:
    """Name the last migration of each app that the backup had."""
    had = set(manifest.migrations)
    nodes = executor.loader.graph.node_map
    return [
        one
        for one in sorted(had)
        if not any(child.key in had and child.key[0] == one[0] for child in nodes[one].children)
    ]


def _is_ours(manifest: Manifest, here: list[str]) -> bool:
    return set(manifest.keys) <= set(here) and manifest.keys[-1:] == here[-1:]


def _with_keys(manifest: Manifest, options: argparse.Namespace) -> int:
    """Put the keys in place and begin again with them."""
    secrets = keys.opened(options.keys, keys.passphrase())
    if not _is_ours(manifest, sealing.key_ids(secrets)):
        raise BackupOfOtherKeys(keys=", ".join(manifest.keys))
    places = keys.put_in_place(secrets, datetime.now(UTC))
    words = [sys.executable, "-m", "clew.web.cli", "restore", str(options.file)]
    words += [f"--{name}" for name in ("verify", "replace", "json") if getattr(options, name)]
    connection.close()
    return subprocess.run(words, env={**os.environ, **places}, check=False).returncode  # noqa: S603  ourselves


def _tell(manifest: Manifest, options: argparse.Namespace, seconds: float) -> None:
    told = {
        "clew": manifest.clew,
        "made_at": manifest.made_at,
        "rows": sum(part.rows for part in manifest.parts),
        "state": manifest.state,
        "restored": not options.check,
        "verified": options.verify,
        "seconds": round(seconds, 1),
    }
    if options.json:
        say(dumps(told))
    elif options.check:
        say(_("This backup is whole: %(rows)s rows of %(made_at)s. Nothing was changed.") % told)
    else:
        say(_("Restored %(rows)s rows of %(made_at)s in %(seconds)s s.") % told)
        if options.verify:
            say(_("Read back and compared: every table is as it was."))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew restore", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--verify", action="store_true", help="read everything back and compare before it counts"
    )
    parser.add_argument("--check", action="store_true", help="look at the file, change nothing")
    parser.add_argument("--replace", action="store_true", help="throw away what the database holds")
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="put the secret in place from this file; asks for its passphrase",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args(argv)
