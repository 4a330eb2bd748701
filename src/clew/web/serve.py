"""`clew serve`: one process of granian on one event loop. Run more of them for more cores.

SIGTERM ends it at once, after the requests under way. SIGQUIT ends it when another process takes
connections from the same socket (`web/up.py`): it takes no more, asks everybody who still sends on an open
connection to make a new one, and goes when they have.
"""

import asyncio
import gc
import os
import signal
import socket
import time
from contextlib import suppress
from typing import Any

import uvloop
from django.db import connection
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from clew.web import asgi, health, listening, stream

LAST_ANSWERS_SECONDS = 5  # for requests under way
LINGER_SECONDS = 5.0  # in which who keeps a connection open is told to make a new one
PATIENT_SECONDS = 60  # for requests under way while another process takes what comes
LOOK_SECONDS = 0.2
READY = "ready"


class Listening(Server):
    """A server on a socket that is there already."""

    def __init__(self, listener: socket.socket, target: Any) -> None:
        """Keep the socket."""
        self.listener = listener
        super().__init__(
            target,
            interface=Interfaces.ASGI,
            websockets=False,
            backlog=listening.BACKLOG,
            log_level=LogLevels.error,
        )
        self.workers_kill_timeout = LAST_ANSWERS_SECONDS

    def _init_shared_socket(self) -> None:
        """Put the socket where the server would make one, by its own means: 2.8 has no public way."""
        holder: Any = SocketHolder  # the stub says less than it takes
        uds = False
        self._ssp = None
        self._shd = holder(os.dup(self.listener.fileno()), uds, listening.BACKLOG)


def run(listener: socket.socket, tell: int | None = None) -> None:
    """Serve until told to stop; with a descriptor to `tell`, not before everything is there for it."""
    gc.collect()
    gc.freeze()  # what was imported stays: without this, looking through it halts all answers
    gc.set_threshold(10_000, 50, 100)
    if tell is not None:
        _await_ready(tell)
    listener.settimeout(0)
    listener.listen(listening.BACKLOG)
    uvloop.run(_serve(listener, tell))


def _await_ready(tell: int) -> None:
    """Say what is missing until nothing is. The supervisor does something about it, or ends this process."""
    while (status := health.standing()["status"]) != READY:
        os.write(tell, f"{status}\n".encode())
        time.sleep(LOOK_SECONDS)
    connection.close()  # of this thread, which asks no more


async def _serve(listener: socket.socket, tell: int | None) -> None:
    server = Listening(listener, asgi.application)
    told_to_stop, told_to_leave = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    loop.add_signal_handler(signal.SIGQUIT, told_to_leave.set)
    serving = loop.create_task(server.serve())
    beside = [
        loop.create_task(_tell(tell)),
        loop.create_task(_leave(server, told_to_leave, told_to_stop)),
    ]
    stopping = loop.create_task(told_to_stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (*beside, stopping):
        task.cancel()
    await stream.close()  # they would stay open for ever; their pages come back by themselves
    server.stop()  # type: ignore[no-untyped-call]
    with suppress(TimeoutError):
        await serving


async def _tell(tell: int | None) -> None:
    """Say that this process serves, once the server has started the application."""
    await asgi.started.wait()
    if tell is not None:
        os.write(tell, f"{READY}\n".encode())
        os.close(tell)


async def _leave(server: Listening, told: asyncio.Event, stop: asyncio.Event) -> None:
    """Once told to, leave what comes to another process, and stop when nobody needs this one."""
    await told.wait()
    listening.let_go(server.listener)
    asgi.leaving.set()
    await stream.close()
    await asyncio.sleep(LINGER_SECONDS)
    server.workers_kill_timeout = PATIENT_SECONDS
    stop.set()
