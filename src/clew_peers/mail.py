"""A stand-in for a mail relay: takes messages, or does not, and keeps what it took.

Faults: `451` or `550` (refuses each address), `deaf` (takes the text and never answers), `closed` (hangs up at once),
`unknown` (refuses every sign-in). It speaks without TLS, as a relay on the same machine does.
"""

import base64
import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default

DEAF_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that was taken."""

    to: str
    message: Message


class Relay:
    """A server on this machine. Use it as a context."""

    def __init__(self, user: str = "", password: str = "") -> None:
        """Take any free port of 127.0.0.1; with a user, ask for a sign-in."""
        self.user, self.password = user, password
        self.taken: list[Mail] = []
        self.fault = ""
        self.connections = 0
        self.stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"home": self})
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> "Relay":
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop answering."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(socketserver.StreamRequestHandler):
    home: Relay
    to = ""

    def handle(self) -> None:
        """Speak until the other side has said all."""
        self.home.connections += 1
        if self.home.fault == "closed":
            return
        self._say("220 stand-in")
        while line := self.rfile.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            if not self._answer(verb.upper(), rest):
                return

    def _answer(self, verb: str, rest: str) -> bool:
        if verb == "EHLO":
            self._say("250-stand-in\r\n250 AUTH PLAIN" if self.home.user else "250 stand-in")
        elif verb == "AUTH":
            self._say("235 welcome" if self._is_known(rest) else "535 who are you")
        elif verb == "RCPT" and self.home.fault in {"451", "550"}:
            self._say(f"{self.home.fault} not this one")
        elif verb == "RCPT":
            self.to = rest.partition("<")[2].partition(">")[0]
            self._say("250 ok")
        elif verb == "DATA":
            return self._take()
        else:
            self._say("250 ok")
        return True

    def _is_known(self, rest: str) -> bool:
        given = base64.b64decode(rest.partition(" ")[2]).split(b"\0")
        wanted = [b"", self.home.user.encode(), self.home.password.encode()]
        return self.home.fault != "unknown" and given == wanted

    def _take(self) -> bool:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.home.fault == "deaf":
            self.home.stopping.wait(DEAF_SECONDS)
            return False
        self.home.taken.append(Mail(self.to, message_from_bytes(b"".join(lines), policy=default)))
        self._say("250 taken")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
