"""Taking in leads that come by a page: all or none, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from clew.base.away import AWAY, commits
from clew.base.json import dumps
from clew.base.ledger import Actor
from clew.capture.decoding import fault_of
from clew.capture.errors import LeadsRefused
from clew.capture.inbox import (
    STORE,
    STORED,
    Arrival,
    ConsentRow,
    Origin,
    SubmissionRow,
    rows_of,
)
from clew.capture.models import Source, Submission
from clew.capture.queries import all_definitions, open_body
from clew.capture.rules import Fault, answer_key, encode, faults_of, holds_nul, typed
from clew.capture.schemas import LeadIn, Outcome
from clew.errors import Missing, OutcomeUnknown, StoredPerhaps, Unavailable

SKEW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Followup:
    """What somebody answered to the one further question after a form."""

    question: str
    answer: str


def receive(
    leads: Sequence[LeadIn],
    *,
    channel: str,
    actor: Actor,
    evidence: Mapping[str, str],
    now: datetime,
    outcome: Outcome | None = None,
) -> list[UUID]:
    """Store leads from a page, all or none. Returns the stored ids, in order.

    `outcome` tells how an old enquiry ended, where there is one lead of the channel history. A lead whose `external_id` its source already has is not stored again: its first id is returned.
    Raises LeadsRefused with every fault, and when the database does not answer Unavailable; OutcomeUnknown where they
    may be stored all the same, and StoredPerhaps where sending them once more would store them twice.
    """
    before = commits()
    try:
        keys = {lead.source for lead in leads}
        origins = {
            source.key: Origin(source.pk, source.key, source.cost_minor)
            for source in Source.objects.filter(key__in=keys, is_active=True)
        }
        faults = _faults(leads, origins, now)
        if any(lead.custom for lead in leads):
            leads, wrong = typed(leads, all_definitions())
            faults += wrong
        if faults:
            raise LeadsRefused(faults)
        arrival = Arrival(channel, actor, dict(evidence), now)
        return _store([(lead, origins[lead.source]) for lead in leads], arrival, outcome)
    except AWAY as lost:
        if commits() == before:
            raise Unavailable from lost
        is_named = all(lead.external_id for lead in leads)
        raise (OutcomeUnknown if is_named else StoredPerhaps) from lost


def follow_up(
    first_id: UUID, followup: Followup, *, evidence: Mapping[str, str], now: datetime
) -> UUID:
    """Store the answer to a form's further question as a submission that strengthens the first.

    It costs nothing and keeps the first one's consents. A second answer changes nothing. Raises
    Missing where there is no such submission, Unavailable, and OutcomeUnknown.
    """
    before = commits()
    try:
        first = Submission.objects.select_related("source").filter(pk=first_id).first()
        if first is None:
            raise Missing
        lead = open_body(first.pk, first.body).lead
        answered = msgspec.structs.replace(
            lead,
            external_id=answer_key(first.pk),
            occurred_at=now,
            message="",
            answers={followup.question: followup.answer},
            custom={},
        )
        origin = Origin(first.source_id, first.source.key, 0)
        arrival = Arrival(first.channel, Actor("visitor"), dict(evidence), now)
        return _store([(answered, origin)], arrival)[0]
    except AWAY as lost:
        raise (Unavailable if commits() == before else OutcomeUnknown) from lost


def _faults(leads: Sequence[LeadIn], origins: Mapping[str, Origin], now: datetime) -> list[Fault]:
    found: list[Fault] = []
    for n, lead in enumerate(leads):
        try:
            msgspec.convert(msgspec.to_builtins(lead), LeadIn)
        except msgspec.ValidationError as error:
            found.append(fault_of(n, error))
        found += faults_of(n, lead, now + SKEW)
        if lead.source not in origins:
            found.append(Fault(n, "source", "unknown_source"))
        if holds_nul(encode(lead)):
            found.append(Fault(n, "", "nul"))
    return found


def _store(
    given: Sequence[tuple[LeadIn, Origin]], arrival: Arrival, outcome: Outcome | None = None
) -> list[UUID]:
    submissions: list[SubmissionRow] = []
    consents: list[ConsentRow] = []
    for lead, origin in given:
        submission, basis = rows_of(lead, origin, arrival, outcome)
        submissions.append(submission)
        consents += basis
    ids = [row.id for row in submissions]
    submissions.sort(key=lambda row: (row.source, row.external or ""))  # against deadlocks
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, ["[]", dumps(submissions), dumps(consents)])
        (missing,) = cursor.fetchone()
        if not missing:
            return ids
        asked = [
            {"id": one, "source": origin.key, "external": lead.external_id}
            for one, (lead, origin) in zip(ids, given, strict=True)
        ]
        cursor.execute(STORED, [dumps(asked)])
        stored = dict(cursor.fetchall())
    return [stored[one] for one in ids]
