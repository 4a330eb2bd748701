"""What a machine that watches is told: how it goes, in numbers, if it has the token; and nobody else."""

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections

from clew.capture.link import conninfo
from clew.contacts.models import Lead
from clew.web import health, logs, metrics, worker
from clew.web.asgi import application
from tests.capture.sender import Sender, lead, site
from tests.company import HOT, MONDAY_NOON, enquire, found, submit
from tests.web.test_threads import ask, scope

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-for-machines-only"
LINE = re.compile(r'^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[\w.:+]*",?)+\})? -?[0-9.]+(e-?\d+)?)$')


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Measure in this thread, whose connection the test closes."""

    async def here(work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, closing, work)

    def closing(work: Any) -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    monkeypatch.setattr(asyncio, "to_thread", here)
    monkeypatch.setattr(metrics, "requests", metrics.Durations())
    settings.METRICS_TOKEN = TOKEN


def scraped(*authorization: str, method: str = "GET") -> tuple[int, str]:
    given = [(b"authorization", a.encode()) for a in authorization]
    status, _, body = ask(application, scope(method, "/metrics", headers=given))
    return status, body.decode()


def values() -> dict[str, float]:
    status, text = scraped(f"Bearer {TOKEN}")
    assert status == 200
    lines = text.splitlines()
    assert not [line for line in lines if not LINE.match(line)]
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_it_tells_what_waits_and_what_failed() -> None:
    company = found()
    enquire(company.site, phone="13812345678", **HOT)
    submit(company.site, phone="13912345678", **HOT)
    told = values()
    assert told["clew_database_up"] == 1
    assert told["clew_submissions_waiting"] == 1
    assert told["clew_oldest_waiting_seconds"] > 0
    assert told["clew_clocks_open"] == Lead.objects.count() == 1
    assert told["clew_failures_open"] == 0
    assert told["clew_worker_silent_seconds"] == -1


def test_requests_are_counted_by_kind_and_not_by_address() -> None:
    ask(application, scope(path="/healthz"))
    ask(application, scope(path="/13812345678"))
    told = values()
    assert told['clew_request_seconds_count{route="healthz",status="2xx"}'] == 1
    assert told['clew_request_seconds_bucket{route="page",status="4xx",le="+Inf"}'] == 1
    assert not [name for name in told if "13812345678" in name]


@pytest.mark.parametrize(
    "given", [[], ["Bearer "], ["Bearer wrong"], [TOKEN], [f"Bearer {TOKEN}"] * 2]
)
def test_without_the_token_nothing_is_told(given: list[str]) -> None:
    status, text = scraped(*given)
    assert status == 401
    assert "clew_" not in text


def test_where_no_token_is_set_there_are_no_metrics(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert scraped("Bearer ")[0] == 404
    assert scraped()[0] == 404


def test_only_reading_is_possible() -> None:
    assert scraped(f"Bearer {TOKEN}", method="POST")[0] == 405


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_measured", dict)
    status, text = scraped(f"Bearer {TOKEN}")
    assert (status, "clew_database_up 0" in text) == (503, True)


def test_a_worker_is_seen_by_its_session_and_missed_when_it_is_gone() -> None:
    def ready() -> tuple[int, bytes]:
        status, _, body = ask(application, scope(path="/readyz"))
        return status, body

    assert ready() == (200, b'{"status": "ready", "worker": "away"}')
    with psycopg.connect(conninfo(), application_name=health.WORKER_NAME) as session:
        session.execute("select 1")
        assert ready() == (200, b'{"status": "ready", "worker": "working"}')
        assert values()["clew_worker_silent_seconds"] >= 0
    assert ready()[1] == b'{"status": "ready", "worker": "away"}'


def test_without_a_database_it_is_alive_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise OperationalError

    monkeypatch.setattr(health, "missing", gone)
    status, _, body = ask(application, scope(path="/readyz"))
    assert (status, body) == (503, b'{"status": "no database"}')
    assert ask(application, scope(path="/healthz"))[0] == 200


class Kept(logging.Handler):
    """Keeps every line as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logs.Json())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Every log line at the most talkative level, whatever the loggers' own levels are."""
    kept, root = Kept(), logging.getLogger()
    names = ("", "django", "django.request", "django.security", "asyncio", "psycopg")
    loggers = [logging.getLogger(name) for name in names]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    root.addHandler(kept)
    yield kept.lines
    root.removeHandler(kept)
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


def test_no_log_line_holds_what_a_person_wrote(
    written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site(cost_minor=0)
    sender = Sender()
    given: dict[str, Any] = {"name": "周建国", "email": "zhou@ruida.cn", "message": "要三台伺服"}
    assert sender.one(lead(**given)).status_code == 202
    assert sender.one(lead(**given) | {"source": "周建国"}).status_code >= 400

    def broken(arrivals: Any, now: Any) -> None:
        raise ValueError(f"{arrivals} 周建国 13812345678")

    monkeypatch.setattr(worker, "belt", broken)
    worker.run_belt_once(MONDAY_NOON)
    logging.getLogger("clew.web").error("it broke", exc_info=ValueError("周建国 13812345678"))
    assert written
    assert any("failed" in line for line in written)
    for word in ("周建国", "13812345678", "zhou@", "要三台"):
        assert not [line for line in written if word in line]
