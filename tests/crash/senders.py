"""Senders with a journal of their own: what was acknowledged, on the disk before the next request."""

import http.client
import json
import random
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.journals import Journal, lines
from tests.crash.pace import Pace

PATH = "/api/v1/leads"
TIMEOUT_SECONDS = 2
GIVE_UP_SECONDS = 600  # a busy machine whose database is killed every few seconds answers rarely
DUPLICATED = 0.2  # of the requests are sent again though they were acknowledged, as vendors do
AGAIN = 0.1  # seconds until what was not answered is sent again
PAUSE = 0.12  # seconds between two requests
SIZES = (1, 1, 1, 1, 20)  # leads of a request, or up to so many
MESSAGES = ("今天急要 20 台 400W 伺服电机，请报价", "看看", "")


class Refused(Exception):
    """Clew refused what it should have taken, or answered two ways."""


@dataclass(frozen=True)
class Request:
    """The leads of one request, the same whenever it is made again: one, or an array of up to twenty."""

    key: str
    leads: list[dict[str, Any]]
    is_repeated: bool
    pause: float

    @property
    def body(self) -> bytes:
        """What is sent."""
        return json.dumps(self.leads if len(self.leads) > 1 else self.leads[0]).encode()


def request(seed: int, sender: int, number: int, phones: int) -> Request:
    """Make request `number` of a sender; half of the leads have an external id."""
    chance = random.Random(f"{seed} {sender} {number}")
    most = chance.choice(SIZES)
    leads = []
    for place in range(chance.randint(min(2, most), most)):
        lead = {
            "source": chance.choice(["site", "fair"]),
            "phone": f"13{chance.randrange(phones):09d}",
            "message": chance.choice(MESSAGES),
        }
        if chance.random() < 0.5:
            lead["external_id"] = f"{sender}/{number}/{place}"
        leads.append(lead)
    is_repeated = chance.random() < DUPLICATED
    return Request(f"{sender}-{number}", leads, is_repeated, chance.uniform(0, 2 * PAUSE))


@dataclass
class Sender(threading.Thread):
    """Sends until all is over; each request again and again with the same key until it is acknowledged.

    It goes on after the last request of its journal. `phones` are few enough that people come back.
    """

    number: int
    port: int
    token: str
    path: Path
    seed: int
    phones: int
    pace: Pace
    unknown: int = 0
    repeated: int = 0
    problem: str = ""

    def __post_init__(self) -> None:
        """Make the thread, and count what an interrupted trial has sent."""
        super().__init__(name=f"sender {self.number}", daemon=True)
        self.connection: http.client.HTTPConnection | None = None
        acknowledged = lines(self.path)
        self.begins_at = len(acknowledged)
        self.pace.count(sum(len(ids) for _, ids in acknowledged))
        self.pace.join()

    def __hash__(self) -> int:
        """Threads are told apart by what they are, not by what they hold."""
        return id(self)

    def run(self) -> None:
        """Send, note, and now and then send again."""
        try:
            with closing(Journal(self.path)) as journal:
                self._send(journal)
        except Exception as error:  # noqa: BLE001  a thread's error must reach the test
            self.problem = f"{self.name}: {type(error).__name__}: {error}"
        finally:
            self._hang_up()
            self.pace.leave()

    def _send(self, journal: Journal) -> None:
        """The first request asks nobody: it may be the one whose answer an interruption has taken."""
        number = self.begins_at
        while True:
            made = request(self.seed, self.number, number, self.phones)
            ids = self._until_acknowledged(made.key, made.leads)
            journal.write(made.key, ids)
            self.pace.count(len(ids))
            if made.is_repeated:
                self._again(made, ids)
            number += 1
            if not self.pace.rest(sends=True):
                return
            time.sleep(made.pause)

    def _until_acknowledged(self, key: str, leads: list[dict[str, Any]]) -> list[str]:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        made = Request(key, leads, is_repeated=False, pause=0)
        while time.monotonic() < deadline:
            answer = self._post(made)
            if answer is not None:
                return answer
            self.unknown += 1
            time.sleep(AGAIN)
        raise Refused(f"{key} was not acknowledged in {GIVE_UP_SECONDS} s")

    def _again(self, made: Request, ids: list[str]) -> None:
        """The same request twice, and a lead with an external id under a new key."""
        self.repeated += 1
        again = self._until_acknowledged(made.key, made.leads)
        if again != ids:
            raise Refused(f"{made.key} was {ids} first and {again} again")
        named = [
            (lead, i) for lead, i in zip(made.leads, ids, strict=True) if "external_id" in lead
        ]
        if named:
            stored = self._until_acknowledged(f"{made.key}-again", [lead for lead, _ in named])
            if stored != [i for _, i in named]:
                raise Refused(f"{made.key}-again was stored a second time")

    def _post(self, made: Request) -> list[str] | None:
        """Give the ids, or None when nobody can know whether it was stored."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": made.key,
        }
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=TIMEOUT_SECONDS
                )
            self.connection.request("POST", PATH, made.body, headers)
            response = self.connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._hang_up()
            return None
        if response.status >= 500:
            return None
        if response.status != 202:
            raise Refused(f"{made.key}: {response.status} {answer}")
        return [lead["id"] for lead in (answer["leads"] if len(made.leads) > 1 else [answer])]

    def _hang_up(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
        self.connection = None
