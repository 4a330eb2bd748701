"""The command `clew`. Each command imports what it needs and no more, so that `clew up` stays small."""

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from clew.errors import ClewError, Unavailable
from clew.web import home, lifeline
from clew.web.terminal import _, complain, say


@dataclass(frozen=True, slots=True)
class Command:
    """A word after `clew`: what runs it and what it is for."""

    run: Callable[[Sequence[str]], int]
    purpose: str


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    lifeline.follow()
    words = list(sys.argv[1:] if argv is None else argv)
    command = COMMANDS.get(words[0]) if words else None
    if command is None:
        (say if words in ([], ["--help"], ["-h"]) else complain)(_usage())
        return 0 if words in (["--help"], ["-h"]) else 2
    try:
        return command.run(words[1:])
    except ClewError as error:
        complain(f"clew: {_(error.message)}")
        for name, value in error.details.items():
            complain(f"  {name}: {value}")
        return os.EX_TEMPFAIL if error.status == Unavailable.status else 1
    except KeyboardInterrupt:
        return 130


def _usage() -> str:
    lines = [_("usage: clew COMMAND [options]; clew COMMAND --help says more"), ""]
    return "\n".join([*lines, *(f"  {name:9} {_(c.purpose)}" for name, c in COMMANDS.items())])


def _up(argv: Sequence[str]) -> int:
    from clew.web import up

    _parser("up").parse_args(argv)
    return up.run(os.environ.get("CLEW_ADDRESS") or "127.0.0.1", _port())


def _restart(argv: Sequence[str]) -> int:
    from clew.web import restarting

    _parser("restart").parse_args(argv)
    return restarting.restart()


def _serve(argv: Sequence[str]) -> int:
    parser = _parser("serve")
    parser.add_argument("--address", default=os.environ.get("CLEW_ADDRESS") or "127.0.0.1")
    parser.add_argument("--port", type=int, default=_port())
    for name in ("--listener", "--tell"):  # descriptors that `clew up` hands on
        parser.add_argument(name, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    with _database():
        from clew.web import listening, serve

        if options.listener is None:
            listener = listening.take(options.address, options.port)
        else:
            listener = socket.socket(fileno=options.listener)
        serve.run(listener, options.tell)
    return 0


def _work(argv: Sequence[str]) -> int:
    _parser("work").parse_args(argv)
    os.environ["PGAPPNAME"] = "clew work"  # by which web/health.py knows its sessions
    with _database():
        from clew.web import chores, health, telling, worker

        stop = threading.Event()
        for told in (signal.SIGTERM, signal.SIGINT):
            # from a thread of its own: the handler may interrupt the very wait that holds the event's lock
            signal.signal(told, lambda *_signal: threading.Thread(target=stop.set).start())
        beside = [
            threading.Thread(target=work, args=(stop,), name=name)
            for name, work in (("chores", chores.run), ("telling", telling.run))
        ]
        health.await_tables(stop)
        for thread in beside:
            thread.start()
        try:
            worker.run(stop)
        finally:  # else the process would live on without its belt
            stop.set()
            for thread in beside:
                thread.join()
    return 0


def _other(module: str) -> Callable[[Sequence[str]], int]:
    """Make a command that lives in a module of its own with `main(argv)`."""

    def run(argv: Sequence[str]) -> int:
        with _database():
            from clew.web.worker import unburden

            command = import_module(module).main
            unburden()
            with _told():
                code: int | None = command(argv)
        return code or 0

    return run


@contextmanager
def _database() -> Iterator[None]:
    """Set up Django on the database; a server that had to be started is stopped at the end."""
    from clew.web import surroundings

    server = home.furnish(complain)
    surroundings.refuse(os.environ)
    is_ours = server is not None and not server.is_running()
    if server and is_ours:
        server.start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clew.web.settings")
    import django

    django.setup()
    try:
        yield
    finally:
        if server and is_ours:
            server.stop()


@contextmanager
def _told() -> Iterator[None]:
    """Say in words that the database is what is missing. Raises DatabaseAway."""
    import psycopg

    from clew.base.away import AWAY

    try:
        yield
    except (*AWAY, psycopg.OperationalError) as lost:
        said = str(lost).strip().partition("\n")[0]
        raise DatabaseAway(database=said) from lost


def _parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"clew {name}", description=_(COMMANDS[name].purpose))


def _port() -> int:
    given = os.environ.get("CLEW_PORT") or "8000"
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise PortInvalid(CLEW_PORT=given)
    return int(given)


class DatabaseAway(Unavailable):
    """The database went away, or refuses. What was not finished is undone: see that it runs and has room, then run this again."""

    code = "database_away"


class PortInvalid(ClewError):
    """CLEW_PORT must be a number from 1 to 65535."""

    code = "port_invalid"


COMMANDS = {
    "up": Command(_up, "run everything: database, web, worker"),
    "restart": Command(_restart, "new processes in the place of the old ones, no request fails"),
    "serve": Command(_serve, "run the web process alone"),
    "work": Command(_work, "run a worker alone"),
    "migrate": Command(_other("clew.web.migrate"), "bring the database's tables up to date"),
    "user": Command(_other("clew.web.users"), "add a person who may sign in"),
    "import": Command(_other("clew.web.import_command"), "bring in a file of leads"),
    "demo": Command(_other("clew.web.demo"), "load, remove or feed an invented company"),
    "export": Command(_other("clew.web.exporting"), "write a sheet of leads to a file"),
    "backup": Command(_other("clew.web.backup.backing"), "write everything to a file"),
    "restore": Command(_other("clew.web.backup.restoring"), "put a backup into an empty database"),
    "drill": Command(_other("clew.web.backup.drilling"), "rehearse: back up, restore, compare"),
    "bench": Command(_other("clew.web.bench"), "measure this machine and Clew on it"),
    "doctor": Command(_other("clew.web.doctor"), "check settings, books and decisions"),
    "config": Command(
        _other("clew.web.configuration.command"),
        "write out or put in place rules, teams, calendars",
    ),
}

if __name__ == "__main__":
    sys.exit(main())
