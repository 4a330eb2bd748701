"""`clew up`: starts database, web and worker, starts again what dies, and stops all of it together.

It holds a pipe (`web/lifeline.py`), so that web and worker end even when it is killed by -9; the
database then keeps running and the next start takes it over. Django is not imported here.
"""

import fcntl
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clew.errors import ClewError
from clew.web import home, lifeline
from clew.web.embedded import PostgresFailed, Server
from clew.web.terminal import LANGUAGE, _, complain, say

LOOK_SECONDS = 1.0
WAIT_SECONDS = 0.02
READY_SECONDS = 60
STOP_SECONDS = 10
FREED_SECONDS = 2.0  # what a killed run leaves on the port is gone after this
STEADY_SECONDS = 30
LONGEST_PAUSE = 10.0


class PortTaken(ClewError):
    """This port is in use. Set another one: CLEW_PORT=8001 make up"""

    code = "port_taken"


class AlreadyUp(ClewError):
    """Clew already runs from this folder. Stop it there by Ctrl-C, or open the address."""

    code = "already_up"


class NotReady(ClewError):
    """The web process did not become ready; what it said is above."""

    code = "not_ready"


class StepFailed(ClewError):
    """A step of the start failed; what it said is above."""

    code = "step_failed"


class Stopped(Exception):
    """Somebody asked to stop."""


@dataclass(slots=True)
class Child:
    """A process that must run."""

    words: list[str]
    lifeline: int
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    due_at: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the supervisor alone."""
        self.process = start(self.words, self.lifeline)
        self.started_at = time.monotonic()

    def look(self, now: float) -> None:
        """Start it again after it died: at once the first time, then after longer and longer pauses."""
        if self.process and self.process.poll() is not None:
            if now - self.started_at > STEADY_SECONDS:
                self.deaths = 0
            pause = min(LONGEST_PAUSE, 0.25 * (2**self.deaths - 1))
            self.due_at, self.deaths = now + pause, self.deaths + 1
            complain(
                _("%s ended (%s); starting it again.") % (self.words[0], self.process.returncode)
            )
            self.process = None
        if self.process is None and now >= self.due_at:
            self.start()

    def stop(self, deadline: float) -> None:
        """Wait for it to end until the deadline, then end it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """Everything that runs from one folder."""

    address: str
    port: int
    folder: Path
    server: Server | None
    lifeline: int
    told: "queue.SimpleQueue[str]"
    children: list[Child] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where people find it."""
        return os.environ.get("CLEW_BASE_URL") or f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Bring everything up in order: database, tables, demo the first time, web, worker."""
        if self.server:
            self.server.start()
        if not (self.folder / "ready").exists():
            self._first_time()
        web = Child(["serve", "--address", self.address, "--port", str(self.port)], self.lifeline)
        self.children.append(web)
        web.start()
        self._await_ready(web)
        worker = Child(["work"], self.lifeline)
        self.children.append(worker)
        worker.start()

    def watch(self) -> None:
        """Look after the children and the database until somebody asks to stop."""
        while True:
            self.pause(LOOK_SECONDS)
            for child in self.children:
                child.look(time.monotonic())
            if self.server and not self.server.is_alive():
                self._revive(self.server)

    def stop(self) -> None:
        """Stop web and worker, then the database."""
        for child in self.children:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.stop(deadline)
        if self.server:
            self.server.stop()

    def pause(self, seconds: float) -> None:
        """Wait, or less when a child has ended. Raises Stopped."""
        try:
            if self.told.get(timeout=seconds) == "stop":
                raise Stopped
        except queue.Empty:
            return

    def _revive(self, server: Server) -> None:
        """Start the database again. It may be killed while it starts, or the disk may be full for a while."""
        complain(_("The database ended; starting it again."))
        try:
            server.start()
        except PostgresFailed as failed:
            complain(str(failed.details.get("log") or failed.details.get("said")))
            self.pause(LOOK_SECONDS)

    def _first_time(self) -> None:
        say(_("Making the tables."))
        is_empty = self._step("migrate", "--json").get("is_empty")
        if is_empty and os.environ.get("CLEW_DEMO") != "0":
            say(_("Loading an invented company to try it with (CLEW_DEMO=0 leaves it out)."))
            self._step("demo", "--json")
        elif is_empty:
            say(_("The first administrator: .venv/bin/clew user add NAME"))
        (self.folder / "ready").touch()

    def _step(self, *words: str) -> dict[str, Any]:
        """Run a command of Clew to its end and read the JSON object that it prints last."""
        level = os.environ.get("CLEW_LOG_LEVEL") or "ERROR"  # the demo has its failures on purpose
        process = start(list(words), self.lifeline, subprocess.PIPE, CLEW_LOG_LEVEL=level)
        try:
            while process.poll() is None:
                self.pause(LOOK_SECONDS)
        finally:
            process.terminate()
        printed = process.communicate()[0].decode().splitlines()
        if process.returncode:
            raise StepFailed(step=" ".join(words))
        told: dict[str, Any] = json.loads(printed[-1])
        return told

    def _await_ready(self, web: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and web.process and web.process.poll() is None:
            status = probe(self.address, self.port)
            if status == 200:
                return
            if status == 503:
                self._step("migrate", "--json")
            self.pause(WAIT_SECONDS)
        raise NotReady(address=self.url)


def run(address: str, port: int) -> int:
    """Start everything, say what to try, and stay until Ctrl-C, SIGTERM or the terminal closes."""
    told: queue.SimpleQueue[str] = (
        queue.SimpleQueue()
    )  # the one queue that a signal handler may use
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_signal: told.put("stop"))
    signal.signal(signal.SIGCHLD, lambda *_signal: told.put("look"))
    server = home.furnish(say)
    supervisor = Supervisor(address, port, home.folder(), server, lifeline.hold(), told)
    with ExitStack() as stack:
        only_one(stack, supervisor)
        await_port(address, port)
        stack.callback(supervisor.stop)
        try:
            supervisor.start()
            greet(supervisor)
            supervisor.watch()
        except Stopped:
            say(_("Stopping."))
    return 0


def start(
    words: list[str], lifeline_end: int, stdout: int | None = None, **more: str
) -> subprocess.Popen[bytes]:
    """Start a command of Clew that ends when this process does; `more` is added to its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "clew.web.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        env={**os.environ, **more, lifeline.VARIABLE: str(lifeline_end)},
        pass_fds=[lifeline_end],
        start_new_session=True,
    )


def only_one(stack: ExitStack, supervisor: Supervisor) -> None:
    """Keep a second supervisor out of this folder. Raises AlreadyUp."""
    lock = stack.enter_context((supervisor.folder / "up.lock").open("a+", encoding="utf-8"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        lock.seek(0)
        raise AlreadyUp(address=lock.read()) from held
    lock.truncate(0)
    lock.write(supervisor.url)
    lock.flush()


def await_port(address: str, port: int) -> None:
    """Wait for the port of a run that was just killed. Raises PortTaken."""
    deadline = time.monotonic() + FREED_SECONDS
    while True:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((address, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise PortTaken(port=port, system=error.strerror) from error
                time.sleep(0.1)
            else:
                return


def probe(address: str, port: int) -> int:
    """Ask the web process whether it is ready: the HTTP status, or 0 while nothing answers."""
    try:
        with socket.create_connection((address, port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            words = connection.recv(64).split()
    except OSError:
        return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def greet(supervisor: Supervisor) -> None:
    """Say where it is and what to try."""
    say()
    say(_("Clew runs at %s") % supervisor.url)
    note = supervisor.folder / "demo.json"
    if note.exists():
        invite(supervisor.url, json.loads(note.read_text(encoding="utf-8")))
    say(_("Ctrl-C stops all of it."))


def invite(url: str, demo: dict[str, Any]) -> None:
    """Say who one may be in the demo and what to do first."""
    say(_("Sign in as one of these; the password is %s") % demo["password"])
    for name, says in demo["accounts"].items():
        say(f"  {name:6} {says[LANGUAGE]}")
    say(_("Send an enquiry at %s and watch it arrive.") % f"{url}{demo['form']}")
    say(_("Or let them come in by the public API: .venv/bin/clew demo --live"))
