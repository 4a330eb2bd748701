"""Processes of Clew for the bench: started, awaited, weighed, ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from clew.web.listening import probe

LOCAL = "127.0.0.1"
PATIENCE = 60
TICKS = os.sysconf("SC_CLK_TCK")


class NotReady(RuntimeError):
    """A process that the bench started did not answer."""


@contextmanager
def web() -> Iterator[tuple[str, int]]:
    """Run one `clew serve`. Gives its address and its process id."""
    port = free_port()
    with running([sys.executable, "-m", "clew.web.cli", "serve", "--port", str(port)]) as process:
        await_ready(port)
        yield f"http://{LOCAL}:{port}", process.pid


@contextmanager
def running(words: Sequence[str], **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a session of its own, and end all of it."""
    process = subprocess.Popen(  # noqa: S603  Clew's own commands
        words,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_ready(port: int) -> None:
    """Wait until it answers. Raises NotReady."""
    deadline = time.monotonic() + PATIENCE
    while probe(LOCAL, port) != 200:
        if time.monotonic() > deadline:
            raise NotReady(f"nothing answers on port {port}")
        time.sleep(0.02)


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as trial:
        trial.bind((LOCAL, 0))
        port: int = trial.getsockname()[1]
        return port


def cpu_seconds(pids: Sequence[int]) -> float:
    """Add up the processor time of processes on this machine; those elsewhere count nothing."""
    total = 0.0
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def backends() -> list[int]:
    """Give the server processes that work for the scratch database."""
    with connection.cursor() as cursor:
        cursor.execute("select pid from pg_stat_activity where datname = current_database()")
        return [pid for (pid,) in cursor.fetchall()]
