"""The processes that `clew up` looks after: web and worker."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from clew.web import lifeline
from clew.web.terminal import _, complain

STEADY_SECONDS = 30
LONGEST_PAUSE = 10.0


@dataclass(slots=True)
class Child:
    """A process that must run; `keeps` are the descriptors it is given, the lifeline first."""

    words: list[str]
    keeps: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the supervisor alone."""
        self.process = start(self.words, self.keeps)
        self.started_at = time.monotonic()

    def start_telling(self) -> int:
        """Start it, and have it tell how it stands before it serves. Returns where that is read, without waiting."""
        hears, tells = os.pipe()
        try:
            self.process = start([*self.words, "--tell", str(tells)], (*self.keeps, tells))
        finally:
            os.close(tells)
        self.started_at = time.monotonic()
        os.set_blocking(hears, False)
        return hears

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return self.process is not None and self.process.poll() is None

    def ended(self) -> int | None:
        """Give how it ended: by which code, or minus the number of a signal; None while it runs."""
        return self.process.poll() if self.process else None

    def look(self, now: float) -> None:
        """Start it again after it died: at once the first time, then after longer and longer pauses."""
        if self.process and self.process.poll() is not None:
            if now - self.started_at > STEADY_SECONDS:
                self.deaths = 0
            pause = min(LONGEST_PAUSE, 0.25 * (2**self.deaths - 1))
            self.due_at, self.deaths = now + pause, self.deaths + 1
            complain(
                _("%s ended (%s); starting it again.") % (self.words[0], self.process.returncode)
            )
            self.process = None
        if self.process is None and now >= self.due_at:
            self.start()

    def tell(self, number: int) -> None:
        """Send it a signal, where it runs."""
        if self.process:
            self.process.send_signal(number)

    def stop(self, deadline: float) -> None:
        """Wait for it to end until the deadline, then end it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def heard(hears: int) -> str:
    """What a child told last, or nothing."""
    said = b""
    with suppress(BlockingIOError):
        said = os.read(hears, 4096)
    lines = said.decode().splitlines()
    return lines[-1] if lines else ""


def start(
    words: list[str], keeps: tuple[int, ...], stdout: int | None = None, **more: str
) -> subprocess.Popen[bytes]:
    """Start a command of Clew that ends when this process does; `more` is added to its environment."""
    return subprocess.Popen(  # noqa: S603  Clew's own commands
        [sys.executable, "-m", "clew.web.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        env={**os.environ, **more, lifeline.VARIABLE: str(keeps[0])},
        pass_fds=keeps,
        start_new_session=True,
    )
