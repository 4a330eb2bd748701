"""`clew serve`: one process of granian on one event loop. Run more of them for more cores."""

import asyncio
import gc
import signal

import uvloop
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from clew.web.asgi import application

LAST_ANSWERS_SECONDS = 5  # event streams stay open, so waiting for all would take for ever


def run(address: str, port: int) -> None:
    """Serve until told to stop."""
    gc.collect()
    gc.freeze()  # what was imported stays: without this, looking through it halts all answers
    gc.set_threshold(10_000, 50, 100)
    uvloop.run(_serve(address, port))


async def _serve(address: str, port: int) -> None:
    server = Server(
        application,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=1024,
        log_level=LogLevels.error,
    )
    server.workers_kill_timeout = LAST_ANSWERS_SECONDS
    loop = asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, server.stop)
    await server.serve()
