"""`make crash KILLS=100 LEADS=10000 SEED=1`: prints one JSON object, and fails if anything is wrong."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.crash.harness import Crash


def main() -> int:
    """Play one trial."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clew-crash-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        result = Crash(folder, options.kills, options.leads, options.seed).play()
    sys.stdout.write(f"{json.dumps(result, ensure_ascii=False)}\n")
    return 1 if result["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
