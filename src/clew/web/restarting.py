"""One supervisor a folder, and `clew restart`, which asks it to put new processes in the place of the old ones."""

import fcntl
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from clew.errors import ClewError
from clew.web import home
from clew.web.terminal import _, say

LOCK = "up.lock"  # held by the supervisor; its address and process id
OUTCOME = "restarted"  # how the last restart ended
DONE = "done"
LOOK_SECONDS = 0.1


class AlreadyUp(ClewError):
    """Clew already runs from this folder. Stop it there by Ctrl-C, or open the address."""

    code = "already_up"


class NotUp(ClewError):
    """Clew does not run from this folder. Start it: clew up"""

    code = "not_up"


class RestartRefused(ClewError):
    """The new web process did not become ready, so everything stays as it was. It said why where `clew up` runs."""

    code = "restart_refused"


def only_one(stack: ExitStack, folder: Path, address: str) -> None:
    """Keep a second supervisor out of this folder. Raises AlreadyUp."""
    lock = stack.enter_context((folder / LOCK).open("a+", encoding="utf-8"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        lock.seek(0)
        raise AlreadyUp(address=lock.read().partition(" ")[0]) from held
    lock.truncate(0)
    lock.write(f"{address} {os.getpid()}")
    lock.flush()


def restart() -> int:
    """Have the supervisor of this folder restart, and wait for how it ends. Raises NotUp, RestartRefused."""
    folder = home.folder()
    (folder / OUTCOME).unlink(missing_ok=True)
    os.kill(supervisor(folder), signal.SIGUSR1)
    while not (folder / OUTCOME).exists():
        time.sleep(LOOK_SECONDS)
        supervisor(folder)
    if (folder / OUTCOME).read_text(encoding="ascii") != DONE:
        raise RestartRefused
    say(_("New processes have taken over; the old ones end what they have begun."))
    return 0


def note(folder: Path, outcome: str) -> None:
    """Leave word for `clew restart`, whole or not at all."""
    fresh = folder / f"{OUTCOME}.new"
    fresh.write_text(outcome, encoding="ascii")
    fresh.replace(folder / OUTCOME)


def supervisor(folder: Path) -> int:
    """Process id of the supervisor that runs from a folder. Raises NotUp."""
    try:
        with (folder / LOCK).open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int((folder / LOCK).read_text(encoding="utf-8").rpartition(" ")[2])
    except FileNotFoundError:
        pass
    raise NotUp(folder=str(folder))
