"""Results that were given without network, as they arrive: opened, read and timed."""

from base64 import b64encode
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from clew.access.models import Member
from clew.base.sealing import SealBroken, letter_key, open_letter
from clew.pipeline.actions.leads import NOTE_AT_MOST

OLDEST = timedelta(days=30)


class Result(msgspec.Struct, frozen=True):
    """What a page sealed. `at` is when, in milliseconds by the clock of the device; `date` as the form has it."""

    call_id: UUID
    lead: UUID
    at: int
    result: str = ""
    said: str = ""
    next: str = ""
    date: str = ""
    note: str = ""


def read(letter: bytes, member: Member) -> Result | None:
    """Open what this member's page sealed; None where it is damaged, or somebody else's."""
    try:
        opened = open_letter(letter, place(member))
        found = msgspec.json.decode(opened, type=Result)
    except (SealBroken, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(found, note=found.note[:NOTE_AT_MOST])


def seal_key() -> str:
    """Give the key that pages seal results to."""
    return b64encode(letter_key()).decode()


def place(member: Member) -> bytes:
    """Name the place that a member's letters are sealed for."""
    return b"result:" + str(member.pk).encode()


def moment(result: Result, *, sent: int, now: datetime) -> datetime:
    """Say when a result was given: so long before it was sent, by the one clock that knows both.

    `sent` is when, by the clock of the device too, so it does not matter how wrong that is. At most a month ago.
    """
    ago = timedelta(milliseconds=max(0, min(sent - result.at, OLDEST // timedelta(milliseconds=1))))
    return now - ago
