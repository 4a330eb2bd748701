"""The worker's thread that tells people: a step behind the belt, and never in its way."""

import logging
import threading
import time
from datetime import UTC, datetime

from django.db import connection

from clew.base.away import AWAY
from clew.base.hearing import hear
from clew.base.live import CHANNEL
from clew.web.flow import HEARD

EAR = "reach"
WAIT_SECONDS = 1.0  # polling is the path that must work
PAUSE_SECONDS = 0.2  # however much is announced
REST = 4  # times as long as a step took

log = logging.getLogger("clew.telling")


def run(stop: threading.Event) -> None:
    """Tell people until told to stop. A lost database is waited for; what goes wrong is tried again."""
    while not stop.is_set():
        began = time.monotonic()
        try:
            is_busy = go_on(datetime.now(UTC))
            stop.wait(max(PAUSE_SECONDS, REST * (time.monotonic() - began)))
            if not is_busy:
                _wait()
        except AWAY:
            log.warning("the database is away; trying again")
            connection.close()
            stop.wait(WAIT_SECONDS)
        except Exception:
            log.exception("telling people failed")
            stop.wait(WAIT_SECONDS)
    connection.close()


def go_on(now: datetime) -> bool:
    """Do one step. True where there was something to do, and there may be more."""
    return bool(hear(EAR, HEARD, now))


def _wait() -> None:
    """Sleep until something is announced to open pages, or for a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"listen {CHANNEL}")
        if connection.connection:
            with connection.wrap_database_errors:
                for _ in connection.connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                    pass
