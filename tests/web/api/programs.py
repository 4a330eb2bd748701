"""Programs that read: a token each, and all pages of a list."""

import time
from typing import Any

from django.test import Client

from clew.access.models import Member
from clew.access.tokens import issue
from clew.base.changes import horizon
from tests.company import MONDAY_NOON

Item = dict[str, Any]
PATIENCE_SECONDS = 20
ROOT = "/api/v1"
LISTS = ("leads", "contacts", "placements", "events", "deletions")
EVERYTHING = (
    "leads:read",
    "contacts:read",
    "events:read",
    "duplicates:read",
    "duplicates:write",
)


def program(by: Member, *scopes: str, language: str = "en") -> Client:
    """Another system with a token of its own."""
    _, secret = issue(name="crm", scopes=scopes or EVERYTHING, by=by, now=MONDAY_NOON)
    return Client(headers={"authorization": f"Bearer {secret}", "accept-language": language})


def page(client: Client, name: str, /, **asked: Any) -> dict[str, Any]:
    """One page of a list."""
    answer = client.get(f"{ROOT}/{name}", asked)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def follow(client: Client, name: str, cursor: str = "", /, **asked: Any) -> tuple[list[Item], str]:
    """Everything from a cursor on, and the cursor to go on with.

    Whoever still writes on this server, such as the database's own upkeep, is waited for before the
    list is said to end.
    """
    items: list[Item] = []
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        told = page(client, name, **asked, **({"cursor": cursor} if cursor else {}))
        items += told["items"]
        cursor = told["next_cursor"]
        if not told["has_more"] and (is_settled() or time.monotonic() > until):
            return items, cursor


def is_settled() -> bool:
    """Tell whether nobody is writing."""
    lowest, next_one = horizon()
    return lowest == next_one
