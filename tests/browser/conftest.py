"""A real Chromium before a real server on the test database."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from psycopg.conninfo import make_conninfo

from clew.access.models import Member

# Playwright's synchronous interface runs an event loop in this thread; Django would refuse to work in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_SECONDS = 60
DESKTOP, PHONE = (1440, 900), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs Chromium and commits what it does."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; where there is none the test is skipped by name, unless that is forbidden."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        if os.environ.get("CLEW_REQUIRE_BROWSER") == "1":
            pytest.fail(
                "CLEW_REQUIRE_BROWSER=1, but there is no chromium: apt-get install chromium"
            )
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--headless=new", *FLAGS])
        yield browser
        browser.close()


@dataclass
class Server:
    """`clew serve` as a process of its own, which can be stopped and started again."""

    port: int
    database: str
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            "CLEW_DATABASE_URL": self.database,
            "CLEW_BASE_URL": self.address,
            "DJANGO_SETTINGS_MODULE": "clew.web.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, "-m", "clew.web.cli", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(command, env=os.environ | settings)
        until = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urlopen(f"{self.address}/healthz", timeout=1):  # noqa: S310  our own address
                    return
            except (URLError, OSError):
                assert time.monotonic() < until, "the server does not answer"
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[Server]:
    """One server for all browser tests, on the test database."""
    given = connections["default"].get_connection_params()
    names = {"dbname", "user", "password", "host", "port"}
    database = make_conninfo(**{k: v for k, v in given.items() if k in names and v})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Server(port, database)
    running.start()
    yield running
    running.stop()


@dataclass
class Desk:
    """A signed-in member's browser, and everything that it complained about."""

    page: Page
    server: Server
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to an address of the server."""
        self.page.goto(self.server.address + path)
        return self.page

    def heard(self, message: ConsoleMessage) -> None:
        """Note what the browser says, but for connections that the test itself cut."""
        if message.type in {"error", "warning"} and "ERR_" not in message.text:
            self.complaints.append(message.text)


Sit = Callable[..., Desk]


@pytest.fixture
def sit(chromium: Browser, server: Server) -> Iterator[Sit]:
    """Sit a member down at a browser: `sit(member, size=PHONE, language="en")`."""
    contexts: list[BrowserContext] = []
    desks: list[Desk] = []

    def down(
        member: Member, *, size: tuple[int, int] = DESKTOP, language: str = "zh-CN", **options: Any
    ) -> Desk:
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale=language, **options
        )
        client = Client()
        client.force_login(member)
        session = client.cookies["clew_session"].value
        context.add_cookies([{"name": "clew_session", "value": session, "url": server.address}])
        desk = Desk(context.new_page(), server)
        desk.page.on("console", desk.heard)
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        contexts.append(context)
        desks.append(desk)
        return desk

    yield down
    for context in contexts:
        context.close()
    _settle()
    assert [c for desk in desks for c in desk.complaints] == []


def _settle() -> None:
    """Wait until the server's last requests have ended, so that the tables can be emptied."""
    with connections["default"].cursor() as cursor:
        for _ in range(100):
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and state <> 'idle'"
            )
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.05)
