"""The belt's first step, backwards: leads and contacts as if some submissions had never come.

`look` says what can go and what must stay, `forget` makes it so. What stays is folded anew from the
submissions that stay, by what the belt itself opens and strengthens leads with.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.ledger import UNDO, append_all
from clew.base.sealing import seal
from clew.capture.queries import open_body
from clew.capture.schemas import Body
from clew.contacts.belt.identifying import (
    Arrival,
    Enquiry,
    Key,
    Keyed,
    Person,
    keyed,
    meet,
    opened,
    strengthen,
    write_strengthened,
)
from clew.contacts.belt.recalling import recall
from clew.contacts.events import LapseUndone, LeadUndone, StrengtheningUndone
from clew.contacts.models import Identifier
from clew.contacts.queries import value

# Everything that the contacts of some submissions ever sent, in the order in which the belt took it.
SENT = """
with concerned as (
  select contact_id from contacts_lead where id = any(%(ids)s::uuid[])
  union select l.contact_id from contacts_repeat r join contacts_lead l on l.id = r.lead_id
    where r.submission_id = any(%(ids)s::uuid[])
), sent as (
  select l.contact_id, l.id as lead_id, l.id as submission_id, l.opened_at as at
  from contacts_lead l where l.contact_id in (table concerned)
  union all
  select l.contact_id, l.id, r.submission_id, r.at
  from contacts_lead l join contacts_repeat r on r.lead_id = l.id
  where l.contact_id in (table concerned))
select s.contact_id, s.lead_id, s.submission_id, coalesce(e.at, s.at) as taken_at
from sent s left join lateral (select min(e.at) as at from base_entry e
  where e.subject = s.lead_id and (
    (s.submission_id = s.lead_id and e.name = 'LeadOpened')
    or (e.name = 'LeadStrengthened' and e.data ->> 'submission_id' = s.submission_id::text))) e on true
order by s.contact_id, taken_at, s.submission_id
"""
ARRIVALS = """
select s.id, s.source_id, o.is_online, o.kind, s.cost_minor, s.received_at, s.body, s.occurred_at,
  s.channel = 'history'
from capture_submission s join capture_source o on o.id = s.source_id where s.id = any(%s::uuid[])
"""
OWNERS = """
select i.kind, i.digest, i.contact_id
from json_to_recordset(%s) as k(kind text, digest text)
join contacts_identifier i on i.kind = k.kind and i.digest = decode(k.digest, 'hex')
"""
OVERLAPS = """
select i.contact_id, i.kind, i.digest, o.at, o.submission_id, l.contact_id
from contacts_identifier i join contacts_overlap o on o.digest = i.digest and o.kind = i.kind
left join contacts_repeat r on r.submission_id = o.submission_id
join contacts_lead l on l.id = coalesce(r.lead_id, o.submission_id)
where i.contact_id = any(%s::uuid[]) order by o.at desc, o.submission_id desc
"""
STRIPPED = """
delete from contacts_identifier i where contact_id = any(%s::uuid[]) and not exists (
  select from json_to_recordset(%s) as k(contact_id uuid, kind text, digest text)
  where k.contact_id = i.contact_id and k.kind = i.kind and decode(k.digest, 'hex') = i.digest)
"""
OVERLAPPED = """
insert into contacts_overlap (submission_id, kind, digest, at)
select n.submission_id, n.kind, decode(n.digest, 'hex'), n.at
from json_to_recordset(%s) as n(submission_id uuid, kind text, digest text, at timestamptz)
where not exists (select from contacts_overlap o where o.submission_id = n.submission_id
  and o.kind = n.kind and o.digest = decode(n.digest, 'hex'))
"""
RENAMED = """
update contacts_contact c set name = p.name, company = p.company, initials = p.initials,
  pairs = p.pairs, created_at = p.created_at
from json_to_recordset(%s) as p(id uuid, name text, company text, initials text, pairs int[],
  created_at timestamptz)
where c.id = p.id
"""
LINKS = """
select id, follows_id, opened_at from contacts_lead where id = any(%(ids)s::uuid[])
union select id, follows_id, opened_at from contacts_lead where follows_id = any(%(ids)s::uuid[])
"""
RELINKED = """
update contacts_lead l set follows_id = n.follows_id
from json_to_recordset(%s) as n(id uuid, follows_id uuid) where l.id = n.id
"""
REVIVED = """
update contacts_lead l set ended_at = null
from json_to_recordset(%s) as n(id uuid, at timestamptz)
where l.id = n.id and l.ended_at = n.at and not exists (
  select from contacts_lead o where o.ended_at is null
    and coalesce(o.person_id, o.contact_id) = coalesce(l.person_id, l.contact_id))
returning l.id
"""
MERGED = """
select id from contacts_contact where id = any(%(ids)s::uuid[]) and survivor_id is not null
union select survivor_id from contacts_contact where survivor_id = any(%(ids)s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission of a contact, the lead that it opened or strengthened, and when the belt took it."""

    contact_id: UUID
    lead_id: UUID
    submission_id: UUID
    taken_at: datetime

    @property
    def is_first(self) -> bool:
        """Tell whether it opened the lead."""
        return self.submission_id == self.lead_id


@dataclass(frozen=True, slots=True)
class Opened:
    """A submission that stays, with its body and the ways of reaching somebody that it gives."""

    sent: Sent
    arrival: Arrival
    body: Body
    found: list[Keyed]


@dataclass(slots=True)
class Sender:
    """A contact: what goes of what it sent, and what stays, opened."""

    contact_id: UUID
    going: list[Sent]
    staying: list[Sent]
    opened: list[Opened] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Left:
    """A contact that lives on: who it is by what stays, since when, and what its leads have become."""

    person: Person
    met_at: datetime
    keys: set[Key]
    leads: list[tuple[Enquiry, list[datetime]]]


@dataclass(frozen=True, slots=True)
class Look:
    """What can be undone, and why the rest stays, by submission."""

    senders: list[Sender]
    removed: list[UUID]  # leads that vanish
    weakened: list[Sent]  # submissions that had strengthened a lead which lives on
    heirs: dict[Key, UUID]  # ways that go to another contact, which gave them next
    kept: dict[UUID, str]

    @property
    def going(self) -> list[UUID]:
        """Submissions that will be as if they had never come."""
        return [sent.submission_id for sender in self.senders for sent in sender.going]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What the weakened leads have become, and which leads are open again since when they had lapsed."""

    left: list[Enquiry]
    revived: dict[UUID, datetime]


def sent_with(submission_ids: Sequence[UUID]) -> list[Sent]:
    """Give all that was ever sent by whoever sent these, contact by contact, in order."""
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"ids": as_array(submission_ids)})
        return [Sent(*row) for row in cursor.fetchall()]


def lock(lead_ids: Iterable[UUID]) -> list[UUID]:
    """Lock leads in the order of their ids, as whoever may delete them. Gives those that are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from contacts_lead where id = any(%s::uuid[]) order by id for update",
            [as_array(lead_ids)],
        )
        return [lead_id for (lead_id,) in cursor.fetchall()]


def look(sent: Sequence[Sent], undone: Collection[UUID], worked_on: Collection[UUID]) -> Look:
    """Say which of the `undone` submissions can go.

    A lead stays, and its first submission with it, once somebody worked on it, or somebody wrote again
    by another way. All of a contact stays where later submissions were recognised by what would go,
    and while it is merged with another: take the merge apart first.
    """
    kept: dict[UUID, str] = {}
    senders = []
    merged = _merged({s.contact_id for s in sent})
    for contact_id, group in groupby(sent, key=lambda s: s.contact_id):
        everything = list(group)
        if contact_id in merged:
            kept.update(
                {s.submission_id: "merged" for s in everything if s.submission_id in undone}
            )
            continue
        reasons = _reasons(everything, undone, worked_on)
        kept.update(reasons)
        parted: tuple[list[Sent], list[Sent]] = ([], [])
        for s in everything:
            goes = s.submission_id in undone and s.submission_id not in reasons
            parted[goes].append(s)
        senders.append(Sender(contact_id, going=parted[True], staying=parted[False]))
    senders = [s for s in senders if s.going]
    _open([s for s in senders if s.staying])
    heirs = _heirs(senders, undone)
    senders = _recognised(senders, heirs, kept)
    going = [sent for sender in senders for sent in sender.going]
    removed = [s.lead_id for s in going if s.is_first]
    gone = set(removed)
    weakened = [s for s in going if s.lead_id not in gone]
    owners = {s.contact_id for s in senders}
    inherited = {key: heir for key, (owner, heir) in heirs.items() if owner in owners}
    return Look(senders, removed, weakened, inherited, kept)


def forget(seen: Look, now: datetime) -> Forgotten:
    """Take back leads, strengthenings and contacts, and open again what lapsed for their sake."""
    lapsed = unlink(seen.removed)
    _bequeath(seen.heirs)
    _overlap(seen)
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from contacts_overlap where submission_id = any(%s::uuid[])",
            [as_array(seen.going)],
        )
        cursor.execute(
            "delete from contacts_repeat where submission_id = any(%s::uuid[])",
            [as_array(seen.going)],
        )
        cursor.execute(
            "update contacts_merge set closed_lead_id = null where closed_lead_id = any(%s::uuid[])",
            [as_array(seen.removed)],
        )
        cursor.execute(
            "delete from contacts_lead where id = any(%s::uuid[])", [as_array(seen.removed)]
        )
    _forget_contacts([s.contact_id for s in seen.senders if not s.staying])
    weakened = {s.lead_id for s in seen.weakened}
    left = [_fold(s) for s in seen.senders if s.staying]
    folded = [pair for one in left for pair in one.leads if pair[0].lead_id in weakened]
    recall(folded)
    _write_left(left)
    write_strengthened([(enquiry, times[-1]) for enquiry, times in folded])
    append_all([LeadUndone(lead_id) for lead_id in seen.removed], actor=UNDO, at=now)
    events = [StrengtheningUndone(s.lead_id, s.submission_id) for s in seen.weakened]
    append_all(events, actor=UNDO, at=now)
    revived = revive(lapsed)
    append_all([LapseUndone(lead_id) for lead_id in revived], actor=UNDO, at=now)
    return Forgotten([enquiry for enquiry, _ in folded], revived)


def _merged(contact_ids: Collection[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(MERGED, {"ids": as_array(contact_ids)})
        return {contact_id for (contact_id,) in cursor.fetchall()}


def unlink(removed: Sequence[UUID]) -> dict[UUID, datetime]:
    """Let what stays follow what stays; give the leads that only removed ones follow, and since when."""
    with connection.cursor() as cursor:
        cursor.execute(LINKS, {"ids": as_array(removed)})
        links = {id_: (follows, at) for id_, follows, at in cursor.fetchall()}
        going = set(removed)
        lapsed = {f: at for id_, (f, at) in links.items() if id_ in going and f and f not in going}
        relinked = []
        for id_, (follows, _) in links.items():
            if id_ not in going:
                while follows in going:
                    follows = links[follows][0]  # noqa: PLW2901  up the chain
                lapsed.pop(follows, None)
                relinked.append({"id": id_, "follows_id": follows})
        if relinked:
            cursor.execute(RELINKED, [dumps(relinked)])
    return lapsed


def revive(lapsed: Mapping[UUID, datetime]) -> dict[UUID, datetime]:
    """Open leads again that lapsed at these moments, unless they have been taken up since."""
    if not lapsed:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(REVIVED, [dumps([{"id": id_, "at": at} for id_, at in lapsed.items()])])
        return {id_: lapsed[id_] for (id_,) in cursor.fetchall()}


def _reasons(
    everything: Sequence[Sent], undone: Collection[UUID], worked_on: Collection[UUID]
) -> dict[UUID, str]:
    """Say why submissions that opened a lead stay with it."""
    elsewhere = {s.lead_id for s in everything if s.submission_id not in undone and not s.is_first}
    return {
        s.submission_id: "worked_on" if s.lead_id in worked_on else "strengthened"
        for s in everything
        if s.is_first and s.submission_id in undone
        if s.lead_id in worked_on or s.lead_id in elsewhere
    }


def _recognised(
    senders: list[Sender], heirs: Mapping[Key, tuple[UUID, UUID]], kept: dict[UUID, str]
) -> list[Sender]:
    """Leave out whom later submissions would not have led to without what would go."""
    mixed = [s for s in senders if s.staying]
    owners = _owners({key for s in mixed for o in s.opened for key, _ in o.found})
    owners |= {key: heir for key, (_, heir) in heirs.items()}
    for sender in mixed:
        if not _stands_alone(sender, owners):
            kept.update({s.submission_id: "recognised" for s in sender.going})
            sender.going.clear()
    return [s for s in senders if s.going]


def _heirs(senders: Sequence[Sender], undone: Collection[UUID]) -> dict[Key, tuple[UUID, UUID]]:
    """Find ways that others gave before those who stay: whose each is, and whose it would have been."""
    given: dict[tuple[UUID, Key], tuple[datetime, UUID]] = {}
    for sender in senders:
        for one in reversed(sender.opened):
            moment = one.sent.taken_at, one.sent.submission_id
            given.update({(sender.contact_id, key): moment for key, _ in one.found})
    heirs = {}
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, [as_array(s.contact_id for s in senders)])
        for owner, kind, digest, at, submission_id, heir in cursor.fetchall():
            key = kind, bytes(digest)
            first = given.get((owner, key))
            is_before = first is None or (at, submission_id) < first
            if submission_id not in undone and heir != owner and is_before:
                heirs[key] = owner, heir
    return heirs


def _open(senders: Sequence[Sender]) -> None:
    ids = [sent.submission_id for s in senders for sent in s.staying]
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(ARRIVALS, [as_array(ids)])
        arrivals = {row[0]: Arrival(*row) for row in cursor.fetchall()}
    for sender in senders:
        for sent in sender.staying:
            arrival = arrivals[sent.submission_id]
            body = open_body(arrival.submission_id, arrival.body)
            sender.opened.append(Opened(sent, arrival, body, keyed(body.lead)))


def _owners(keys: Iterable[Key]) -> dict[Key, UUID]:
    rows = [{"kind": kind, "digest": digest.hex()} for kind, digest in keys]
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OWNERS, [dumps(rows)])
        return {(kind, bytes(digest)): contact for kind, digest, contact in cursor.fetchall()}


def _stands_alone(sender: Sender, owners: Mapping[Key, UUID]) -> bool:
    """Tell whether what stays would have made this one contact by itself."""
    known: set[Key] = set()
    for number, one in enumerate(sender.opened):
        keys = [key for key, _ in one.found]
        strange = {key for key in keys if owners.get(key, sender.contact_id) != sender.contact_id}
        led_by = next((key for key in keys if key in known or key in strange), None)
        if (led_by is None) != (number == 0) or led_by in strange:
            return False
        known.update(key for key in keys if key not in strange)
    return True


def _fold(sender: Sender) -> _Left:
    """Let the contact send again what stays."""
    person = Person(sender.contact_id, is_new=False)
    leads: dict[UUID, tuple[Enquiry, list[datetime]]] = {}
    for one in sender.opened:
        met = meet(person, one.arrival, one.body, one.found)
        if one.sent.lead_id in leads:
            strengthen(leads[one.sent.lead_id][0], met)
        else:
            leads[one.sent.lead_id] = opened(met), []
        leads[one.sent.lead_id][1].append(one.sent.taken_at)
    keys = {key for one in sender.opened for key, _ in one.found}
    return _Left(person, sender.opened[0].sent.taken_at, keys, list(leads.values()))


def _write_left(left: Sequence[_Left]) -> None:
    if not left:
        return
    keys = [
        {"contact_id": one.person.contact_id, "kind": kind, "digest": digest.hex()}
        for one in left
        for kind, digest in one.keys
    ]
    persons = [
        {
            "id": one.person.contact_id,
            "name": one.person.name,
            "company": one.person.company,
            **one.person.letters,
            "created_at": one.met_at,
        }
        for one in left
    ]
    with connection.cursor() as cursor:
        cursor.execute(STRIPPED, [as_array(one.person.contact_id for one in left), dumps(keys)])
        cursor.execute(RENAMED, [dumps(persons)])


def _bequeath(heirs: Mapping[Key, UUID]) -> None:
    """Let ways belong to who gave them next; they are sealed for their contact, so sealed anew."""
    for (kind, digest), heir in heirs.items():
        way = Identifier.objects.get(kind=kind, digest=digest)
        sealed = seal(value(way).encode(), b"identifier:" + heir.bytes)
        Identifier.objects.filter(pk=way.pk).update(contact=heir, sealed=sealed)


def _overlap(seen: Look) -> None:
    """Note who still gives a way that now is another's: it comes back when that one is undone."""
    rows = [
        {
            "submission_id": one.sent.submission_id,
            "kind": key[0],
            "digest": key[1].hex(),
            "at": one.sent.taken_at,
        }
        for sender in seen.senders
        for one in sender.opened
        for key, _ in one.found
        if seen.heirs.get(key, sender.contact_id) != sender.contact_id
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(OVERLAPPED, [dumps(rows)])


def _forget_contacts(contact_ids: list[UUID]) -> None:
    ids = as_array(contact_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            delete from contacts_merge
            where contact_id = any(%(ids)s::uuid[]) or survivor_id = any(%(ids)s::uuid[])
            """,
            {"ids": ids},
        )
        cursor.execute(
            """
            delete from contacts_suspect
            where first_id = any(%(ids)s::uuid[]) or second_id = any(%(ids)s::uuid[])
            """,
            {"ids": ids},
        )
        cursor.execute("delete from contacts_trait where contact_id = any(%s::uuid[])", [ids])
        cursor.execute("set local clew.forgetting = 'on'")  # their contacts need not be touched
        cursor.execute("delete from contacts_identifier where contact_id = any(%s::uuid[])", [ids])
        cursor.execute("set local clew.forgetting = 'off'")
        cursor.execute("delete from contacts_contact where id = any(%s::uuid[])", [ids])
