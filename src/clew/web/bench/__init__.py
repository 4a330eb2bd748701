"""`clew bench NAME`: what Clew reaches here, divided by what this machine and PostgreSQL allow.

Works in a database of its own on the operator's server and drops it at the end; with `pages --here` in the
operator's own, on the demo that is there, where a worker runs meanwhile and some of its people sign in.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from django.apps import apps  # the parts import this package before Django is ready

from clew.web import scratch
from clew.web.bench.errors import NoCompany

NAMES = (
    "intake",
    "load",
    "imports",
    "duplicates",
    "rules",
    "plays",
    "queue",
    "notices",
    "recycle",
    "claim",
    "pages",
    "clocks",
)
FEWEST_LEADS = 10_000  # whose pages say something about speed


def main(argv: Sequence[str]) -> int:
    """Measure; the last line is one JSON object. Raises NoCompany."""
    parser = argparse.ArgumentParser(prog="clew bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="fewer contacts and shorter runs")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument(
        "--only",
        default="",
        help="some parts alone: yardsticks,belt,accept,screen,start or gain,both,burst,cost or files,large or rules,trial",
    )
    parser.add_argument("--here", action="store_true", help="pages alone: of the demo that is here")
    options = parser.parse_args(argv)
    if not options.here:
        with scratch.database("bench") as dsn:
            return _run(argv, {"CLEW_DATABASE_URL": dsn, "CLEW_DEMO": "0"})
    if options.name != "pages":
        parser.error("--here is for pages alone")
    is_demo = apps.get_model("access", "Organisation").objects.exclude(demo_accounts=[]).exists()
    if not is_demo or apps.get_model("contacts", "Lead").objects.count() < FEWEST_LEADS:
        raise NoCompany
    return _run(argv, {})


def _run(argv: Sequence[str], own: dict[str, str]) -> int:
    words = [sys.executable, "-m", "clew.web.bench", *argv]
    return subprocess.run(words, env={**os.environ, **own}, check=False).returncode  # noqa: S603  ourselves
