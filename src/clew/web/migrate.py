"""`clew migrate`: bring the tables up to date and put in place what every deployment starts with."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from django.core.management import call_command

from clew.access.models import Organisation
from clew.base.changes import settle
from clew.base.json import dumps
from clew.web import seed
from clew.web.terminal import _, say


def main(argv: Sequence[str]) -> None:
    """Migrate; `--json` tells whether anybody has used this database yet."""
    parser = argparse.ArgumentParser(prog="clew migrate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args(argv)
    call_command("migrate", interactive=False, verbosity=0)
    settle()
    seed.ensure(datetime.now(UTC))
    if options.json:
        say(dumps({"is_empty": not Organisation.objects.exists()}))
    else:
        say(_("The tables are up to date."))
