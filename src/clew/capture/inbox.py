"""How submissions are stored: one call for any number of leads from any number of senders.

The API's group commit and the pages' actions share it. Ids are made before and nothing is
overwritten, so that calling it a second time after a lost connection changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from clew.base.ids import uuid7
from clew.base.ledger import Actor
from clew.base.sealing import seal
from clew.capture.models import VOUCHED
from clew.capture.schemas import Body, LeadIn, Outcome, encode_body

BASIS_PURPOSE = "enquiry"

STORE = "select capture_store(%s, %s, %s)"  # the function is in migration 0002

STORED = """
select given.id, coalesce(same.id, known.id)
from json_to_recordset(%s::json) as given (id uuid, source text, external text)
left join capture_submission same on same.id = given.id
left join capture_source source on source.key = given.source and same.id is null
left join capture_submission known
       on known.source_id = source.id and known.external_id = given.external
"""


class SubmissionRow(msgspec.Struct, gc=False):
    """One row of capture_submission on its way into STORE."""

    id: UUID
    source: int
    external: str | None
    channel: str
    occurred: datetime
    received: datetime
    cost: int
    kind: str
    actor: str
    body: bytes
    request: UUID | None = None  # the first id of a request that has a receipt


class ConsentRow(msgspec.Struct, gc=False):
    """One row of capture_consent on its way into STORE."""

    id: UUID
    position: int
    purpose: str
    version: str
    given: datetime
    recipient: str = ""


class ReceiptRow(msgspec.Struct, gc=False):
    """One row of capture_receipt on its way into STORE."""

    token: int
    key: str
    digest: bytes
    ids: list[UUID]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as far as storing needs it."""

    id: int
    key: str
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """The circumstances that leads of one request share."""

    channel: str
    actor: Actor
    evidence: dict[str, str]
    at: datetime


def rows_of(
    lead: LeadIn, origin: Origin, arrival: Arrival, outcome: Outcome | None = None
) -> tuple[SubmissionRow, list[ConsentRow]]:
    """Seal one lead, found to be without fault, into its rows; `outcome` belongs to history alone."""
    key = uuid7()
    body = encode_body(Body(lead, arrival.evidence, outcome))
    submission = SubmissionRow(
        key,
        origin.id,
        lead.external_id,
        arrival.channel,
        lead.occurred_at or arrival.at,
        arrival.at,
        origin.cost_minor,
        arrival.actor.kind,
        arrival.actor.id,
        seal(body, b"submission:" + key.bytes),
    )
    return submission, _consents(key, lead, origin, arrival.at)


def _consents(key: UUID, lead: LeadIn, origin: Origin, at: datetime) -> list[ConsentRow]:
    if not lead.consents:
        return [ConsentRow(key, 0, BASIS_PURPOSE, f"{VOUCHED}{origin.key}", at)]
    return [
        ConsentRow(key, n, given.purpose, given.text_version, given.given_at, given.recipient)
        for n, given in enumerate(lead.consents)
    ]
