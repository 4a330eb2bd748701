"""`make fuzz CASES=100000 SEED=1`: prints one JSON object, and fails if anything is wrong."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.fuzz.harness import Fuzz


def main() -> int:
    """Send the cases, or one of them again."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clew-fuzz-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        result = Fuzz(folder, options.cases, options.seed, options.only).play()
    sys.stdout.write(f"{json.dumps(result, ensure_ascii=False)}\n")
    return 1 if result["problem_count"] else 0


if __name__ == "__main__":
    sys.exit(main())
