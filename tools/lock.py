"""Say whether requirements*.txt hold what requirements*.in ask for: pinned, hashed, alike in both."""

import sys
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Check both locks."""
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    problems = missing("requirements.in", runtime) + missing("requirements-dev.in", dev)
    problems += [
        f"{name}: {pin} in requirements.txt, {dev.get(name)} in requirements-dev.txt"
        for name, pin in runtime.items()
        if dev.get(name) != pin
    ]
    for problem in problems:
        print(f"{problem}; run `make lock`", file=sys.stderr)
    sys.exit(bool(problems))


def pins(name: str) -> dict[str, str]:
    """Read the exact versions of a lock file."""
    entries = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found = {}
    for entry in entries:
        if entry and not entry.lstrip().startswith("#"):
            requirement = Requirement(entry.split(" --hash")[0])
            if "--hash=sha256:" not in entry:
                sys.exit(f"{name}: {requirement.name} has no hash; run `make lock`")
            found[requirement.name] = str(requirement.specifier).removeprefix("==")
    return found


def missing(name: str, locked: dict[str, str]) -> list[str]:
    """Find what is asked for and not locked, or locked in another version."""
    problems = []
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r")):
            wanted = Requirement(line)
            pin = locked.get(wanted.name)
            if pin is None or not wanted.specifier.contains(pin):
                problems.append(f"{line} of {name} is not what is locked ({pin})")
    return problems


if __name__ == "__main__":
    main()
