"""What a deployment is asked about itself, with a PostgreSQL that is really stopped (O6)."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clew.web.embedded import Server, prepare
from clew.web.listening import probe
from tests.running import LOCAL, ROOT, bare, free_port, until

pytestmark = pytest.mark.slow
WITHIN = 5  # seconds


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of one's own, with the tables."""
    with tempfile.TemporaryDirectory(prefix="clew-health-") as name:
        Path(name).chmod(0o755)
        server = prepare(Path(name) / "home", print)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def environment(server: Server) -> dict[str, str]:
    own = {"CLEW_DATABASE_URL": server.url, "CLEW_SECRET_KEY": os.environ["CLEW_SECRET_KEY"]}
    return {**bare(), **own, "CLEW_HOME": str(server.home), "CLEW_LOG_LEVEL": "CRITICAL"}


@contextmanager
def serving(server: Server, port: int) -> Iterator[None]:
    words = [sys.executable, "-m", "clew.web.cli"]
    subprocess.run([*words, "migrate"], check=True, cwd=ROOT, env=environment(server))
    process = subprocess.Popen(
        [*words, "serve", "--port", str(port)], cwd=ROOT, env=environment(server)
    )
    try:
        until(lambda: probe(LOCAL, port) == 200)
        yield
    finally:
        process.kill()
        process.wait()


def asked(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(LOCAL, port, timeout=WITHIN)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_stopped_database_is_told_by_readyz_alone_and_so_is_its_return(server: Server) -> None:
    port = free_port()
    with serving(server, port):
        server.stop()
        stopped = time.monotonic()
        assert asked(port, "/readyz") == 503
        assert asked(port, "/healthz") == 200
        assert time.monotonic() - stopped < WITHIN
        server.start()
        until(lambda: asked(port, "/readyz") == 200)
        assert asked(port, "/healthz") == 200
