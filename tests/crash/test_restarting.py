"""`clew restart` again and again while leads are sent and pages read: no request fails, no lead is lost or doubled.

A request has failed when it got no whole answer on a connection on which the server had not said that it
was the last: docs/decisions/one-socket-for-all.md.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clew.web.embedded import prepare
from tests.crash.books import audit, left_to_do
from tests.crash.folder import Cast
from tests.running import LOCAL, Run, bare, free_port, place, until

pytestmark = [pytest.mark.slow, pytest.mark.crash]
RESTARTS = int(os.environ.get("CLEW_RESTARTS", "3"))
KEEPING, LEAVING, READING, FOLLOWING = 4, 2, 2, 2


class Caller(threading.Thread):
    """Asks one thing after the other until told to stop, and counts what became of each."""

    def __init__(self, port: int, ending: threading.Event) -> None:
        super().__init__()
        self.port, self.ending = port, ending
        self.begun = 0
        self.ends: Counter[str] = Counter()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(LOCAL, self.port, timeout=30)

    def run(self) -> None:
        connection = self.connect()
        while not self.ending.is_set():
            self.begun += 1
            try:
                self.ends[self.ask(connection, self.begun)] += 1
            except (OSError, http.client.HTTPException) as lost:
                self.ends[repr(lost)] += 1
                connection.close()
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, number: int) -> str:
        raise NotImplementedError


class Sender(Caller):
    """Sends leads, on one connection as long as it may, or each on its own."""

    def __init__(
        self, port: int, ending: threading.Event, token: str, journal: Path, *, keeps: bool
    ) -> None:
        super().__init__(port, ending)
        self.token, self.journal, self.keeps = token, journal, keeps
        self.journal.touch()

    def ask(self, connection: http.client.HTTPConnection, number: int) -> str:
        lead = {
            "source": "site",
            "phone": f"138{hash((self.name, number)) % 10**8:08}",
            "external_id": f"{self.name}-{number}",
        }
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            **({} if self.keeps else {"Connection": "close"}),
        }
        connection.request("POST", "/api/v1/leads", json.dumps(lead), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status == 202:
            with self.journal.open("a", encoding="utf-8") as journal:
                journal.write(f"{json.dumps([number, [told['id']]])}\n")
        return str(answer.status)


class Reader(Caller):
    """Reads a page that asks the database."""

    def __init__(self, port: int, ending: threading.Event, cookie: str, path: str) -> None:
        super().__init__(port, ending)
        self.cookie, self.path = cookie, path

    def ask(self, connection: http.client.HTTPConnection, number: int) -> str:
        connection.request("GET", self.path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)


class Follower(Reader):
    """Keeps a stream of events open, and opens it again when it has ended."""

    def ask(self, connection: http.client.HTTPConnection, number: int) -> str:
        connection.request("GET", self.path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        while answer.readline():
            if self.ending.is_set():
                break
        connection.close()
        return str(answer.status)


@pytest.fixture
def running(as_if_up: Callable[[Path], None]) -> Iterator[Run]:
    """Clew, up, in a folder of its own."""
    with place("clew-restart-") as folder:
        as_if_up(folder)
        run = Run(folder, free_port())
        try:
            run.until_ready()
            until(lambda: "work" in run.children(), run.said)
            yield run
        finally:
            run.stop()


def callers(run: Run, url: str, ending: threading.Event) -> list[Caller]:
    secret = str(run.folder / ".clew" / "secret")
    made = run.clew("tests.crash.company", CLEW_DATABASE_URL=url, CLEW_SECRET_KEY_FILE=secret)
    cast = Cast(**json.loads(made.stdout.splitlines()[-1]))
    port = run.port
    senders = [
        Sender(port, ending, cast.token, run.folder / f"journal-{n}", keeps=n < KEEPING)
        for n in range(KEEPING + LEAVING)
    ]
    readers = [Reader(port, ending, cast.cookie, "/leads") for _ in range(READING)]
    followers = [Follower(port, ending, cast.cookie, "/stream") for _ in range(FOLLOWING)]
    return [*senders, *readers, *followers]


def answers(threads: list[Caller]) -> int:
    return sum(sum(each.ends.values()) for each in threads)


def restart(running: Run, threads: list[Caller]) -> None:
    """Restart amid the callers, and let each go on for a while: who follows a stream asks for another one."""
    before, enough = running.children(), answers(threads) + 50
    begun = [(each, each.begun) for each in threads]
    done = running.clew("clew.web.cli", "restart")
    assert done.returncode == 0, done.stderr + running.said()
    assert set(running.children().values()) - set(before.values()), running.said()
    until(lambda: answers(threads) > enough, running.said)
    until(lambda: all(each.begun > number for each, number in begun), running.said)


def test_no_request_fails_and_no_lead_is_lost_while_it_restarts(running: Run) -> None:
    server = prepare(running.folder / ".clew", print)
    ending = threading.Event()
    threads = callers(running, server.url, ending)
    for each in threads:
        each.start()
    try:
        for _ in range(RESTARTS):
            restart(running, threads)
    finally:
        ending.set()
        for each in threads:
            each.join(60)
    until(lambda: left_to_do(server.url) == 0, running.said)
    ends = sum((each.ends for each in threads), Counter())
    assert set(ends) == {"200", "202"}, ends
    assert all(sum(e.ends.values()) > RESTARTS for e in threads)
    assert not audit(server.url, [s.journal for s in threads if isinstance(s, Sender)], {})
    print(f"{RESTARTS} restarts, {dict(ends)}")  # noqa: T201  what -s shows


def test_a_new_process_that_does_not_become_ready_changes_nothing(running: Run) -> None:
    secret = running.folder / ".clew" / "secret"
    before, kept = running.children()["serve"], secret.read_text(encoding="ascii")
    secret.write_text("short", encoding="ascii")
    refused = running.clew("clew.web.cli", "restart")
    assert (refused.returncode, "stays as it was" in refused.stderr) == (1, True)
    assert "stays as it was" in running.said()
    assert running.is_ready()
    assert running.children()["serve"] == before
    secret.write_text(kept, encoding="ascii")
    assert running.clew("clew.web.cli", "restart").returncode == 0
    assert running.is_ready()


def test_who_asks_for_a_restart_where_nothing_runs_is_told(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "clew.web.cli", "restart"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**bare(), "CLEW_LANGUAGE": "en"},
    )
    assert (told.returncode, "clew up" in told.stderr) == (1, True)
