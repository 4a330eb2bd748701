"""Hints to open pages that something they show has changed. A hint carries ids, never content."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from clew.base.json import dumps

CHANNEL = "clew_live"
HINTS_PER_NOTE = 80  # a NOTIFY payload holds 8,000 bytes


@dataclass(frozen=True, slots=True)
class Hint:
    """`subject` changed for a member's own list, or for everybody in a team."""

    subject: UUID
    member_id: int | None = None
    team_id: int | None = None


NOTICES = UUID(int=0)  # the subject of a hint that a member's notices changed, whichever


def announce(hints: Iterable[Hint]) -> None:
    """Tell listening processes at commit. Payload: a JSON list of [subject, member, team]."""
    rows = [(h.subject, h.member_id, h.team_id) for h in hints]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), HINTS_PER_NOTE):
            payload = dumps(rows[start : start + HINTS_PER_NOTE])
            cursor.execute("select pg_notify(%s, %s)", [CHANNEL, payload])
