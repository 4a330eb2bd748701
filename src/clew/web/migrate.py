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
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveConstraint,
    RemoveIndex,
    RunPython,
    RunSQL,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from clew.access.models import Organisation
from clew.base import changes
from clew.base.json import dumps
from clew.tally import actions as tally
from clew.web import seed
from clew.web.terminal import _, complain, say

LOCK = 0x636C6578  # "clex": one process migrates at a time
SINGLE = (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveConstraint,
    RemoveIndex,
    RunPython,
    RunSQL,
)


class Singly(ProjectState):
    """Renders the one model that changes. Django renders all that are related too, which takes longer than the database."""

    def clone(self) -> ProjectState:
        """Copy, with the same habit."""
        copy = super().clone()
        copy.__class__ = Singly
        return copy

    def _find_reload_model(self, app_label: str, model_name: str, *_: bool) -> set[tuple[str, str]]:
        self.is_delayed = True  # whoever asks for rows is given all models rendered anew
        return {(app_label, model_name)}


def is_single(operation: Operation) -> bool:
    """Whether it changes the table of one model only: not what foreign keys of others hold or name."""
    if isinstance(operation, AlterField) and operation.field.unique:
        return False
    return isinstance(operation, SINGLE)


class Executor(MigrationExecutor):
    """Notes that a migration is applied in the transaction that applies it; Django does so only for some."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, *args: Any, **given: Any
    ) -> ProjectState:
        """Apply one migration."""
        if all(map(is_single, migration.operations)):
            state.__class__ = Singly
        else:
            state.clear_delayed_apps_cache()
            state.__class__ = ProjectState
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
