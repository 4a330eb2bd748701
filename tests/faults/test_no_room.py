"""The disk under the whole database fills up, its log included: nothing acknowledged is lost, and room mends it (R17)."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.web.embedded import SEGMENT, free, prepare
from clew.web.listening import probe
from tests.crash.books import audit, left_to_do
from tests.crash.folder import Cast
from tests.crash.journals import Journal
from tests.faults.servers import MEGABYTE, mounted
from tests.faults.ways import ids_of, is_honest
from tests.running import LOCAL, Run, free_port, place, until

pytestmark = pytest.mark.slow
DISK = 192 * MEGABYTE
LEFT_FREE = 40 * MEGABYTE
AT_ONCE = 50


@pytest.fixture
def running(as_if_up: Callable[[Path], None]) -> Iterator[Run]:
    """Clew, up, with its database on a small disk of its own."""
    with (
        place("clew-room-") as folder,
        mounted(folder / ".clew", f"size={DISK},mode=0755"),
    ):
        as_if_up(folder)
        run = Run(folder, free_port())
        try:
            run.until_ready()
            until(lambda: "work" in run.children(), run.said)
            yield run
        finally:
            run.stop()


@contextmanager
def little_left(folder: Path) -> Iterator[None]:
    """Let something else take the rest of a disk."""
    with (folder / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, free(folder) - LEFT_FREE)
    yield
    for name in ("ballast", "rest"):
        (folder / name).unlink()


def fill(folder: Path) -> None:
    """Take the last byte too."""
    with (folder / "rest").open("wb", buffering=0) as rest, suppress(OSError):
        while True:
            rest.write(bytes(4096))


class Sender:
    """Sends leads, and again what was not acknowledged."""

    def __init__(self, run: Run, token: str) -> None:
        self.journal = Journal(run.folder / "journal")
        self.number = 0
        self.waiting: list[list[dict[str, Any]]] = []
        self.client = httpx.Client(
            base_url=f"http://{LOCAL}:{run.port}",
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
        )

    def send(self) -> bool:
        """Send some new leads, and tell whether they were taken."""
        self.number += 1
        names = [f"{self.number}-{n}" for n in range(AT_ONCE)]
        leads = [
            {
                "source": "site",
                "phone": f"138{hash(name) % 10**8:08}",
                "external_id": name,
                "extra": {"trace": os.urandom(8000).hex()},
            }
            for name in names
        ]
        return self._send(leads)

    def send_again(self) -> bool:
        """Send what waits, and tell whether all of it was taken."""
        waiting, self.waiting = self.waiting, []
        taken = [self._send(leads) for leads in waiting]
        return all(taken)

    def close(self) -> None:
        """Send nothing more."""
        self.client.close()
        self.journal.close()

    def _send(self, leads: list[dict[str, Any]]) -> bool:
        answer = self.client.post("/api/v1/leads", json=leads)
        assert is_honest(answer), answer.text
        if answer.status_code != 202:
            self.waiting.append(leads)
            return False
        self.journal.write(self.number, ids_of(answer))
        return True


def test_a_disk_that_is_full_to_the_log_loses_nothing_and_room_mends_it(running: Run) -> None:
    home = running.folder / ".clew"
    url = prepare(home, print).url
    secret = str(home / "secret")
    made = running.clew("tests.crash.company", CLEW_DATABASE_URL=url, CLEW_SECRET_KEY_FILE=secret)
    token = Cast(**json.loads(made.stdout.splitlines()[-1])).token
    with closing(Sender(running, token)) as sender:
        assert sender.send()
        with little_left(home):
            until(lambda: not sender.send() and free(home) < SEGMENT, running.said)
            fill(home)
            until(lambda: not sender.send() and len(sender.waiting) > 20, running.said)
            assert probe(LOCAL, running.port) == 503
            said = httpx.get(f"http://{LOCAL}:{running.port}/readyz", timeout=60).json()["status"]
            doctor = running.clew("clew.web.cli", "doctor")
            children = running.children()
        running.until_ready()
        until(sender.send_again, running.said)
        assert sender.send()
    assert "no room" in said
    assert (doctor.returncode, "room" in doctor.stdout + doctor.stderr) == (1, True)
    until(lambda: left_to_do(url) == 0, running.said)
    assert running.children() == children
    assert not audit(url, [running.folder / "journal"], {})
