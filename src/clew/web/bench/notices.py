"""`clew bench notices`: how long it takes until the right person's robot has taken the word of a new lead.

One web process takes leads in, one worker as `clew up` starts it does the rest, and each person has a robot of a
stand-in. Timed is from the answer to whoever sent the lead, so the belt is in it, until the robot acknowledged.
The second time other leads come in the while, in arrays, at a pace that one worker can hold.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command

from clew.access.models import Member
from clew.base.targets import read_targets
from clew.reach.actions.outlets import OutletData, add_outlet
from clew.reach.models import Delivery
from clew.web.bench import company, servers
from clew.web.bench.accept import token
from clew.web.terminal import say
from clew_peers.robots import FEISHU, Robots

SECONDS, QUICK_SECONDS = 60, 10
PER_S = 5
OTHERS_PER_S = 1_500
ARRAY = 100
LAST = 10.0  # seconds in which the last ones may arrive
SECRET = "SECbench"  # noqa: S105  a stand-in's
HOT = "今天急要 20 台 400W 伺服电机，请报价"


def main() -> None:
    """Measure quiet and busy, and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="the seconds of each part, where it is another")
    options = parser.parse_args()
    seconds = int(options.only or (QUICK_SECONDS if options.quick else SECONDS))
    call_command("migrate", interactive=False, verbosity=0)
    company.found(datetime.now(UTC))
    secret = token()
    with Robots() as robots, servers.web() as (url, _), _worker(robots):
        quiet = _measure(robots, url, secret, seconds, 1)
        with _busy(url, secret) as others:
            busy = _measure(robots, url, secret, seconds, 2)
    figures = {
        **{f"quiet_{name}": value for name, value in quiet.items()},
        **{f"busy_{name}": value for name, value in busy.items()},
        "busy_others_per_s": round(sum(others) / seconds),
        "twice": _amiss(robots),
    }
    say(json.dumps(figures))


@contextmanager
def _worker(robots: Robots) -> Iterator[None]:
    """Give each person a robot, and let one worker run that may call it."""
    targets = f"127.0.0.1:{robots.port}"
    settings.PRIVATE_TARGETS = read_targets(targets)
    by = Member.objects.get(username="administrator")
    for member in Member.objects.filter(seats__isnull=False).distinct():
        key = f"of-{member.pk}"
        robots.add(FEISHU, key, SECRET)
        given = OutletData(FEISHU, key, None, member.pk, robots.address(key), SECRET)
        add_outlet(given, by=by, now=datetime.now(UTC))
    words = [sys.executable, "-m", "clew.web.cli", "work"]
    with servers.running(words, CLEW_PRIVATE_TARGETS=targets):
        yield


def _measure(
    robots: Robots, url: str, secret: str, seconds: int, series: int
) -> dict[str, float | int]:
    """Send leads of high intent at a steady pace, and wait until each was told of."""
    sent: dict[str, float] = {}
    began = time.time()
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    for number in range(seconds * PER_S):
        time.sleep(max(0.0, began + number / PER_S - time.time()))
        lead = {
            "source": "site",
            "message": HOT,
            "company": "锐达",
            "phone": _phone(series, number),
        }
        sent[_send(connection, secret, lead)["id"]] = time.time()
    connection.close()
    told = _told(robots, set(sent))
    waits = sorted(told[lead] - at for lead, at in sent.items() if lead in told)
    return {
        "leads": len(sent),
        "told": len(waits),
        "p50_ms": round(1000 * waits[len(waits) // 2]),
        "p95_ms": round(1000 * waits[min(len(waits) - 1, int(len(waits) * 0.95))]),
        "longest_ms": round(1000 * waits[-1]),
    }


def _told(robots: Robots, leads: set[str]) -> dict[str, float]:
    """Give when each lead was acknowledged, waiting a while for the last ones."""
    deadline = time.time() + LAST
    while True:
        told = {link.rpartition("/")[2]: one.at for one in robots.ledger for link in one.links}
        if leads <= told.keys() or time.time() > deadline:
            return told
        time.sleep(0.1)


def _amiss(robots: Robots) -> int:
    """Count what was told twice or not at all; a message may tell of several leads."""
    told = [link for one in robots.ledger for link in one.links]
    return abs(Delivery.objects.count() - len(set(told))) + len(told) - len(set(told))


@contextmanager
def _busy(url: str, secret: str) -> Iterator[list[int]]:
    """Send arrays of other leads, of low intent, at a steady pace."""
    stop, counts, began = threading.Event(), [0], time.time()

    def send() -> None:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        while not stop.wait(max(0.0, began + counts[0] / OTHERS_PER_S - time.time())):
            first = counts[0]
            leads = [{"source": "site", "phone": _phone(3, first + n)} for n in range(ARRAY)]
            _send(connection, secret, leads)
            counts[0] += ARRAY

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield counts
    finally:
        stop.set()
        thread.join()


def _phone(series: int, number: int) -> str:
    return f"13{series}{number:08}"


def _send(connection: HTTPConnection, secret: str, body: object) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/leads", json.dumps(body), headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 202:
        raise RuntimeError(f"a lead was refused: {answer.status} {said[:200]!r}")
    told: dict[str, str] = json.loads(said)
    return told
