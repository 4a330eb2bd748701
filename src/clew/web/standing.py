"""The chore that keeps the copy of where leads stand, which reports count by. It lets the belt keep its pace."""

import time
from datetime import datetime

from clew.capture.models import Waiting
from clew.tally.actions import keep_up

PAUSE_SECONDS = 2.0  # what is touched meanwhile is looked at by whoever counts
REST = 4  # times as long as a step took, while leads are waiting

_rests_until = 0.0


def go_on(now: datetime) -> bool:
    """Chore: copy some of what was touched. False where there is no more, or the belt is busy."""
    global _rests_until  # noqa: PLW0603  one thread does the chores of a process
    began = time.monotonic()
    if began < _rests_until:
        return False
    has_more = keep_up()
    ended = time.monotonic()
    if has_more and not Waiting.objects.exists():
        return True
    _rests_until = ended + (REST * (ended - began) if has_more else PAUSE_SECONDS)
    return False
