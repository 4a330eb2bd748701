"""The socket that all of one deployment's web processes take connections from, one after the other.

`clew up` opens it and hands it on, so that a new web process takes the same port while the old one still
answers: there is one queue of connections, and none is lost with a process. Django is not imported here.
"""

import os
import socket
import time
from pathlib import Path

from clew.errors import ClewError

FREED_SECONDS = 2.0  # what a killed run leaves on the port is gone after this
BACKLOG = 1024


class PortTaken(ClewError):
    """This port is in use. Set another one: CLEW_PORT=8001 make up"""

    code = "port_taken"


def take(address: str, port: int) -> socket.socket:
    """Take the port, waiting for a run that was just killed. Nobody can connect before it listens.

    Raises PortTaken.
    """
    deadline = time.monotonic() + FREED_SECONDS
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            listener.close()
            if time.monotonic() > deadline:
                raise PortTaken(port=port, system=error.strerror) from error
            time.sleep(0.1)
        else:
            return listener


def let_go(listener: socket.socket) -> None:
    """Take no more connections in this process; whoever else has the socket goes on taking them.

    The server has copies of the descriptor and no way to be told this, so one that nobody can connect to is put
    in the place of each. A connection is either taken by then and answered here, or still in the queue and
    answered by the next: closing the server's would reset those that it has taken and not yet read from.
    """
    one = os.fstat(listener.fileno())
    with socket.socket(listener.family) as nobody:
        nobody.bind(("::1" if listener.family == socket.AF_INET6 else "127.0.0.1", 0))
        nobody.settimeout(0)
        nobody.listen(1)
        for entry in list(Path("/dev/fd").iterdir()):
            if _is(int(entry.name), one):
                os.dup2(nobody.fileno(), int(entry.name), inheritable=False)


def _is(descriptor: int, one: os.stat_result) -> bool:
    try:
        other = os.fstat(descriptor)
    except OSError:  # the listing's own, closed by now
        return False
    return (other.st_dev, other.st_ino) == (one.st_dev, one.st_ino)


def probe(address: str, port: int) -> int:
    """Ask the web process whether it is ready: the HTTP status, or 0 while nothing answers."""
    try:
        with socket.create_connection((address, port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            words = connection.recv(64).split()
    except OSError:
        return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
