"""The worker's thread that tells people: a step behind the belt, and never in its way."""

import logging
import threading
import time
from datetime import UTC, datetime

from django.db import connection

from clew.base.away import AWAY
from clew.base.hearing import hear
from clew.base.live import CHANNEL
from clew.reach.actions.notices import hand_on
from clew.reach.courier import Courier
from clew.web.flow import HEARD

EAR = "reach"
WAIT_SECONDS = 1.0  # polling is the path that must work
PAUSE_SECONDS = 0.2  # between two times of hearing, however much is announced
REST = 4  # times as long as hearing took, so that it keeps out of the belt's way
MOST_SECONDS = 2.0

log = logging.getLogger("clew.telling")


class Telling:
    """Hears now and then, and lets go out what may, as soon as it may."""

    def __init__(self) -> None:
        """Nothing was heard yet, and nothing is under way."""
        self.courier = Courier()
        self._hears_at = 0.0

    def go_on(self, now: datetime) -> bool:
        """Do one step. True where there was something to do, and there may be more."""
        began = time.monotonic()
        heard = 0
        if began >= self._hears_at:
            heard = hear(EAR, HEARD, now)
            took = time.monotonic() - began
            self._hears_at = began + took + min(MOST_SECONDS, max(PAUSE_SECONDS, REST * took))
            heard += hand_on(now)
        return bool(heard) | self.courier.go_on(now)

    def wait(self, stop: threading.Event) -> None:
        """Sleep until something comes back, or is announced and may be heard; a second at most."""
        if self.courier.is_busy:
            self.courier.pause(PAUSE_SECONDS)
            return
        _listen()
        stop.wait(max(0.0, self._hears_at - time.monotonic()))

    def end(self) -> None:
        """Wait for what is under way; what cannot be stored is found by the next worker."""
        try:
            self.courier.close(datetime.now(UTC))
        except AWAY:
            log.warning("the database is away; what became of the last messages is not known")


def run(stop: threading.Event) -> None:
    """Tell people until told to stop. A lost database is waited for; what goes wrong is tried again."""
    telling = Telling()
    while not stop.is_set():
        try:
            if not telling.go_on(datetime.now(UTC)):
                telling.wait(stop)
        except AWAY:
            log.warning("the database is away; trying again")
            connection.close()
            stop.wait(WAIT_SECONDS)
        except Exception:
            log.exception("telling people failed")
            stop.wait(WAIT_SECONDS)
    telling.end()
    connection.close()


def _listen() -> None:
    """Sleep until something is announced to open pages, or for a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"listen {CHANNEL}")
        if connection.connection:
            with connection.wrap_database_errors:
                for _ in connection.connection.notifies(timeout=WAIT_SECONDS, stop_after=1):
                    pass
