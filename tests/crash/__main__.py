"""`make crash KILLS=1000 LEADS=100000 SEED=1 FOLDER=path`: prints one JSON object, and fails if anything is wrong.

With a folder, the same command goes on after an interruption; without one, a temporary folder is used.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.trial import Trial


def main() -> int:
    """Play one trial."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", default="", help="kept, and gone on from")
    options = parser.parse_args()
    with _folder(options.folder) as folder:
        result = Trial(folder, options.kills, options.leads, options.seed).play()
    sys.stdout.write(f"{json.dumps(result, ensure_ascii=False)}\n")
    return 1 if result["problems"] else 0


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    if name:
        Path(name).mkdir(parents=True, exist_ok=True)
        yield Path(name)
        return
    with tempfile.TemporaryDirectory(prefix="clew-crash-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


if __name__ == "__main__":
    sys.exit(main())
