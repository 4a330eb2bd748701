"""Another system that sends leads, in the test's own process."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from clew.access.models import Member, Organisation, Role, Token
from clew.access.tokens import issue
from clew.capture import asgi
from clew.capture.models import Consent, Receipt, Source, Submission, Waiting
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PHONE = "13812345678"


def site(key: str = "site", **given: Any) -> Source:
    """A source of own leads."""
    return Source.objects.create(key=key, name=key, kind="own", created_at=NOW, **given)


def token(*scopes: str) -> tuple[Token, str]:
    """A token, for sending leads unless said otherwise, and its secret."""
    operator, _ = Organisation.objects.get_or_create(name="启衡工控")
    maker, _ = Member.objects.get_or_create(
        username="anna",
        defaults={
            "organisation": operator,
            "name": "Anna",
            "role": Role.ADMINISTRATOR,
            "joined_at": NOW,
        },
    )
    return issue(name="shop", scopes=scopes or ("leads:write",), by=maker, now=NOW)


def lead(**given: Any) -> dict[str, Any]:
    """A lead that can be stored."""
    return {"source": "site", "phone": PHONE, **given}


def encoded(body: Any) -> bytes:
    """A body as bytes: given as such, or as what is to be JSON."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


class Sender:
    """Sends bodies with one token; all of one call at the same time."""

    def __init__(self, secret: str = "") -> None:
        """Keep the token; without one, a token is made."""
        self.secret = secret or token()[1]

    def send(self, *bodies: Any, **headers: str) -> list[httpx.Response]:
        """Send bodies, each with the same headers."""
        return self.send_each((body, headers) for body in bodies)

    def one(self, body: Any, **headers: str) -> httpx.Response:
        """Send one body."""
        return self.send(body, **headers)[0]

    def send_each(self, calls: Iterable[tuple[Any, Mapping[str, str]]]) -> list[httpx.Response]:
        """Send bodies with headers of their own."""
        return asyncio.run(self._send([(encoded(body), headers) for body, headers in calls]))

    async def _send(self, calls: list[tuple[bytes, Mapping[str, str]]]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=asgi.leads, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://clew.test") as client:
            try:
                return await asyncio.gather(*(self._post(client, *call) for call in calls))
            finally:
                await asgi.close()

    async def _post(
        self, client: httpx.AsyncClient, body: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        given = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.secret}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await client.post("/api/v1/leads", content=body, headers=given)


def stored() -> list[LeadIn]:
    """The leads in the database, oldest first."""
    rows = Submission.objects.order_by("pk")
    return [open_body(row.pk, row.body).lead for row in rows]


def counts() -> dict[str, int]:
    """How many rows there are of each kind."""
    return {
        "submissions": Submission.objects.count(),
        "waiting": Waiting.objects.count(),
        "consents": Consent.objects.count(),
        "receipts": Receipt.objects.count(),
    }
