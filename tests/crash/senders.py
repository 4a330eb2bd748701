"""Senders with a journal of their own: what was acknowledged, on the disk before the next request."""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATH = "/api/v1/leads"
TIMEOUT_SECONDS = 2
GIVE_UP_SECONDS = 60
DUPLICATED = 0.2  # of the requests are sent again though they were acknowledged, as vendors do
PHONES = 2_000  # few enough that people come back


class Refused(Exception):
    """The API refused what it should have taken, or answered two ways."""


@dataclass
class Sender(threading.Thread):
    """Sends until told to stop; each lead again and again with the same key until it is acknowledged."""

    number: int
    port: int
    token: str
    journal: Path
    seed: int
    stopping: threading.Event
    pause: float = 0.01
    acknowledged: int = 0
    unknown: int = 0
    repeated: int = 0
    problem: str = ""
    ids: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the thread and its own source of chance."""
        super().__init__(name=f"sender {self.number}", daemon=True)
        self.chance = random.Random(f"{self.seed} {self.number}")
        self.connection: http.client.HTTPConnection | None = None

    def __hash__(self) -> int:
        """Threads are told apart by what they are, not by what they hold."""
        return id(self)

    def run(self) -> None:
        """Send, note, and now and then send again."""
        try:
            with self.journal.open("a", encoding="utf-8") as journal:
                for key, leads in self._requests():
                    if self.stopping.is_set():
                        return
                    ids = self._until_acknowledged(key, leads)
                    journal.write(f"{json.dumps([key, ids])}\n")
                    journal.flush()
                    os.fsync(journal.fileno())
                    self.ids[key] = ids
                    self.acknowledged += len(ids)
                    self._sometimes_again(key, leads, ids)
                    time.sleep(self.chance.uniform(0, 2 * self.pause))
        except Exception as error:  # noqa: BLE001  a thread's error must reach the test
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self._hang_up()

    def _requests(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """One lead, or an array of up to twenty; half of them with an external id."""
        count = 0
        while True:
            size = self.chance.choice([1, 1, 1, 1, self.chance.randint(2, 20)])
            leads = []
            for _ in range(size):
                count += 1
                leads.append(self._lead(count))
            yield f"{self.number}-{count}", leads

    def _lead(self, count: int) -> dict[str, Any]:
        lead = {
            "source": self.chance.choice(["site", "fair"]),
            "phone": f"13{self.chance.randrange(PHONES):09d}",
            "message": self.chance.choice(["今天急要 20 台 400W 伺服电机，请报价", "看看", ""]),
        }
        if self.chance.random() < 0.5:
            lead["external_id"] = f"{self.number}/{count}"
        return lead

    def _until_acknowledged(self, key: str, leads: list[dict[str, Any]]) -> list[str]:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            answer = self._post(key, leads)
            if answer is not None:
                return answer
            self.unknown += 1
            time.sleep(0.05)
        raise Refused(f"{key} was not acknowledged in {GIVE_UP_SECONDS} s")

    def _sometimes_again(self, key: str, leads: list[dict[str, Any]], ids: list[str]) -> None:
        """The same request twice, and a lead with an external id under a new key."""
        if self.chance.random() >= DUPLICATED:
            return
        self.repeated += 1
        again = self._until_acknowledged(key, leads)
        if again != ids:
            raise Refused(f"{key} was {ids} first and {again} again")
        named = [(lead, i) for lead, i in zip(leads, ids, strict=True) if "external_id" in lead]
        if named:
            stored = self._until_acknowledged(f"{key}-again", [lead for lead, _ in named])
            if stored != [i for _, i in named]:
                raise Refused(f"{key}-again was stored a second time")

    def _post(self, key: str, leads: list[dict[str, Any]]) -> list[str] | None:
        """Give the ids, or None when nobody can know whether it was stored."""
        body = json.dumps(leads if len(leads) > 1 else leads[0]).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=TIMEOUT_SECONDS
                )
            self.connection.request("POST", PATH, body, headers)
            response = self.connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._hang_up()
            return None
        if response.status >= 500:
            return None
        if response.status != 202:
            raise Refused(f"{key}: {response.status} {answer}")
        return [lead["id"] for lead in (answer["leads"] if len(leads) > 1 else [answer])]

    def _hang_up(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
        self.connection = None
