"""Handing an e-mail over to whoever takes it (CLEW_SMTP_URL), and knowing whether it was taken."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage

from clew.base.outcomes import NoAnswer, Unreachable
from clew.base.targets import Relay

SECONDS = 8.0
REFUSED = 400  # from here on


@dataclass(frozen=True, slots=True)
class Reply:
    """What it said of a message: 250 it is taken, 4xx not now, 5xx never."""

    code: int


def hand_over(relay: Relay, message: EmailMessage, *, seconds: float = SECONDS) -> Reply:
    """Hand a message over. Raises Unreachable where nothing was sent, NoAnswer where it may have been taken."""
    server = _connected(relay, seconds)
    try:
        for code in (
            server.mail(message["From"].addresses[0].addr_spec)[0],
            server.rcpt(message["To"].addresses[0].addr_spec)[0],
        ):
            if code >= REFUSED:
                return Reply(code)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(why=type(error).__name__) from error
    else:
        return _said(server, message)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def greet(relay: Relay, *, seconds: float = SECONDS) -> None:
    """Connect and sign in, and send nothing. Raises Unreachable with what was wrong."""
    server = _connected(relay, seconds)
    with suppress(OSError, smtplib.SMTPException):
        server.quit()


def _said(server: smtplib.SMTP, message: EmailMessage) -> Reply:
    try:
        return Reply(server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))[0])
    except smtplib.SMTPDataError as refused:
        return Reply(refused.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        raise NoAnswer(why=type(error).__name__) from error


def _connected(relay: Relay, seconds: float) -> smtplib.SMTP:
    server: smtplib.SMTP | None = None
    try:
        if relay.security == "smtps":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(relay.host, relay.port, timeout=seconds, context=context)
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=seconds)
        if relay.security == "smtp":
            server.starttls(context=ssl.create_default_context())
        if relay.user:
            server.login(relay.user, relay.password)
        server.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        if server is not None:
            server.close()
        raise Unreachable(why=_why(error)) from error
    return server


def _why(error: Exception) -> str:
    reasons = {
        smtplib.SMTPAuthenticationError: "sign-in",
        smtplib.SMTPNotSupportedError: "not offered",
        ssl.SSLError: "TLS",
    }
    found = [why for kind, why in reasons.items() if isinstance(error, kind)]
    return found[0] if found else type(error).__name__
