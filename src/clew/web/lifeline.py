"""Children end when their supervisor does, even by kill -9: then the pipe that it holds is closed."""

import os
import threading

VARIABLE = "CLEW_LIFELINE"


def hold() -> int:
    """Open a pipe that lives as long as this process. Returns the end that children are given."""
    reading, _writing = os.pipe()
    return reading


def follow() -> None:
    """End this process when the supervisor that started it has ended."""
    reading = os.environ.pop(VARIABLE, "")
    if reading.isdigit():
        threading.Thread(target=_end_with, args=[int(reading)], daemon=True).start()


def _end_with(reading: int) -> None:
    os.read(reading, 1)
    os._exit(1)
