"""How many leads a second one web process accepts, with token, validation and Idempotency-Key."""

import json
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from clew.access.models import Member, Organisation, Role
from clew.access.tokens import issue
from clew.capture.models import Submission
from clew.web.bench import servers

ARRAY = 100
CONNECTIONS = {0: 32, ARRAY: 8}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one run came to. CPU of web process and PostgreSQL in microseconds per lead."""

    per_s: float
    p99_ms: float
    cpu_us: float


def measure(seconds: int) -> dict[str, float | str | None]:
    """Measure one lead per request and arrays of 100. Raises RuntimeError where a lead is refused or lost."""
    secret = token()
    with servers.web() as (url, pid):
        _run(url, secret, 1, 0)
        one = _measure(url, secret, pid, (seconds, 0))
        array = _measure(url, secret, pid, (seconds, ARRAY))
    return {
        "accept_one_per_s": round(one.per_s),
        "accept_one_p99_ms": round(one.p99_ms, 1),
        "accept_one_cpu_us": round(one.cpu_us),
        "accept_array_per_s": round(array.per_s),
        "accept_array_cpu_us": round(array.cpu_us),
        "load_client": "wrk" if shutil.which("wrk") else "clew.web.bench.client",
    }


def token() -> str:
    """Issue a token of the bench's administrator."""
    now = datetime.now(UTC)
    operator = Organisation.objects.get()
    administrator, _ = Member.objects.get_or_create(
        username="administrator",
        defaults={
            "organisation": operator,
            "name": "administrator",
            "role": Role.ADMINISTRATOR,
            "joined_at": now,
            "password": UNUSABLE_PASSWORD_PREFIX,
        },
    )
    return issue(name="bench", scopes=["leads:write"], by=administrator, now=now)[1]


def _measure(url: str, secret: str, pid: int, run: tuple[int, int]) -> Accepted:
    seconds, array = run
    pids = [pid, *servers.backends()]
    stored, cpu = Submission.objects.count(), servers.cpu_seconds(pids)
    told = _run(url, secret, seconds, array)
    cpu = servers.cpu_seconds(pids) - cpu
    leads = told["requests"] * max(1, array)
    if told["failed"] or Submission.objects.count() - stored < leads:
        raise RuntimeError(f"leads were refused or lost: {told}")
    return Accepted(leads / told["seconds"], told["p99_ms"], cpu / leads * 1e6)


def _run(url: str, secret: str, seconds: int, array: int) -> dict[str, float]:
    wrk = shutil.which("wrk")
    count = CONNECTIONS[array]
    if wrk:
        script = str(Path(__file__).with_name("accept.lua"))
        words = [wrk, "-t1", f"-c{count}", f"-d{seconds}s", "-s", script, url]
        words += ["--", secret, str(array), uuid.uuid4().hex]
    else:
        module = "clew.web.bench.client"
        words = [sys.executable, "-m", module, url, secret, str(seconds), str(count), str(array)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout  # noqa: S603
    told: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    return told
