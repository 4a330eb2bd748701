"""Members who are signed in without a browser and ask for pages."""

import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from clew.access.models import Member

TIMEOUT_SECONDS = 60


class NotShown(RuntimeError):
    """A page that should be there was refused or broke."""


def session(member: Member) -> str:
    """Sign a member in. Returns the cookie's value."""
    kept = SessionStore()
    kept[SESSION_KEY] = str(member.pk)
    kept[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    kept[HASH_SESSION_KEY] = member.get_session_auth_hash()
    kept.create()
    return str(kept.session_key)


class Visitor:
    """One member who is signed in."""

    def __init__(self, url: str, member: Member) -> None:
        """Sign in."""
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session(member)}"}

    def look(self, path: str) -> float:
        """Ask for a page and read all of it. Returns the milliseconds that took. Raises NotShown."""
        began = time.perf_counter()
        with closing(HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)) as connection:
            connection.request("GET", path, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
        if answer.status != 200:
            raise NotShown(f"{path}: {answer.status}")
        return (time.perf_counter() - began) * 1000
