"""Shapes that the pipeline keeps sealed."""

from uuid import UUID

from msgspec import Struct


class Sheet(Struct, frozen=True, omit_defaults=True):
    """A call sheet as far as it is filled in, with the id that its call will have."""

    call_id: UUID | None = None
    result: str = ""
    said: str = ""
    next: str = ""
    date: str = ""
    note: str = ""
