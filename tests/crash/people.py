"""Salespeople at work while everything is killed: they claim from the pool and log calls, by the pages alone.

What they are about to do, and what they were told, is in their journals: a claim is tried, then told,
found or refused; a call is dialled, then kept.
"""

import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.crash.browser import SIGN_IN, Browser, Page
from tests.crash.journals import Journal, lines
from tests.crash.pace import Pace
from tests.crash.senders import AGAIN, GIVE_UP_SECONDS, Refused

LEAD = "[0-9a-f-]{36}"
IN_POOL = re.compile(f'action="/leads/({LEAD})/claim"')
IN_DAY = re.compile(f'data-lead="({LEAD})"')
CALL_ID = re.compile(f'name="call_id" value="({LEAD})"')
FEW = 6  # of the pool's newest, so that several reach for the same one
PAUSE = 0.5  # seconds between two deeds
TWICE = 0.2  # of the calls are saved twice, as by a double click
RESULTS = ("bad_number", "bad_number", "answered", "no_answer", "wechat_added")


@dataclass
class Person(threading.Thread):
    """Works until all is over; whatever was not answered is asked again until it is known."""

    username: str
    password: str
    port: int
    path: Path
    seed: int
    pace: Pace
    unknown: int = 0
    problem: str = ""

    def __post_init__(self) -> None:
        """Make the thread, its browser and its own source of chance."""
        super().__init__(name=f"person {self.username}", daemon=True)
        begun = lines(self.path)
        self.chance = random.Random(f"{self.seed} {self.username} {len(begun)}")
        self.browser = Browser(self.port)
        self.pace.join()

    def __hash__(self) -> int:
        """Threads are told apart by what they are, not by what they hold."""
        return id(self)

    def run(self) -> None:
        """Sign in, settle what an interruption has left open, then claim and call by turns."""
        try:
            with closing(Journal(self.path)) as journal:
                self.journal = journal
                self._sign_in()
                self._settle()
                while self.pace.rest(sends=False):
                    self.chance.choice([self._claim_something, self._call_somebody])()
                    time.sleep(self.chance.uniform(0, 2 * PAUSE))
        except Exception as error:  # noqa: BLE001  a thread's error must reach the test
            self.problem = f"{self.name}: {type(error).__name__}: {error}"
        finally:
            self.browser.hang_up()
            self.pace.leave()

    def _sign_in(self) -> None:
        form = {"login": self.username, "password": self.password}
        self._until_answered(lambda: self.browser.get(SIGN_IN))
        page, _ = self._until_answered(lambda: self.browser.post(SIGN_IN, **form))
        if page.status != 302:
            raise Refused(f"the sign-in was answered by {page.status}")

    def _settle(self) -> None:
        tried, dialled = unsettled(lines(self.path))
        for lead in tried:
            self._claim(lead, is_again=True)
        for call_id, lead, result in dialled:
            self._save(call_id, lead, result)

    def _claim_something(self) -> None:
        offered = IN_POOL.findall(self._open("/pool").text)[:FEW]
        if offered:
            lead = self.chance.choice(offered)
            self.journal.write("tried", lead)
            self._claim(lead)

    def _claim(self, lead: str, *, is_again: bool = False) -> None:
        """Claim, and write down how it came out; what was asked twice may be theirs since the first time."""
        page, was_unknown = self._until_answered(lambda: self.browser.post(f"/leads/{lead}/claim"))
        if page.status not in {302, 404}:
            raise Refused(f"the claim of {lead} was answered by {page.status}")
        if page.location == f"/leads/{lead}":
            self.journal.write("told", lead)
        elif (was_unknown or is_again) and self._holds(lead):
            self.journal.write("found", lead)
        else:
            self.journal.write("refused", lead)

    def _holds(self, lead: str) -> bool:
        """Whether it is theirs. Asked twice: a page may be of before and after somebody else's claim."""
        return all(CALL_ID.search(self._sheet(lead)) for _ in range(2))

    def _call_somebody(self) -> None:
        day = IN_DAY.findall(self._open("/my-day").text)
        if not day:
            return
        lead = self.chance.choice(day)
        ticket = CALL_ID.search(self._sheet(lead))
        if ticket is None:
            raise Refused(f"{lead} is in the day and cannot be called")
        result = self.chance.choice(RESULTS)
        self.journal.write("dialled", ticket[1], lead, result)
        self._save(ticket[1], lead, result)

    def _save(self, call_id: str, lead: str, result: str) -> None:
        """Send the call sheet; the ticket in it makes every repetition harmless."""
        form = {
            "call_id": call_id,
            "result": result,
            "next": "hour",
            "note": "在开会",
            "go": "stay",
        }
        for _ in range(1 + (self.chance.random() < TWICE)):
            page, _ = self._until_answered(lambda: self.browser.post(f"/leads/{lead}/call", **form))
            if page.location != "/my-day":
                raise Refused(f"call {call_id} of {lead} was answered by {page.status}")
        self.journal.write("kept", call_id)

    def _sheet(self, lead: str) -> str:
        return self._open(f"/leads/{lead}/call").text

    def _open(self, path: str) -> Page:
        page, _ = self._until_answered(lambda: self.browser.get(path))
        return page

    def _until_answered(self, ask: Callable[[], Page | None]) -> tuple[Page, bool]:
        """Ask until there is an answer. Also tells whether one may have been lost before it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        was_unknown = False
        while time.monotonic() < deadline:
            page = ask()
            if page is not None:
                if page.is_sign_in:
                    raise Refused("the session is gone")
                return page, was_unknown
            was_unknown = True
            self.unknown += 1
            time.sleep(AGAIN)
        raise Refused(f"no answer in {GIVE_UP_SECONDS} s")


def unsettled(journal: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Give the claims and the calls of a journal whose end nobody has written down."""
    tried: dict[str, None] = {}
    dialled: dict[str, list[str]] = {}
    for kind, *entry in journal:
        if kind == "tried":
            tried[entry[0]] = None
        elif kind == "dialled":
            dialled[entry[0]] = entry
        elif kind == "kept":
            dialled.pop(entry[0], None)
        else:
            tried.pop(entry[0], None)
    return list(tried), list(dialled.values())
