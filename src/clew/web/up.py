"""`clew up`: starts database, web and worker, starts again what dies, and stops all of it together.

It holds a pipe (`web/lifeline.py`), so that web and worker end even when it is killed by -9; the
database then keeps running and the next start takes it over. It holds the port too (`web/listening.py`),
so that it can put new processes in the place of the old ones without a failed request: `clew restart`.
Django is not imported here.
"""

import json
import os
import queue
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clew.errors import ClewError
from clew.web import home, lifeline, listening
from clew.web.children import Child, heard, start
from clew.web.embedded import PostgresFailed, Server
from clew.web.restarting import DONE, note, only_one
from clew.web.terminal import LANGUAGE, _, complain, say

LOOK_SECONDS = 1.0
WAIT_SECONDS = 0.02
READY_SECONDS = 60
STOP_SECONDS = 10
TRIES_TO_START = 4
LEAVE_SECONDS = 90  # for what a replaced process has begun
READY, UNMIGRATED = "ready", "migrations are missing"  # as web/health.py says it


class NotReady(ClewError):
    """The web process did not become ready; what it said is above."""

    code = "not_ready"


class StepFailed(ClewError):
    """A step of the start failed; what it said is above."""

    code = "step_failed"


class Died(ClewError):
    """Something died during the start, or the database went away."""

    code = "died"


class Stopped(Exception):
    """Somebody asked to stop."""


@dataclass(slots=True)
class Supervisor:
    """Everything that runs from one folder."""

    port: int
    folder: Path
    server: Server | None
    lifeline: int
    listener: int
    told: "queue.SimpleQueue[str]"
    children: list[Child] = field(default_factory=list)
    leaving: list[tuple[Child, float]] = field(default_factory=list)  # and until when they may stay
    is_restart_wanted: bool = False
    is_demo_begun: bool = False

    @property
    def url(self) -> str:
        """Where people find it."""
        return url(self.port)

    def start(self) -> None:
        """Bring everything up in order: database, tables, demo the first time, web, worker.

        What dies meanwhile is tried again a few times. Raises PostgresFailed, Died, StepFailed, NotReady, Stopped.
        """
        for number in range(1, TRIES_TO_START):
            try:
                return self._start()
            except (PostgresFailed, Died) as failed:
                _explain(failed)
                complain(_("Trying again: %s of %s.") % (number + 1, TRIES_TO_START))
                self._wait(LOOK_SECONDS * 2 ** (number - 1))
        return self._start()

    def _start(self) -> None:
        if self.server:
            self.server.start()
        if not (self.folder / "ready").exists():
            self._first_time()
        self.children.append(self._ready_web())
        worker = self._worker()
        self.children.append(worker)
        worker.start()

    def watch(self) -> None:
        """Look after the children and the database until somebody asks to stop."""
        while True:
            self.pause(LOOK_SECONDS)
            self._look()
            if self.is_restart_wanted:
                self.is_restart_wanted = False
                self.restart()

    def restart(self) -> None:
        """Put new processes in the place of the old ones, which end what they have begun. No request fails.

        When the new web process does not become ready, everything stays as it was.
        """
        say(_("Restarting."))
        try:
            web = self._ready_web()
        except (NotReady, StepFailed, Died) as failed:
            complain(_("Everything stays as it was: %s") % _(failed.message))
            note(self.folder, failed.code)
            return
        worker = self._worker()
        worker.start()
        (old_web, old_worker), self.children = self.children, [web, worker]
        until = time.monotonic() + LEAVE_SECONDS
        for child, number in ((old_web, signal.SIGQUIT), (old_worker, signal.SIGTERM)):
            child.tell(number)
            self.leaving.append((child, until))
        say(_("New processes have taken over; the old ones end what they have begun."))
        note(self.folder, DONE)

    def stop(self) -> None:
        """Stop web and worker, then the database."""
        everybody = self.children + [child for child, _until in self.leaving]
        for child in everybody:
            child.tell(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in everybody:
            child.stop(deadline)
        if self.server:
            self.server.stop()

    def pause(self, seconds: float) -> None:
        """Wait, or less when a child has ended. Raises Stopped."""
        try:
            word = self.told.get(timeout=seconds)
        except queue.Empty:
            return
        if word == "stop":
            raise Stopped
        self.is_restart_wanted |= word == "restart"

    def _wait(self, seconds: float) -> None:
        """Wait as long, whoever ends meanwhile. Raises Stopped."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.pause(left)

    def _look(self) -> None:
        now = time.monotonic()
        for child in self.children:
            child.look(now)
        for child, until in self.leaving:
            if now > until:
                child.stop(now)
        self.leaving = [pair for pair in self.leaving if pair[0].is_alive()]
        if self.server and not self.server.is_alive():
            self._revive(self.server)

    def _revive(self, server: Server) -> None:
        """Start the database again. It may be killed while it starts, or the disk may be full for a while."""
        complain(_("The database ended; starting it again."))
        try:
            server.start()
        except PostgresFailed as failed:
            _explain(failed)
            self.pause(LOOK_SECONDS)

    def _first_time(self) -> None:
        say(_("Making the tables."))
        is_empty = self._step("migrate", "--json").get("is_empty")
        if (is_empty or self.is_demo_begun) and os.environ.get("CLEW_DEMO") != "0":
            self.is_demo_begun = True
            say(_("Loading an invented company to try it with (CLEW_DEMO=0 leaves it out)."))
            self._step("demo", "--json")
        elif is_empty:
            say(_("The first administrator: .venv/bin/clew user add NAME"))
        (self.folder / "ready").touch()

    def _step(self, *words: str) -> dict[str, Any]:
        """Run a command of Clew to its end and read the JSON object that it prints last."""
        level = os.environ.get("CLEW_LOG_LEVEL") or "ERROR"  # the demo has its failures on purpose
        process = start(list(words), (self.lifeline,), subprocess.PIPE, CLEW_LOG_LEVEL=level)
        try:
            while process.poll() is None:
                self.pause(LOOK_SECONDS)
        finally:
            process.terminate()
        printed = process.communicate()[0].decode().splitlines()
        if process.returncode:
            raise _failure(StepFailed, process.returncode, step=" ".join(words))
        told: dict[str, Any] = json.loads(printed[-1])
        return told

    def _ready_web(self) -> Child:
        """Start a web process and wait until it is ready to serve. Raises NotReady, StepFailed, Stopped."""
        web = Child(["serve", "--listener", str(self.listener)], (self.lifeline, self.listener))
        hears = web.start_telling()
        try:
            self._await_ready(web, hears)
        except BaseException:
            web.tell(signal.SIGKILL)
            web.stop(time.monotonic())
            raise
        finally:
            os.close(hears)
        return web

    def _await_ready(self, web: Child, hears: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        says = ""
        while time.monotonic() < deadline and web.is_alive():
            says = heard(hears) or says
            if says == READY:
                return
            if says == UNMIGRATED:
                self._step("migrate", "--json")
                says = ""
            self.pause(WAIT_SECONDS)
            self._look()
        raise _failure(NotReady, web.ended(), address=self.url, status=says)

    def _worker(self) -> Child:
        return Child(["work"], (self.lifeline,))


def run(address: str, port: int) -> int:
    """Start everything, say what to try, and stay until Ctrl-C, SIGTERM or the terminal closes."""
    told: queue.SimpleQueue[str] = (
        queue.SimpleQueue()
    )  # the one queue that a signal handler may use
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_signal: told.put("stop"))
    signal.signal(signal.SIGUSR1, lambda *_signal: told.put("restart"))
    signal.signal(signal.SIGCHLD, lambda *_signal: told.put("look"))
    server = home.furnish(say)
    with ExitStack() as stack:
        only_one(stack, home.folder(), url(port))
        listener = stack.enter_context(listening.take(address, port))
        supervisor = Supervisor(
            port, home.folder(), server, lifeline.hold(), listener.fileno(), told
        )
        stack.callback(supervisor.stop)
        try:
            supervisor.start()
            greet(supervisor)
            supervisor.watch()
        except Stopped:
            say(_("Stopping."))
    return 0


def _failure(kind: type[ClewError], ended: int | None, **details: object) -> ClewError:
    """Tell what was killed, or met a database that is away, from what will fail again."""
    has_died = ended is not None and (ended < 0 or ended == os.EX_TEMPFAIL)
    return (Died if has_died else kind)(**details)


def _explain(failed: ClewError) -> None:
    """Say what went wrong, in the words of PostgreSQL where they are known."""
    complain(_(failed.message))
    for name, value in failed.details.items():
        complain(f"  {name}: {value}")


def url(port: int) -> str:
    """Where people find what listens on a port of this machine."""
    return os.environ.get("CLEW_BASE_URL") or f"http://127.0.0.1:{port}"


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
