"""`clew bench NAME`: what Clew reaches here, divided by what this machine and PostgreSQL allow.

Works in a database of its own on the operator's server and drops it at the end.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from clew.web import scratch

NAMES = ("intake", "load", "imports", "duplicates", "rules", "pages")


def main(argv: Sequence[str]) -> int:
    """Measure in a scratch database; the last line is one JSON object."""
    parser = argparse.ArgumentParser(prog="clew bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="fewer contacts and shorter runs")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument(
        "--only",
        default="",
        help="some parts alone: yardsticks,belt,accept,screen,start or gain,both,burst,cost or files,large or rules,trial",
    )
    parser.parse_args(argv)
    with scratch.database("bench") as dsn:
        words = [sys.executable, "-m", "clew.web.bench", *argv]
        environment = {**os.environ, "CLEW_DATABASE_URL": dsn, "CLEW_DEMO": "0"}
        return subprocess.run(words, env=environment, check=False).returncode  # noqa: S603  ourselves
