"""Carries messages to the outside, in threads of its own: whoever does not answer keeps nobody else waiting."""

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from clew.base import outgoing
from clew.base.outgoing import Answer, NoAnswer, TargetInside, TargetUnfit, Unreachable
from clew.reach.actions import sending
from clew.reach.actions.sending import Errand
from clew.reach.channels.speech import Meaning, Verdict, judge
from clew.reach.vendors import SPEECH

AT_ONCE = 8
HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Clew"}

log = logging.getLogger("clew.courier")


class Courier:
    """Has some messages under way at once, one at most to each outlet. Threads only post; storing is the caller's."""

    def __init__(self) -> None:
        """Nothing is under way."""
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier")
        self._under_way: dict[Future[Answer], Errand] = {}

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._under_way)

    def go_on(self, now: datetime) -> bool:
        """Store what came back, and let go out what may. True where something went out."""
        self._collect(now)
        if len(self._under_way) >= AT_ONCE:
            return False
        errands = sending.claim(now, AT_ONCE - len(self._under_way))
        for errand in errands:
            self._under_way[self._pool.submit(_carry, errand)] = errand
        return bool(errands)

    def pause(self, seconds: float) -> None:
        """Wait until something comes back, at most so long."""
        wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)

    def close(self, now: datetime) -> None:
        """Wait for what is under way, and store it."""
        self._pool.shutdown(wait=True)
        self._collect(now)

    def _collect(self, now: datetime) -> None:
        ended = {f: (e, _verdict(e, f)) for f, e in self._under_way.items() if f.done()}
        if ended:
            sending.note(list(ended.values()), now)
        for future in ended:
            del self._under_way[future]


def _carry(errand: Errand) -> Answer:
    return outgoing.post(errand.request.url, errand.request.body, HEADERS)


def _verdict(errand: Errand, future: Future[Answer]) -> Verdict | None:
    """Say what became of it; None where nobody knows."""
    try:
        answer = future.result()
    except (Unreachable, TargetInside, TargetUnfit) as error:
        return Verdict(Meaning.BROKEN, error.code)
    except NoAnswer:
        return None
    except Exception:
        log.exception("message %s went out, or not", errand.message_id)
        return None
    after = answer.headers.get("retry-after", "")
    return judge(SPEECH[errand.vendor].CODES, answer.status, answer.body, after)
