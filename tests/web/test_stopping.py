"""SIGTERM while many send: whoever was let in is answered, and what was answered is stored."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clew.capture.link import conninfo
from clew.capture.models import Submission
from clew.web.listening import probe, take
from tests.capture.sender import PHONE, site, token
from tests.running import LOCAL, ROOT, free_port, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SENDERS = 12


@contextmanager
def serving(port: int, listener: socket.socket | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Run one web process, on a socket of the test's where one is given, and end it whatever happens."""
    place = ["--listener", str(listener.fileno())] if listener else ["--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "clew.web.cli", "serve", *place],
        pass_fds=[listener.fileno()] if listener else [],
        cwd=ROOT,
        env=os.environ | {"CLEW_DATABASE_URL": conninfo(), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(lambda: probe(LOCAL, port) == 200)
        yield process
    finally:
        process.kill()
        process.communicate()


def enquiry(name: str) -> bytes:
    return json.dumps({"source": "site", "phone": PHONE, "external_id": name}).encode()


def stored() -> set[str | None]:
    return set(Submission.objects.values_list("external_id", flat=True))


def test_a_request_that_has_begun_is_answered_after_the_stop() -> None:
    site()
    port, secret = free_port(), token()[1]
    with serving(port) as process:
        begun = []
        for n in range(SENDERS):
            body = enquiry(f"half-{n}")
            one = http.client.HTTPConnection(LOCAL, port, timeout=10)
            one.putrequest("POST", "/api/v1/leads")
            one.putheader("Content-Type", "application/json")
            one.putheader("Authorization", f"Bearer {secret}")
            one.putheader("Content-Length", str(len(body)))
            one.endheaders(body[:10])
            begun.append((one, body[10:]))
        time.sleep(0.5)  # they are let in
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # it is told
        for one, rest in begun:
            one.send(rest)
        answers = [one.getresponse().status for one, _ in begun]
        process.communicate(timeout=10)
    assert answers == [202] * SENDERS
    assert process.returncode == 0
    assert stored() == {f"half-{n}" for n in range(SENDERS)}


class Sender(threading.Thread):
    """Sends one lead after the other until nobody listens any more."""

    def __init__(self, name: str, port: int, secret: str) -> None:
        super().__init__(name=name)
        self.port, self.secret = port, secret
        self.answered: list[str] = []
        self.ends: Counter[str] = Counter()

    def run(self) -> None:
        for n in range(100_000):
            name = f"{self.name}-{n}"
            one = http.client.HTTPConnection(LOCAL, self.port, timeout=10)
            try:
                one.connect()
            except OSError:
                return
            try:
                headers = {
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {self.secret}",
                }
                one.request("POST", "/api/v1/leads", enquiry(name), headers)
                status = one.getresponse().status
            except (OSError, http.client.HTTPException) as lost:
                self.ends[type(lost).__name__] += 1
                continue
            finally:
                one.close()
            self.ends[str(status)] += 1
            if status == 202:
                self.answered.append(name)


def test_nothing_that_was_answered_is_lost_when_it_stops_amid_many_senders() -> None:
    site()
    port, secret = free_port(), token()[1]
    with serving(port) as process:
        senders = [Sender(f"s{n}", port, secret) for n in range(SENDERS)]
        for sender in senders:
            sender.start()
        until(lambda: Submission.objects.count() > 50)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        for sender in senders:
            sender.join(20)
    ends = sum((sender.ends for sender in senders), Counter())
    answered = {name for sender in senders for name in sender.answered}
    assert process.returncode == 0
    assert answered <= stored()
    assert set(ends) <= {"202", "ConnectionResetError", "RemoteDisconnected", "BrokenPipeError"}


def test_who_leaves_takes_no_more_and_asks_for_another_connection() -> None:
    site()
    port, secret = free_port(), token()[1]
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    with take(LOCAL, port) as listener, serving(port, listener) as process:
        kept = http.client.HTTPConnection(LOCAL, port, timeout=10)
        kept.request("POST", "/api/v1/leads", enquiry("before"), headers)
        before = kept.getresponse()
        assert (before.status, before.getheader("Connection"), before.read()[:1]) == (
            202,
            None,
            b"{",
        )
        process.send_signal(signal.SIGQUIT)
        time.sleep(0.5)  # it is told
        listener.settimeout(10)
        for _ in range(5):  # whoever comes now is left to whoever else has the socket
            with socket.create_connection((LOCAL, port)) as comer:
                taken, address = listener.accept()
                taken.close()
                assert address == comer.getsockname()
        kept.request("POST", "/api/v1/leads", enquiry("after"), headers)
        after = kept.getresponse()
        assert (after.status, after.getheader("Connection")) == (202, "close")
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert stored() == {"before", "after"}
