"""Keep a release's database, so that every later version is tested to take it over.

    git archive v0.1.0 | tar x -C /tmp/v0.1.0
    .venv/bin/python -m tools.old_database /tmp/v0.1.0 tests/upgrade/v0.1.0.sql.gz

The release's own code makes the tables and lets its invented company live a few days. The dump is plain SQL without
commands of psql, so that any PostgreSQL from 15 on takes it. Where the release needs other packages than this
checkout, run `make setup` in its folder first: its own .venv is used if there is one. Needs pg_dump beside the
server, so PostgreSQL 15 of the system. `first-light` is commit 0a1bcdf, the first version that ran.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from clew.web.embedded import Server, prepare

SECRET = "only-for-tests-0123456789abcdef0123456789"  # noqa: S105  of the tests, opens nothing else
DAYS = 6  # enough for each kind of row, small enough to be kept
LIVE = """
import sys
from datetime import UTC, datetime
import django
django.setup()
from clew.web.demo import load
load(datetime.now(UTC), days=int(sys.argv[1]))
"""
ROWS_AT_ONCE = 200


def main() -> None:
    """Make a database by the code in the folder named first, and write it to the file named second."""
    release, file = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="clew-old-") as folder:
        Path(folder).chmod(0o755)
        server = prepare(Path(folder) / "home", print)
        url = server.start()
        try:
            fill(release, url, Path(folder))
            file.write_bytes(gzip.compress(dump(server), mtime=0))
        finally:
            server.stop()


def fill(release: Path, url: str, home: Path) -> None:
    """Let the release make its tables and its invented company."""
    own = release / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(release / "src"),
        "DJANGO_SETTINGS_MODULE": "clew.web.settings",
        "CLEW_HOME": str(home),
        "CLEW_DATABASE_URL": url,
        "CLEW_SECRET_KEY": SECRET,
        "CLEW_LOG_LEVEL": "ERROR",
    }
    for words in (["-m", "clew.web.cli", "migrate"], ["-c", LIVE, str(DAYS)]):
        subprocess.run([python, *words], check=True, cwd=release, env=environment)


def dump(server: Server) -> bytes:
    """Give the whole database as SQL."""
    pg_dump = Path(server.binaries.folder) / "pg_dump"
    options = ["--no-owner", "--no-privileges", f"--rows-per-insert={ROWS_AT_ONCE}"]
    made = subprocess.run(
        [str(pg_dump), *options, "--dbname", server.url], check=True, capture_output=True
    )
    lines = made.stdout.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith((b"\\restrict", b"\\unrestrict")))


if __name__ == "__main__":
    main()
