"""Reading what arrived."""

from uuid import UUID

from clew.base.sealing import unseal
from clew.capture.schemas import Body, decode_body


def open_body(submission_id: UUID, sealed: bytes | memoryview) -> Body:
    """Unseal a submission's body. Raises SealBroken."""
    return decode_body(unseal(bytes(sealed), b"submission:" + submission_id.bytes))
