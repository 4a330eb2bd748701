"""JSON text for the database, by msgspec: it knows dates and UUIDs and is fast."""

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()


def dumps(value: Any) -> str:
    """Encode any value of dataclasses, mappings, dates and UUIDs."""
    return _encoder.encode(value).decode()


def to_builtins(value: Any) -> Any:
    """Turn dataclasses, dates and UUIDs into what any JSON encoder takes."""
    return msgspec.to_builtins(value)
