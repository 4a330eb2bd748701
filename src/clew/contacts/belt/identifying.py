"""The belt's first step: from waiting submissions to contacts and their one open lead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, connection

from clew.base.bulk import as_array, as_byte_array, as_id, as_numbers, copy_in, copy_text
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.ledger import BELT, Event, append_all
from clew.base.sealing import lookup, seal
from clew.capture.queries import open_body
from clew.capture.regions import refined, resolve
from clew.capture.schemas import Body, LeadIn, Outcome
from clew.capture.ways import Way, ways
from clew.contacts.errors import Overtaken, Unreachable
from clew.contacts.events import LeadLapsed, LeadOpened, LeadStrengthened
from clew.contacts.lettering import letters
from clew.contacts.rules import interest, tail

Key = tuple[str, bytes]
Keyed = tuple[Key, Way]
CONTACT_COLUMNS = "id, name, company, initials, pairs, created_at"
LEAD_COLUMNS = (
    "id, contact_id, source_id, category, region, region_code, interest, submission_count, cost_minor, "
    "opened_at, strengthened_at, ended_at, is_history, follows_id, person_id, custom, valid_until"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A waiting submission as the worker claimed it."""

    submission_id: UUID
    source_id: int
    is_online: bool
    source_kind: str
    cost_minor: int
    received_at: datetime
    body: bytes
    occurred_at: datetime
    is_history: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """From when to when an old enquiry ran, and how it ended."""

    opened_at: datetime
    ended_at: datetime
    outcome: Outcome


@dataclass(slots=True)
class Person:
    """A contact as far as this batch knows it, and the one that it was merged into, if any."""

    contact_id: UUID
    is_new: bool
    name: str = ""
    company: str = ""
    survivor_id: UUID | None = None
    is_named: bool = False

    @property
    def person_id(self) -> UUID:
        """Whose open lead it is that they strengthen."""
        return self.survivor_id or self.contact_id

    @property
    def letters(self) -> dict[str, Any]:
        """What they are found by beside name and company."""
        return letters(self.name, self.company)


@dataclass(slots=True)
class Met:
    """An arrival, opened, with the person who sent it."""

    arrival: Arrival
    given: LeadIn
    kinds: frozenset[str]
    person: Person
    ended: Ended | None


@dataclass(slots=True)
class Enquiry:
    """A lead in this batch: opened or strengthened by one or more arrivals."""

    lead_id: UUID
    contact_id: UUID
    is_new: bool
    source_id: int
    submission_count: int
    arrival: Arrival  # the latest one, and what it gave
    given: LeadIn
    interest: str
    category: str
    region: str
    region_code: int | None
    cost_minor: int
    ended: Ended | None = None  # history: it was over before it came here
    valid_until: datetime | None = None  # before this batch; by its grade once it has one
    alive_at: datetime | None = None  # by what people did, or plan to do
    follows: UUID | None = None  # the lead of the same person that lapsed with this one's coming
    repeats: list[Arrival] = field(default_factory=list)
    heard: list[Met] = field(default_factory=list)  # everything of this batch, in order
    person_id: UUID | None = None  # whom the contact of a new lead was merged into
    custom: dict[str, Any] = field(default_factory=dict)  # the operator's fields by key


@dataclass(slots=True)
class _Batch:
    persons: dict[Key, Person] = field(default_factory=dict)
    identifiers: list[tuple[str, bytes, UUID, Way]] = field(default_factory=list)
    overlaps: list[tuple[UUID, str, bytes]] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)


def identify(arrivals: Sequence[Arrival], now: datetime) -> list[Enquiry]:
    """Find or make each arrival's contact, then open a lead or strengthen the open one; `write_leads` writes it.

    An open lead whose validity had run out when somebody wrote again lapses, and a new one follows it.
    History opens a lead of its own that is over already, and needs no way of reaching anybody. Raises
    Unreachable where a new enquiry gives no usable way, SealBroken where a submission cannot be read,
    and Overtaken where another worker wrote one of the persons meanwhile: run the batch again.
    """
    batch = _meet(arrivals)
    _write_persons(batch, now)
    enquiries = _enquire(batch)
    append_all([event for e in enquiries for event in _events(e)], actor=BELT, at=now)
    return enquiries


def _meet(arrivals: Sequence[Arrival]) -> _Batch:
    read = []
    for arrival in arrivals:
        body = open_body(arrival.submission_id, arrival.body)
        found = keyed(body.lead)
        if not found and not arrival.is_history:
            raise Unreachable
        read.append((arrival, body, found))
    batch = _Batch(persons=_known({key for _, _, found in read for key, _ in found}))
    for arrival, body, found in read:
        person = next((p for key, _ in found if (p := batch.persons.get(key))), None)
        person = person or Person(uuid7(), is_new=True)
        for key, way in found:
            if key not in batch.persons:
                batch.persons[key] = person
                batch.identifiers.append((*key, person.contact_id, way))
            elif batch.persons[key] is not person:
                batch.overlaps.append((arrival.submission_id, *key))
        batch.met.append(meet(person, arrival, body, found))
    return batch


def keyed(given: LeadIn) -> list[Keyed]:
    """Give every way of reaching a person with the key that it is known by, best first."""
    found = ways(given.phone, given.email, given.wechat)
    return [((way.kind, lookup(way.value, way.kind)), way) for way in found]


def meet(person: Person, arrival: Arrival, body: Body, found: list[Keyed]) -> Met:
    """Let a person have sent this; name and company are taken from it where there are none yet."""
    _name(person, body.lead)
    kinds = frozenset(way.kind for _, way in found)
    return Met(arrival, body.lead, kinds, person, _ended(arrival, body.outcome))


def _ended(arrival: Arrival, outcome: Outcome | None) -> Ended | None:
    if not arrival.is_history:
        return None
    told = outcome or Outcome()
    opened_at = arrival.occurred_at
    return Ended(opened_at, max(told.ended_at or opened_at, opened_at), told)


def _name(person: Person, given: LeadIn) -> None:
    for attribute in ("name", "company"):
        value = getattr(given, attribute).strip()
        if value and not getattr(person, attribute):
            setattr(person, attribute, value)
            person.is_named = True


def _known(keys: Iterable[Key]) -> dict[Key, Person]:
    """Find the contacts behind the keys. Nothing is locked: one open lead per contact decides."""
    by_kind: dict[str, list[bytes]] = {}
    for kind, digest in sorted(keys):
        by_kind.setdefault(kind, []).append(digest)
    found = []
    with connection.cursor() as cursor:
        for kind, digests in by_kind.items():
            cursor.execute(
                """
                select i.kind, i.digest, c.id, c.name, c.company, c.survivor_id
                from contacts_identifier i join contacts_contact c on c.id = i.contact_id
                where i.kind = %s and i.digest = any(%s::bytea[])
                """,
                [kind, as_byte_array(digests)],
            )
            found += cursor.fetchall()
    persons = {
        id_: Person(id_, is_new=False, name=name, company=company, survivor_id=survivor_id)
        for _, _, id_, name, company, survivor_id in found
    }
    return {(kind, bytes(digest)): persons[id_] for kind, digest, id_, *_ in found}


def _write_persons(batch: _Batch, now: datetime) -> None:
    persons = {id(m.person): m.person for m in batch.met}.values()
    new = [p for p in persons if p.is_new]
    named = [p for p in persons if p.is_named and not p.is_new]
    if new:
        at = now.isoformat()
        copy_text("contacts_contact", CONTACT_COLUMNS, (_contact_row(p, at) for p in new))
    if named:
        write_names(named)
    if batch.identifiers:
        _write_identifiers(batch)
    if batch.overlaps:
        rows = ((*row, now) for row in batch.overlaps)
        copy_in("contacts_overlap", "submission_id, kind, digest, at", rows)


def _contact_row(p: Person, at: str) -> tuple[object, ...]:
    found_by = p.letters
    pairs = as_numbers(found_by["pairs"])
    return p.contact_id.hex, p.name, p.company, found_by["initials"], pairs, at


def write_names(persons: list[Person]) -> None:
    rows = [
        {"id": p.contact_id, "name": p.name, "company": p.company, **p.letters} for p in persons
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update contacts_contact c
            set name = p.name, company = p.company, initials = p.initials, pairs = p.pairs
            from json_to_recordset(%s)
              as p(id uuid, name text, company text, initials text, pairs int[])
            where c.id = p.id
            """,
            [dumps(rows)],
        )


def _write_identifiers(batch: _Batch) -> None:
    ordered = sorted(batch.identifiers, key=lambda row: row[:2])
    columns = "kind, digest, contact_id, tail, sealed"
    try:
        copy_text("contacts_identifier", columns, (_identifier_row(*row) for row in ordered))
    except IntegrityError as met:
        raise Overtaken from met


def _identifier_row(kind: str, digest: bytes, contact_id: UUID, way: Way) -> tuple[object, ...]:
    end = tail(way)
    sealed = seal(way.value.encode(), b"identifier:" + contact_id.bytes)
    return kind, digest, contact_id.hex, lookup(end, "tail") if end else None, sealed


def _enquire(batch: _Batch) -> list[Enquiry]:
    known = [m.person.person_id for m in batch.met if not (m.person.is_new or m.ended)]
    enquiries = _open_leads(known, batch) if known else {}
    touched: dict[UUID, Enquiry] = {}
    for met in batch.met:
        person_id = met.person.person_id
        enquiry = None if met.ended else enquiries.get(person_id)
        if enquiry and not _has_lapsed(enquiry, met.arrival):
            strengthen(enquiry, met)
        else:
            follows = enquiry.lead_id if enquiry else None
            enquiry = opened(met)
            enquiry.follows = follows
        if not met.ended:
            enquiries[person_id] = enquiry
        touched[enquiry.lead_id] = enquiry
    return list(touched.values())


def _has_lapsed(enquiry: Enquiry, arrival: Arrival) -> bool:
    """Tell whether somebody wrote too late to strengthen a lead: what this batch touched is alive."""
    if enquiry.heard or enquiry.valid_until is None:
        return False
    return enquiry.valid_until < arrival.received_at


def _open_leads(person_ids: list[UUID], batch: _Batch) -> dict[UUID, Enquiry]:
    any_arrival, any_given = batch.met[0].arrival, batch.met[0].given
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select coalesce(person_id, contact_id), contact_id, id, source_id, submission_count,
              interest, category, region, region_code, cost_minor, valid_until, alive_at, custom::text
            from contacts_lead
            where coalesce(person_id, contact_id) = any(%s::uuid[]) and ended_at is null
            order by id for no key update
            """,
            [as_array(person_ids)],
        )
        return {
            person_id: Enquiry(
                lead_id=lead_id,
                contact_id=contact_id,
                is_new=False,
                source_id=source_id,
                submission_count=count,
                arrival=any_arrival,
                given=any_given,
                interest=wanted,
                category=category,
                region=region,
                region_code=code,
                cost_minor=cost,
                valid_until=until,
                alive_at=alive,
                custom=msgspec.json.decode(custom) if custom != "{}" else {},
            )
            for person_id, contact_id, lead_id, source_id, count, wanted, category, region, code, cost, until, alive, custom in cursor
        }


def opened(met: Met) -> Enquiry:
    """Begin a lead with what was sent first."""
    arrival, given = met.arrival, met.given
    return Enquiry(
        lead_id=arrival.submission_id,
        contact_id=met.person.contact_id,
        is_new=True,
        source_id=arrival.source_id,
        submission_count=1,
        arrival=arrival,
        given=given,
        interest=interest(given.message),
        category=given.category,
        region=given.region[:60],
        region_code=resolve(given.region[:60]).code,
        cost_minor=arrival.cost_minor,
        ended=met.ended,
        heard=[met],
        person_id=met.person.survivor_id,
        custom=given.custom,
    )


def strengthen(enquiry: Enquiry, met: Met) -> None:
    """Add to a lead what the same person sent afterwards."""
    arrival, given = met.arrival, met.given
    enquiry.submission_count += 1
    enquiry.arrival, enquiry.given = arrival, given
    enquiry.interest = interest(given.message) or enquiry.interest
    enquiry.category = given.category or enquiry.category
    if given.custom:
        enquiry.custom = enquiry.custom | given.custom
    enquiry.region, enquiry.region_code = refined(
        enquiry.region, enquiry.region_code, given.region[:60]
    )
    enquiry.cost_minor += arrival.cost_minor
    enquiry.repeats.append(arrival)
    enquiry.heard.append(met)


def write_leads(enquiries: Sequence[Enquiry], now: datetime) -> None:
    """Write leads once they are graded: what they are valid until depends on it."""
    new = [e for e in enquiries if e.is_new]
    old = [e for e in enquiries if not e.is_new]
    repeats = [row for e in enquiries if e.repeats for row in _repeat_rows(e)]
    lapsed = [e.follows for e in new if e.follows]
    if lapsed:  # before what follows them: a contact has one open lead at any moment
        with connection.cursor() as cursor:
            cursor.execute(
                "update contacts_lead set ended_at = %s where id = any(%s::uuid[])",
                [now, as_array(lapsed)],
            )
    if new:
        at = now.isoformat()
        copy_text("contacts_lead", LEAD_COLUMNS, (_lead_row(e, at) for e in new))
    if old:
        write_strengthened([(e, now) for e in old])
    if repeats:
        copy_in("contacts_repeat", "submission_id, lead_id, at, contact_id", repeats)


def _repeat_rows(e: Enquiry) -> Iterable[tuple[object, ...]]:
    for met in e.heard[-len(e.repeats) :]:
        sender = met.person.contact_id
        by = None if sender == e.contact_id else sender  # a contact that was merged with the lead's
        yield met.arrival.submission_id, e.lead_id, met.arrival.received_at, by


def write_strengthened(enquiries: Iterable[tuple[Enquiry, datetime]]) -> None:
    """Write what open leads have become, each with the time of its newest submission."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update contacts_lead l set submission_count = e.submission_count,
              interest = e.interest, category = e.category, region = e.region,
              region_code = e.region_code, cost_minor = e.cost_minor, strengthened_at = e.at,
              custom = e.custom, valid_until = coalesce(e.valid_until, l.valid_until)
            from json_to_recordset(%s) as e(lead_id uuid, submission_count int, interest text,
              category text, region text, region_code int, cost_minor bigint, at timestamptz,
              custom jsonb, valid_until timestamptz)
            where l.id = e.lead_id
            """,
            [dumps([_strengthened_row(e) | {"at": at} for e, at in enquiries])],
        )


def _lead_row(e: Enquiry, at: str) -> tuple[object, ...]:
    opened_at = e.ended.opened_at.isoformat() if e.ended else at
    return (
        e.lead_id.hex,
        e.contact_id.hex,
        e.source_id,
        e.category,
        e.region,
        e.region_code,
        e.interest,
        e.submission_count,
        e.cost_minor,
        opened_at,
        opened_at,
        e.ended and e.ended.ended_at.isoformat(),
        e.ended is not None,
        as_id(e.follows),
        as_id(e.person_id),
        dumps(e.custom) if e.custom else "{}",
        e.valid_until and e.valid_until.isoformat(),
    )


def _strengthened_row(e: Enquiry) -> dict[str, object]:
    return {
        "lead_id": e.lead_id,
        "submission_count": e.submission_count,
        "interest": e.interest,
        "category": e.category,
        "region": e.region,
        "region_code": e.region_code,
        "cost_minor": e.cost_minor,
        "custom": e.custom,
        "valid_until": e.valid_until,
    }


def _events(e: Enquiry) -> Iterable[Event]:
    if e.follows:
        yield LeadLapsed(e.follows, e.lead_id)
    if e.is_new:
        yield LeadOpened(e.lead_id, e.contact_id, e.source_id)
    first = e.submission_count - len(e.repeats) + 1
    for count, repeat in enumerate(e.repeats, first):
        yield LeadStrengthened(e.lead_id, repeat.submission_id, count)
