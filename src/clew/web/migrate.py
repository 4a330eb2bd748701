"""`clew migrate`: bring the tables up to date and put in place what every deployment starts with.

Every migration is done wholly or not at all, so that one that is cut off can be run again.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from clew.access.models import Organisation
from clew.base import changes
from clew.base.json import dumps
from clew.tally import actions as tally
from clew.web import seed
from clew.web.terminal import _, complain, say

LOCK = 0x636C6578  # "clex": one process migrates at a time


class Executor(MigrationExecutor):
    """Notes that a migration is applied in the transaction that applies it; Django does so only for some."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, *args: Any, **given: Any
    ) -> ProjectState:
        """Apply one migration."""
        with transaction.atomic() if migration.atomic else nullcontext():
            return super().apply_migration(state, migration, *args, **given)


migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]  # the command has no other way


def main(argv: Sequence[str]) -> None:
    """Migrate; `--json` tells whether anybody has used this database yet."""
    parser = argparse.ArgumentParser(prog="clew migrate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args(argv)
    with _alone():
        call_command("migrate", interactive=False, verbosity=0)
        changes.settle()
        tally.settle()
        seed.ensure(datetime.now(UTC))
    is_empty = not Organisation.objects.exists()
    if options.json:
        say(dumps({"is_empty": is_empty}))
    else:
        say(_("The tables are up to date."))


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else migrates. Whoever is cut off lets go with their connection."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            complain(_("Somebody else brings the tables up to date; waiting."))
            cursor.execute("select pg_advisory_lock(%s)", [LOCK])
    yield
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock(%s)", [LOCK])
