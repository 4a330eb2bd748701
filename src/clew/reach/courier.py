"""Carries messages to the outside, in threads of its own: whoever does not answer keeps nobody else waiting."""

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from email.message import EmailMessage

from django.conf import settings

from clew.base import outgoing, smtp
from clew.base.outcomes import NoAnswer, Unreachable
from clew.base.outgoing import Answer, TargetInside, TargetUnfit
from clew.base.smtp import Reply
from clew.base.targets import Relay
from clew.reach.actions import sending
from clew.reach.actions.sending import Errand
from clew.reach.channels import mail
from clew.reach.channels.speech import Meaning, Verdict, judge
from clew.reach.vendors import SPEECH

ROBOTS_AT_ONCE, MAILS_AT_ONCE = 8, 4
NOBODY = Relay("smtp", "", 0, "", "")  # cannot be reached
HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Clew"}

log = logging.getLogger("clew.courier")


class Line:
    """Some messages under way at once, one at most to each outlet. Threads only speak; storing is the caller's."""

    def __init__(self, at_once: int, *, is_mail: bool) -> None:
        """Nothing is under way."""
        self.at_once, self.is_mail = at_once, is_mail
        self.pool = ThreadPoolExecutor(at_once, thread_name_prefix="courier")
        self.under_way: dict[Future[Answer | Reply], Errand] = {}

    def collect(self, now: datetime) -> None:
        """Store what came back."""
        ended = {f: (e, _verdict(e, f)) for f, e in self.under_way.items() if f.done()}
        if ended:
            sending.note(list(ended.values()), now)
        for future in ended:
            del self.under_way[future]

    def go_on(self, now: datetime) -> bool:
        """Store what came back, and let go out what may. True where something went out."""
        self.collect(now)
        free = self.at_once - len(self.under_way)
        errands = sending.claim(now, free, is_mail=self.is_mail) if free else []
        for errand in errands:
            self.under_way[self.pool.submit(_carry, errand)] = errand
        return bool(errands)


class Courier:
    """Robots and mail, each in a line of its own: a relay that is away holds up no robot."""

    def __init__(self) -> None:
        """Nothing is under way."""
        self._robots = Line(ROBOTS_AT_ONCE, is_mail=False)
        self._lines = (self._robots, Line(MAILS_AT_ONCE, is_mail=True))

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return any(line.under_way for line in self._lines)

    def go_on(self, now: datetime) -> bool:
        """Store what came back, and let go out what may. True where something went out."""
        lines = self._lines if settings.SMTP else self._lines[:1]
        went = [line.go_on(now) for line in lines]
        return any(went)

    def pause(self, seconds: float) -> None:
        """Wait until something comes back, at most so long."""
        under_way = [future for line in self._lines for future in line.under_way]
        wait(under_way, timeout=seconds, return_when=FIRST_COMPLETED)

    def close(self, now: datetime) -> None:
        """Wait for what is under way, and store it."""
        for line in self._lines:
            line.pool.shutdown(wait=True)
            line.collect(now)


def _carry(errand: Errand) -> Answer | Reply:
    if isinstance(errand.request, EmailMessage):
        return smtp.hand_over(settings.SMTP or NOBODY, errand.request)
    return outgoing.post(errand.request.url, errand.request.body, HEADERS)


def _verdict(errand: Errand, future: Future[Answer | Reply]) -> Verdict | None:
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
    if isinstance(answer, Reply):
        return mail.judge(answer.code)
    after = answer.headers.get("retry-after", "")
    return judge(SPEECH[errand.vendor].CODES, answer.status, answer.body, after)
