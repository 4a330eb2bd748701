"""Taking in what people type, settling what failed, naming sources."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from clew.access.models import Organisation
from clew.base.json import dumps
from clew.base.ledger import Actor, append
from clew.base.models import Refusal
from clew.capture.decoding import fault_of
from clew.capture.errors import (
    FailureSettled,
    FormAddressTaken,
    LeadsRefused,
    SourceKeyTaken,
    TooManyVisits,
)
from clew.capture.events import (
    FailureDismissed,
    FailureReplayed,
    FormClosed,
    FormOpened,
    SourceAdded,
    SourceChanged,
)
from clew.capture.inbox import (
    BASIS_PURPOSE,
    STORE,
    STORED,
    Arrival,
    ConsentRow,
    Origin,
    SubmissionRow,
    rows_of,
)
from clew.capture.models import ConsentText, Failure, Form, Source, Submission, Visit, Waiting
from clew.capture.queries import open_body
from clew.capture.rules import Fault, encode, faults_of, holds_nul
from clew.capture.schemas import LeadIn
from clew.errors import Missing, Unavailable

SKEW = timedelta(hours=24)
REFUSALS_APART = timedelta(seconds=10)
VISITS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Followup:
    """What somebody answered to the one further question after a form."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a source is; cost in cents of one lead. The key stays as it was first given."""

    key: str
    name: str
    kind: str
    is_online: bool
    cost_minor: int
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class FormData:
    """A hosted form in the operator's words; `consent` is what people agree to, by language."""

    slug: str
    title: str
    button: str
    consent: Mapping[str, str]
    lede: str = ""
    question: str = ""
    options: Sequence[str] = ()


def receive(
    leads: Sequence[LeadIn],
    *,
    channel: str,
    actor: Actor,
    evidence: Mapping[str, str],
    now: datetime,
) -> list[UUID]:
    """Store leads from a page, all or none. Returns the stored ids, in order.

    A lead whose `external_id` its source already has is not stored again: its first id is returned.
    Raises LeadsRefused with every fault, and Unavailable when the database does not answer.
    """
    try:
        keys = {lead.source for lead in leads}
        origins = {
            source.key: Origin(source.pk, source.key, source.cost_minor)
            for source in Source.objects.filter(key__in=keys, is_active=True)
        }
        faults = _faults(leads, origins, now)
        if faults:
            raise LeadsRefused(faults)
        arrival = Arrival(channel, actor, dict(evidence), now)
        return _store([(lead, origins[lead.source]) for lead in leads], arrival)
    except (OperationalError, InterfaceError) as lost:
        raise Unavailable from lost


def follow_up(
    first_id: UUID, followup: Followup, *, evidence: Mapping[str, str], now: datetime
) -> UUID:
    """Store the answer to a form's further question as a submission that strengthens the first.

    It costs nothing and keeps the first one's consents. A second answer changes nothing. Raises
    Missing where there is no such submission, and Unavailable.
    """
    try:
        first = Submission.objects.select_related("source").filter(pk=first_id).first()
        if first is None:
            raise Missing
        lead = open_body(first.pk, first.body).lead
        answered = msgspec.structs.replace(
            lead,
            external_id=f"{first.pk}:answer",
            occurred_at=now,
            message="",
            answers={followup.question: followup.answer},
        )
        origin = Origin(first.source_id, first.source.key, 0)
        arrival = Arrival(first.channel, Actor("visitor"), dict(evidence), now)
        return _store([(answered, origin)], arrival)[0]
    except (OperationalError, InterfaceError) as lost:
        raise Unavailable from lost


@transaction.atomic
def replay(failure_id: int, *, actor: Actor, now: datetime) -> None:
    """Put a failed submission before the belt again. Raises Missing, FailureSettled."""
    failure = _settle(failure_id, Failure.Settlement.REPLAYED, now)
    Waiting.objects.bulk_create(
        [Waiting(submission_id=failure.submission_id)], ignore_conflicts=True
    )
    append(FailureReplayed(failure.submission_id, failure.pk), actor=actor, at=now)
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('clew_waiting', '')")


@transaction.atomic
def dismiss(failure_id: int, *, actor: Actor, now: datetime) -> None:
    """Decide that a failed submission need not become a lead. Raises Missing, FailureSettled."""
    failure = _settle(failure_id, Failure.Settlement.DISMISSED, now)
    append(FailureDismissed(failure.submission_id, failure.pk), actor=actor, at=now)


def refuse(door: str, code: str, details: Mapping[str, Any], actor: Actor, now: datetime) -> None:
    """Count something turned away. A row for each reason and sender at most every ten seconds.

    `details` holds no personal data. The row's own `count` says how often it happened.
    """
    same = Refusal.objects.filter(
        door=door, code=code, actor_kind=actor.kind, actor_id=actor.id, at__gt=now - REFUSALS_APART
    )
    with transaction.atomic():
        known = same.select_for_update().order_by("-at").first()
        if known is None:
            Refusal.objects.create(
                at=now,
                door=door,
                code=code,
                details={**details, "count": 1},
                actor_kind=actor.kind,
                actor_id=actor.id,
            )
            return
        known.details["count"] += 1
        known.save(update_fields=["details"])


def visit(address: bytes, *, most: int, now: datetime) -> None:
    """Count one sending of a form from a network address, given as a keyed hash.

    Raises TooManyVisits when there were more than `most` in the same ten minutes.
    """
    since = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
    Visit.objects.filter(since__lt=since - VISITS).delete()
    Visit.objects.bulk_create([Visit(address=address, since=since, count=0)], ignore_conflicts=True)
    own = Visit.objects.filter(address=address, since=since)
    own.update(count=F("count") + 1)
    if own.filter(count__gt=most).exists():
        raise TooManyVisits


def add_source(given: SourceData, *, actor: Actor, now: datetime) -> Source:
    """Name a source. Raises SourceKeyTaken."""
    try:
        with transaction.atomic():
            source = Source.objects.create(**asdict(given), created_at=now)
            append(SourceAdded(source.pk), actor=actor, at=now)
    except IntegrityError as taken:
        raise SourceKeyTaken from taken
    return source


@transaction.atomic
def change_source(given: SourceData, *, actor: Actor, now: datetime) -> Source:
    """Change the source with this key. Leads that have arrived keep their cost. Raises Missing."""
    source = Source.objects.select_for_update().filter(key=given.key).first()
    if source is None:
        raise Missing
    source.name, source.kind, source.is_online = given.name, given.kind, given.is_online
    source.cost_minor, source.is_active = given.cost_minor, given.is_active
    source.save()
    changed = SourceChanged(
        source.pk, given.kind, given.is_online, given.cost_minor, given.is_active
    )
    append(changed, actor=actor, at=now)
    return source


def open_form(
    source: Source, given: FormData, *, of: Organisation, actor: Actor, now: datetime
) -> Form:
    """Put a form on the net; its leads come from `source`. Raises FormAddressTaken."""
    try:
        with transaction.atomic():
            page = Form.objects.create(
                slug=given.slug,
                organisation=of,
                source=source,
                consent_text=_consent_text(given.consent, now),
                title=given.title,
                lede=given.lede,
                button=given.button,
                question=given.question,
                options=list(given.options),
            )
            append(FormOpened(page.pk, source.pk), actor=actor, at=now)
    except IntegrityError as taken:
        raise FormAddressTaken from taken
    return page


@transaction.atomic
def close_form(form_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a form off the net; repeating it does nothing."""
    if Form.objects.filter(pk=form_id, is_active=True).update(is_active=False):
        append(FormClosed(form_id), actor=actor, at=now)


def _consent_text(wording: Mapping[str, str], now: datetime) -> ConsentText:
    """The version of this wording; words that were never used before are a new version."""
    texts = ConsentText.objects.filter(purpose=BASIS_PURPOSE).order_by("-version")
    known = texts.filter(wording=dict(wording)).first()
    if known:
        return known
    newest = texts.first()
    return ConsentText.objects.create(
        purpose=BASIS_PURPOSE,
        version=newest.version + 1 if newest else 1,
        wording=dict(wording),
        created_at=now,
    )


def _settle(failure_id: int, settlement: str, now: datetime) -> Failure:
    changed = Failure.objects.filter(pk=failure_id, settled_at__isnull=True).update(
        settled_at=now, settlement=settlement
    )
    failure = Failure.objects.filter(pk=failure_id).first()
    if failure is None:
        raise Missing
    if not changed:
        raise FailureSettled
    return failure


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


def _store(given: Sequence[tuple[LeadIn, Origin]], arrival: Arrival) -> list[UUID]:
    submissions: list[SubmissionRow] = []
    consents: list[ConsentRow] = []
    for lead, origin in given:
        submission, basis = rows_of(lead, origin, arrival)
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
