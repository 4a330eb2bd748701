"""What a page carries for the next one, signed: when it was shown, which wording, from where."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing

from clew.capture.rules import PROOF_BITS

SHOWN = "capture.shown"
SENT = "capture.sent"
LIFETIME = timedelta(hours=12)
LONGEST = 200
MOST_TAGS = 8


@dataclass(frozen=True, slots=True)
class Ticket:
    """One showing of a form. Its nonce is the external id, so that a double click stores once."""

    slug: str
    nonce: str
    at: float
    text_id: int
    utm: dict[str, str]
    referrer: str
    bits: int = PROOF_BITS

    @property
    def shown_at(self) -> datetime:
        """When the form was shown."""
        return datetime.fromtimestamp(self.at, UTC)


def show(
    slug: str,
    text_id: int,
    query: Mapping[str, str],
    referrer: str,
    now: datetime,
    *,
    bits: int = PROOF_BITS,
) -> Ticket:
    """A ticket for a form that is about to be shown; keeps the campaign from the address."""
    tags = {k: v[:LONGEST] for k, v in query.items() if k.startswith("utm_") and len(k) < LONGEST}
    utm = dict(list(tags.items())[:MOST_TAGS])
    return Ticket(
        slug, secrets.token_hex(16), now.timestamp(), text_id, utm, referrer[:LONGEST], bits
    )


def sign(ticket: Ticket) -> str:
    """The ticket as the page carries it."""
    return signing.dumps(asdict(ticket), salt=SHOWN)


def read(signed: str, slug: str, now: datetime) -> Ticket | None:
    """The ticket, or None where it is forged, of another form or too old."""
    try:
        content: dict[str, Any] = signing.loads(signed, salt=SHOWN)
    except signing.BadSignature:
        return None
    ticket = Ticket(**content)
    is_fresh = timedelta() <= now - ticket.shown_at <= LIFETIME
    return ticket if is_fresh and ticket.slug == slug else None


def refer(submission_id: UUID) -> str:
    """The name of a stored submission in an address, which nobody can guess for another."""
    return signing.Signer(salt=SENT).sign(submission_id.hex)


def resolve(reference: str) -> UUID | None:
    """The submission that a name in an address stands for."""
    try:
        return UUID(signing.Signer(salt=SENT).unsign(reference))
    except (signing.BadSignature, ValueError):
        return None
