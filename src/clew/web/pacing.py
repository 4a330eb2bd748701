"""What is due now and then, also after somebody set the clock back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def every(pause: timedelta, work: Callable[[datetime], object]) -> Callable[[datetime], bool]:
    """Do it when so much time has passed, or when time went backwards. Says False: never more to do at once."""
    done_at = datetime.min.replace(tzinfo=UTC)

    def when_due(now: datetime) -> bool:
        nonlocal done_at
        if not timedelta(0) <= now - done_at < pause:
            work(now)
            done_at = now
        return False

    return when_due


def until_done(pause: timedelta, work: Callable[[datetime], bool]) -> Callable[[datetime], bool]:
    """Do it when so much time has passed, and again at once as long as it says that there may be more."""
    has_more = False

    def keep(now: datetime) -> None:
        nonlocal has_more
        has_more = work(now)

    begin = every(pause, keep)

    def when_due(now: datetime) -> bool:
        if has_more:
            keep(now)
        else:
            begin(now)
        return has_more

    return when_due


def calmly(work: Callable[[datetime], object]) -> Callable[[datetime], bool]:
    """Do a piece and say False, however much is left: the chores rest then, and others have the machine."""

    def rest_after(now: datetime) -> bool:
        work(now)
        return False

    return rest_after
