"""UUIDv7 (RFC 9562), made here because PostgreSQL 15 has none."""

import os
import time
from uuid import UUID


def uuid7(milliseconds: int | None = None) -> UUID:
    """Make a time-ordered id; `milliseconds` since 1970 lets old records sort by their own time."""
    stamp = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    chance = int.from_bytes(os.urandom(10), "big")
    return UUID(
        int=(stamp & 0xFFFFFFFFFFFF) << 80
        | 0x7000 << 64
        | (chance >> 64 & 0x0FFF) << 64
        | 0x8000 << 48
        | chance & 0x3FFFFFFFFFFFFFFF
    )
