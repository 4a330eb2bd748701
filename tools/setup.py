"""Make the virtual environment .venv that the Makefile's targets share. Needs nothing but Python 3.11.

    python3 tools/setup.py [--dev]

A stamp in .venv is written last and says for which checkout and lock file. Without one an earlier run was
interrupted, and .venv is made anew; with that of another lock file the packages are brought up to date;
with the right one nothing is done.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAUNCHER = '#!/bin/sh\nexec "$(dirname "$0")/python" -m clew.web.cli "$@"\n'


def main() -> None:
    """Bring .venv up to date with the lock file."""
    names = ["requirements", "requirements-dev"] if "--dev" in sys.argv else ["requirements"]
    here = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(here, fcntl.LOCK_EX)  # two targets at once: the second waits and finds it done
    wanted = {VENV / f"{name}.stamp": stamp(ROOT / f"{name}.txt") for name in names}
    if works() and all(read(file) == text for file, text in wanted.items()):
        return
    if not works():
        create()
    for file in VENV.glob("*.stamp"):
        file.unlink()
    install(ROOT / f"{names[-1]}.txt")
    link()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")


def stamp(lock: Path) -> str:
    """Say what an environment was made for."""
    return f"{ROOT}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def works() -> bool:
    """Whether an earlier run for this checkout was completed and its Python is still there."""
    if not any(read(file).startswith(f"{ROOT}\n") for file in VENV.glob("*.stamp")):
        return False
    try:
        return subprocess.run([str(PYTHON), "-c", "import clew"], check=False).returncode == 0
    except OSError:
        return False


def read(file: Path) -> str:
    """Content of the file, or nothing."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def create() -> None:
    """Make an empty environment, in the place of one that is half-made or came from elsewhere."""
    print("Clew: making .venv", flush=True)
    if VENV.is_dir() and not VENV.is_symlink():
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        sys.exit(
            "Clew: Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
        )


def install(lock: Path) -> None:
    """Install the locked packages and show how far it is."""
    total = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line)
    print(f"Clew: installing {total} packages, a minute or two the first time", flush=True)
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-input",
        "-r",
        str(lock),
    ]
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    said, done = [], 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                done += 1
                show(
                    f"  {done}/{total} {line.split()[1] if line[0] == 'C' else ''}",
                    every=done % 10 == 0,
                )
            elif line.startswith("Installing collected"):
                show("  unpacking", every=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if pip.returncode:
        sys.exit(
            f"{''.join(said[-20:])}\nClew: the packages could not be installed; the reason is above. Run it again to go on."
        )


def show(progress: str, *, every: bool) -> None:
    """Overwrite one line on a terminal; elsewhere print a line now and then."""
    if sys.stdout.isatty():
        print(f"\r\033[K{progress[:78]}", end="", flush=True)
    elif every:
        print(progress, flush=True)


def link() -> None:
    """Make this checkout importable and `clew` callable. The path is relative, so no encoding can break it."""
    (site,) = VENV.glob("lib/python*/site-packages")
    source = Path("..", "..", "..", "..", "src")
    (site / "clew.pth").write_text(f"{source}\n", encoding="ascii")
    script = VENV / "bin" / "clew"
    script.write_text(LAUNCHER, encoding="ascii")
    script.chmod(0o755)


if __name__ == "__main__":
    main()
