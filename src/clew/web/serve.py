"""`clew serve`: one process of granian on one event loop. Run more of them for more cores."""

import asyncio
import gc
import signal
from contextlib import suppress

import uvloop
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from clew.web import stream
from clew.web.asgi import application

LAST_ANSWERS_SECONDS = 5  # for requests under way


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
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(told_to_stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await stream.close()  # they would stay open for ever; their pages come back by themselves
    server.stop()  # type: ignore[no-untyped-call]
    with suppress(TimeoutError):
        await serving
