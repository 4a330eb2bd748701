"""A browser without a window: one connection, cookies, and forms with the token that guards them."""

import http.client
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

TIMEOUT_SECONDS = 5
SIGN_IN = "/sign-in"
CSRF = "clew_csrf"


@dataclass(frozen=True)
class Page:
    """What came back: a page, or where to go next."""

    status: int
    location: str
    text: str

    @property
    def is_sign_in(self) -> bool:
        """Whether whoever asked is not known."""
        return self.location.startswith(SIGN_IN) or self.status == 401


class Browser:
    """Somebody's, with a session once they have signed in."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Page | None:
        """Open a page. None when there was no answer, or one that says that something is away."""
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Page | None:
        """Send a form. None when nobody can know what it did."""
        token = {"csrfmiddlewaretoken": self._cookies.get(CSRF, "")}
        return self._ask("POST", path, urlencode({**fields, **token}))

    def hang_up(self) -> None:
        """Let the connection go; the cookies stay."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None

    def _ask(self, method: str, path: str, body: str | None) -> Page | None:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._port, timeout=TIMEOUT_SECONDS
                )
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return None
        if response.status >= 500:
            return None
        self._keep(response.headers.get_all("Set-Cookie") or [])
        return Page(response.status, response.headers.get("Location", ""), text)

    def _keep(self, cookies: Iterable[str]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
