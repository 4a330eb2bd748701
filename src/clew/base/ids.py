"""UUIDv7 (RFC 9562), made here because PostgreSQL 15 has none."""

import os
import time
from uuid import UUID

MILLISECOND = 1_000_000  # in nanoseconds


def uuid7(milliseconds: int | None = None) -> UUID:
    """Make an id in the order of time; `milliseconds` since 1970 lets old records sort by their own time.

    Twelve bits hold the fraction of the millisecond (RFC 9562, 6.2, method 3), so that what one process
    makes one after the other sorts in that order.
    """
    stamp, rest = divmod(
        time.time_ns() if milliseconds is None else milliseconds * MILLISECOND, MILLISECOND
    )
    chance = int.from_bytes(os.urandom(8), "big")
    return UUID(
        int=(stamp & 0xFFFFFFFFFFFF) << 80
        | 0x7000 << 64
        | (rest * 4096 // MILLISECOND) << 64
        | 0x8000 << 48
        | chance & 0x3FFFFFFFFFFFFFFF
    )
