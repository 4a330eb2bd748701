"""`clew user add`: the first administrator of a deployment, or anybody after."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from getpass import getpass

from clew.access.actions import Newcomer, add_member, found
from clew.access.models import Organisation, Role
from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.web.terminal import _, say

TERMINAL = Actor("system", "terminal")


def main(argv: Sequence[str]) -> None:
    """Add a person. The password is asked for, or read from standard input."""
    options = _options(argv)
    now = datetime.now(UTC)
    password = getpass(_("Password: ")) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    operator = Organisation.objects.order_by("pk").first() or found(options.organisation)
    newcomer = Newcomer(
        username=options.username,
        name=options.name or options.username,
        role=options.role,
        password=password,
        email=options.email,
    )
    member = add_member(operator, newcomer, actor=TERMINAL, now=now)
    if options.json:
        say(dumps({"id": member.pk, "username": member.username, "role": member.role}))
    else:
        say(_("%s may sign in.") % member.username)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clew user", description=__doc__)
    parser.add_argument("action", choices=["add"])
    parser.add_argument("username")
    parser.add_argument("--name", default="", help="as others see it (default: the user name)")
    parser.add_argument("--email", default="")
    parser.add_argument("--role", choices=Role.values, default=Role.ADMINISTRATOR)
    parser.add_argument(
        "--organisation", default="Clew", help="the operator's name, for the first person"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args(argv)
