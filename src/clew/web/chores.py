"""What the worker does beside the belt, in a thread of its own: long jobs, and what is due now and then.

A long job is a row with a state. A chore does one bounded piece of it, about a second of work, in its
own transactions; it starts again where the row says, on whichever machine, after whatever happened.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection

from clew.base import counting, files
from clew.base.away import AWAY
from clew.capture.actions.rejections import settle_arrived
from clew.grading.trials import actions as trials
from clew.pipeline.actions import exports
from clew.pipeline.bulk import actions as bulk
from clew.pipeline.meetings.actions.holding import remind
from clew.pipeline.moves.actions.leads import empty_retired
from clew.pipeline.moves.actions.usual import count_usual
from clew.pipeline.plays.actions import playing
from clew.pipeline.plays.actions.runs import heed_writing
from clew.pipeline.queue.actions import measure_daily
from clew.pipeline.resting.belt import rest_by_rule, wake_all
from clew.web import importing, retention, searching, standing
from clew.web.flow import go_on, hand_on, pass_steps, recycle
from clew.web.office import settling
from clew.web.pacing import calmly, every, until_done

PAUSE_SECONDS = 0.5

log = logging.getLogger("clew.chores")

Chore = Callable[[datetime], bool]  # True: there was something to do, and there may be more


CHORES: tuple[Chore, ...] = (
    calmly(go_on),
    calmly(hand_on),
    calmly(pass_steps),
    importing.work,
    settling.go_on,
    exports.advance,
    trials.advance,
    bulk.advance,
    empty_retired,
    calmly(until_done(timedelta(seconds=30), recycle)),
    until_done(timedelta(minutes=5), rest_by_rule),
    every(timedelta(hours=1), wake_all),
    playing.advance,
    every(timedelta(seconds=30), heed_writing),
    every(timedelta(hours=1), count_usual),
    every(timedelta(seconds=20), remind),
    every(timedelta(hours=1), measure_daily),
    every(timedelta(seconds=30), settle_arrived),
    every(timedelta(seconds=5), lambda _now: counting.recount()),
    every(timedelta(minutes=1), files.drop_expired),
    retention.keep_house,
    searching.go_on,
    standing.go_on,
)


def run(stop: threading.Event) -> None:
    """Do one piece of each chore in turn until told to stop. A lost database is waited for."""
    while not stop.is_set():
        is_busy = False
        for chore in CHORES:
            is_busy |= attempt(chore)
        if not is_busy:
            stop.wait(PAUSE_SECONDS)
    connection.close()


def attempt(chore: Chore) -> bool:
    """Do one piece of a chore; what goes wrong stops neither the others nor the thread."""
    try:
        return chore(datetime.now(UTC))
    except AWAY:
        log.warning("the database is away; trying again")
        connection.close()
    except Exception:
        log.exception("a chore failed")
    return False
