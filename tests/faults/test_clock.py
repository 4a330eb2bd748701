"""The clock of the machine is set back: what is due now and then goes on being due."""

from datetime import datetime, timedelta

from clew.web.pacing import every
from tests.company import MONDAY_NOON


def test_what_is_due_now_and_then_does_not_wait_an_hour_after_the_clock_was_set_back() -> None:
    done: list[datetime] = []
    tick = every(timedelta(seconds=5), done.append)
    moments = [MONDAY_NOON + timedelta(seconds=s) for s in (0, 4, 5, 5 - 3600, 8 - 3600, 10 - 3600)]
    for moment in moments:
        tick(moment)
    assert done == [moments[0], moments[2], moments[3], moments[5]]
