"""The chore that looks for duplicates. It lets the belt and imports keep their pace."""

import time
from datetime import datetime

from django.db import transaction

from clew.capture.models import Waiting
from clew.capture.queries import is_importing
from clew.contacts.belt.suspecting import search
from clew.web.flow import keep_belt_moving

REST = 12  # times as long as a step took, while leads are waiting

_rests_until = 0.0


def go_on(now: datetime) -> bool:
    """Chore: look at some of what came in. False where there is nothing to do, or the belt is busy."""
    global _rests_until  # noqa: PLW0603  one thread does the chores of a process
    if time.monotonic() < _rests_until or is_importing(now):
        return False
    began = time.monotonic()
    with transaction.atomic():
        keep_belt_moving()  # an undo waits, so that nobody vanishes meanwhile
        count = search(now)
    if count and Waiting.objects.exists():
        _rests_until = time.monotonic() + REST * (time.monotonic() - began)
        return False
    return count > 0
