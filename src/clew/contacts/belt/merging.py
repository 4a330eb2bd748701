"""Two contacts become one person, and are two again.

A merge moves nothing: contacts, ways and leads keep whose they are and point to the survivor. Whatever
comes while it stands strengthens the person's one open lead and keeps who sent it, so that taking the
merge apart can send it where it would have gone. The caller keeps the belt still.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from clew.base.bulk import as_array
from clew.base.ids import uuid7
from clew.base.json import dumps
from clew.base.ledger import Actor, Event, append, append_all
from clew.capture.queries import open_body
from clew.contacts.belt.forgetting import ARRIVALS, revive, unlink
from clew.contacts.belt.identifying import (
    Arrival,
    Enquiry,
    Person,
    keyed,
    meet,
    opened,
    strengthen,
    write_strengthened,
)
from clew.contacts.belt.recalling import recall
from clew.contacts.errors import (
    AlreadyMerged,
    ChoiceUnknown,
    ContactMissing,
    MergeMissing,
    MergeUndone,
    MergeWithItself,
)
from clew.contacts.events import (
    ContactsMerged,
    LeadAbsorbed,
    MergeTakenApart,
    MessageMoved,
    MessageReturned,
)
from clew.contacts.lettering import letters
from clew.contacts.models import Contact, Lead, Merge, Suspect
from clew.contacts.rules import under

MERGING = Actor("system", "merge")
SIDES = ("contact", "survivor")
FIELDS = ("name", "company")
POINTED = """
update contacts_contact set survivor_id = nullif(%(root)s, id)
where id = any(%(ids)s::uuid[]);
update contacts_lead set person_id = nullif(%(root)s, contact_id)
where contact_id = any(%(ids)s::uuid[])
"""
NAMED = """
update contacts_contact set own_name = coalesce(own_name, name),
  own_company = coalesce(own_company, company), name = %(name)s, company = %(company)s,
  initials = %(initials)s, pairs = %(pairs)s
where id = any(%(ids)s::uuid[])
"""
MESSAGES = """
select r.submission_id, r.lead_id, coalesce(r.contact_id, l.contact_id), r.at
from contacts_repeat r join contacts_lead l on l.id = r.lead_id
where l.contact_id = any(%s::uuid[]) order by r.at, r.submission_id
"""
SUSPECTED = """
update contacts_suspect set state = %(state)s, settled_at = %(at)s
where state = any(%(from)s)
  and ((first_id = any(%(one)s::uuid[]) and second_id = any(%(other)s::uuid[]))
    or (second_id = any(%(one)s::uuid[]) and first_id = any(%(other)s::uuid[])))
"""
FIRSTS = """
select l.id, l.id, l.contact_id, l.opened_at from contacts_lead l
where l.contact_id = any(%s::uuid[]) order by l.opened_at, l.id
"""
SENT_ON = """
update contacts_repeat r set lead_id = n.lead_id, contact_id = nullif(n.sender_id, l.contact_id)
from json_to_recordset(%s) as n(submission_id uuid, lead_id uuid, sender_id uuid)
join contacts_lead l on l.id = n.lead_id where r.submission_id = n.submission_id
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose name and company are kept: of the `contact` that goes, or of the `survivor`."""

    name: str = "survivor"
    company: str = "survivor"


@dataclass(frozen=True, slots=True)
class Party:
    """A contact that stands for itself, and all that were merged into it."""

    contact: Contact
    members: list[UUID]


@dataclass(frozen=True, slots=True)
class Apart:
    """A merge about to be taken apart, and the two people that it leaves: root and members of each."""

    merge: Merge
    sides: tuple[tuple[UUID, set[UUID]], tuple[UUID, set[UUID]]]

    @property
    def members(self) -> set[UUID]:
        """All contacts of the merged person."""
        return self.sides[0][1] | self.sides[1][1]

    def side_of(self, contact_id: UUID) -> UUID:
        """Whom a contact belongs to afterwards."""
        return next(root for root, members in self.sides if contact_id in members)


@dataclass(frozen=True, slots=True)
class _Message:
    submission_id: UUID
    lead_id: UUID
    sender_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """What leads have become whose messages changed, and which submissions go along the belt again."""

    left: list[Enquiry]
    again: list[UUID]


def parties(contact_id: UUID, survivor_id: UUID) -> tuple[Party, Party]:
    """Lock the leads of two people, then the people, each in the order of ids.

    Raises MergeWithItself, ContactMissing, AlreadyMerged.
    """
    if contact_id == survivor_id:
        raise MergeWithItself
    both = [contact_id, survivor_id]
    concerned = Contact.objects.filter(Q(pk__in=both) | Q(survivor__in=both))
    _lock(list(concerned.values_list("pk", flat=True)))
    found = {c.pk: c for c in concerned.order_by("pk").select_for_update(no_key=True)}
    if contact_id not in found or survivor_id not in found:
        raise ContactMissing
    if found[contact_id].survivor_id == survivor_id or found[survivor_id].survivor_id == contact_id:
        raise MergeWithItself
    if found[contact_id].survivor_id or found[survivor_id].survivor_id:
        raise AlreadyMerged
    gone, kept = (
        Party(found[id_], [c.pk for c in found.values() if id_ in {c.pk, c.survivor_id}])
        for id_ in both
    )
    return gone, kept


def merge(
    gone: Party,
    kept: Party,
    choice: Choice,
    closed_lead: UUID | None,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Merge:
    """Let a person point to another, and show both by what was chosen. Raises ChoiceUnknown.

    The younger of two open leads has been closed before.
    """
    chosen = {field: getattr(choice, field) for field in FIELDS}
    if not set(chosen.values()) <= set(SIDES):
        raise ChoiceUnknown
    values = {field: _value(gone, kept, field, whose) for field, whose in chosen.items()}
    made = Merge.objects.create(
        id=uuid7(),
        contact=gone.contact,
        survivor=kept.contact,
        chosen=chosen,
        reason=reason,
        closed_lead_id=closed_lead,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        **values,
    )
    everybody = as_array(gone.members + kept.members)
    with connection.cursor() as cursor:
        cursor.execute(POINTED, {"root": kept.contact.pk, "ids": as_array(gone.members)})
        cursor.execute(NAMED, {"ids": everybody, **values, **letters(**values)})
    _suspect(gone.members, kept.members, Suspect.State.MERGED, now)
    happened = ContactsMerged(
        gone.contact.pk, kept.contact.pk, made.pk, chosen, reason, closed_lead
    )
    append(happened, actor=actor, at=now)
    return made


def _value(gone: Party, kept: Party, field: str, whose: str) -> str:
    """The chosen one's, or the other's where that is empty."""
    first, second = (gone, kept) if whose == "contact" else (kept, gone)
    return str(getattr(first.contact, field) or getattr(second.contact, field))


def look_apart(merge_id: UUID) -> Apart:
    """Lock what a merge holds together, leads first, and see whom it leaves.

    Raises MergeMissing, MergeUndone.
    """
    made = Merge.objects.filter(pk=merge_id).first()
    if made is None:
        raise MergeMissing
    if made.undone_at:
        raise MergeUndone
    root = Contact.objects.annotate(root=Coalesce("survivor", "pk")).get(pk=made.contact_id).root
    group = Contact.objects.filter(Q(pk=root) | Q(survivor=root))
    ids = list(group.values_list("pk", flat=True))
    _lock(ids)
    list(group.order_by("pk").select_for_update(no_key=True))
    links = _links(ids)
    gone = under(made.contact_id, links)
    return Apart(made, ((made.contact_id, gone), (root, set(ids) - gone)))


def _lock(contact_ids: list[UUID]) -> None:
    leads = Lead.objects.filter(contact__in=contact_ids).order_by("pk")
    list(leads.select_for_update().values_list("pk", flat=True))


def _links(contact_ids: list[UUID]) -> list[tuple[UUID, UUID]]:
    standing = Merge.objects.filter(contact__in=contact_ids, undone_at=None)
    return list(standing.values_list("contact_id", "survivor_id"))


def part(seen: Apart, *, actor: Actor, now: datetime) -> None:
    """Let both people stand for themselves again."""
    Merge.objects.filter(pk=seen.merge.pk).update(undone_at=now)
    with connection.cursor() as cursor:
        for root, members in seen.sides:
            cursor.execute(POINTED, {"root": root, "ids": as_array(members)})
    _suspect(seen.sides[0][1], seen.sides[1][1], Suspect.State.OPEN, None)
    made = seen.merge
    append(MergeTakenApart(made.contact_id, made.survivor_id, made.pk), actor=actor, at=now)


def _suspect(
    one: Iterable[UUID], other: Iterable[UUID], state: Suspect.State, at: datetime | None
) -> None:
    """Settle what was suspected of two people, or open what this merge had settled."""
    earlier = ["merged"] if state == Suspect.State.OPEN else ["open", "different"]
    values = {"state": state.value, "at": at, "from": earlier}
    with connection.cursor() as cursor:
        cursor.execute(SUSPECTED, {**values, "one": as_array(one), "other": as_array(other)})


def take_in(absorbed: Mapping[UUID, UUID], now: datetime) -> dict[UUID, datetime]:
    """Make leads messages of others, as which they would have come without the merge.

    Their grades, places and clocks are gone already. Gives the leads that had lapsed for their sake and
    are open again, and since when they had.
    """
    lapsed = unlink(list(absorbed))
    rows = [{"id": id_, "into": into} for id_, into in absorbed.items()]
    Merge.objects.filter(closed_lead__in=list(absorbed)).update(closed_lead=None)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update contacts_repeat r set lead_id = n.into, contact_id =
              nullif(coalesce(r.contact_id, o.contact_id), l.contact_id)
            from json_to_recordset(%s) as n(id uuid, "into" uuid)
            join contacts_lead o on o.id = n.id join contacts_lead l on l.id = n.into
            where r.lead_id = n.id
            """,
            [dumps(rows)],
        )
        cursor.execute(
            """
            insert into contacts_repeat (submission_id, lead_id, at, contact_id)
            select n.id, n.into, s.received_at, nullif(o.contact_id, l.contact_id)
            from json_to_recordset(%s) as n(id uuid, "into" uuid)
            join contacts_lead o on o.id = n.id join contacts_lead l on l.id = n.into
            join capture_submission s on s.id = n.id
            """,
            [dumps(rows)],
        )
        cursor.execute("delete from contacts_lead where id = any(%s::uuid[])", [as_array(absorbed)])
    append_all([LeadAbsorbed(*pair) for pair in absorbed.items()], actor=MERGING, at=now)
    return revive({id_: at for id_, at in lapsed.items() if id_ not in absorbed.values()})


def send_back(seen: Apart, absorbed: Mapping[UUID, UUID], now: datetime) -> Returned:
    """Let every message that came while the merge stood go to an open lead of whoever sent it.

    It goes along the belt again where there is none; what strengthened a lead that is over stays there
    unless its sender's lead was open then.
    """
    messages = _messages(MESSAGES, seen.members)
    leads = {lead.pk: lead for lead in Lead.objects.filter(contact__in=seen.members)}
    homes = {seen.side_of(lead.contact_id): lead for lead in leads.values() if not lead.ended_at}
    moved: list[tuple[_Message, Lead]] = []
    again: list[_Message] = []
    for message in messages:
        now_with, side = leads[message.lead_id], seen.side_of(message.sender_id)
        if side == seen.side_of(now_with.contact_id):
            continue
        home = homes.get(side)
        if home and home.opened_at <= message.at:
            moved.append((message, home))
        elif now_with.ended_at is None:
            again.append(message)
    _write_moved(moved, again)
    append_all(list(_moves(moved, again)), actor=MERGING, at=now)
    changed = {lead.pk for _, lead in moved} | {m.lead_id for m, _ in moved}
    changed |= {m.lead_id for m in again} | set(absorbed.values())
    return Returned(_fold(changed, seen), [m.submission_id for m in again])


def _messages(sql: str, contact_ids: Iterable[UUID]) -> list[_Message]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [as_array(contact_ids)])
        return [_Message(*row) for row in cursor.fetchall()]


def _write_moved(moved: Sequence[tuple[_Message, Lead]], again: Sequence[_Message]) -> None:
    rows = [
        {"submission_id": m.submission_id, "lead_id": lead.pk, "sender_id": m.sender_id}
        for m, lead in moved
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.execute(SENT_ON, [dumps(rows)])
        if again:
            cursor.execute(
                "delete from contacts_repeat where submission_id = any(%s::uuid[])",
                [as_array(m.submission_id for m in again)],
            )


def _moves(moved: Sequence[tuple[_Message, Lead]], again: Sequence[_Message]) -> Iterable[Event]:
    for message, home in moved:
        yield MessageMoved(message.lead_id, message.submission_id, home.pk)
        yield MessageReturned(home.pk, message.submission_id, message.lead_id)
    for message in again:
        yield MessageMoved(message.lead_id, message.submission_id, None)


def _fold(lead_ids: Iterable[UUID], seen: Apart) -> list[Enquiry]:
    """Write what leads have become by the messages that they have now."""
    wanted = set(lead_ids)
    everything = _messages(FIRSTS, seen.members) + _messages(MESSAGES, seen.members)
    kept = [m for m in everything if m.lead_id in wanted]
    arrivals = _arrivals(m.submission_id for m in kept)
    enquiries: dict[UUID, tuple[Enquiry, list[datetime]]] = {}
    for message in kept:
        arrival = arrivals[message.submission_id]
        body = open_body(arrival.submission_id, arrival.body)
        person = Person(message.sender_id, is_new=False)
        met = meet(person, arrival, body, keyed(body.lead))
        if message.lead_id in enquiries:
            strengthen(enquiries[message.lead_id][0], met)
        else:
            enquiries[message.lead_id] = opened(met), []
        enquiries[message.lead_id][1].append(message.at)
    if enquiries:
        recall(enquiries.values())
        write_strengthened([(enquiry, times[-1]) for enquiry, times in enquiries.values()])
    return [enquiry for enquiry, _ in enquiries.values()]


def _arrivals(submission_ids: Iterable[UUID]) -> dict[UUID, Arrival]:
    with connection.cursor() as cursor:
        cursor.execute(ARRIVALS, [as_array(submission_ids)])
        return {row[0]: Arrival(*row) for row in cursor.fetchall()}


def rename(seen: Apart) -> None:
    """Show each of the two people by what they had before, or by what other merges that stand chose."""
    for _, members in seen.sides:
        standing = Merge.objects.filter(contact__in=members, undone_at=None).order_by("at", "pk")
        last = standing.last()
        if last is None:
            (alone,) = members
            _restore_names(alone)
        else:
            names = {"name": last.name, "company": last.company}
            Contact.objects.filter(pk__in=members).update(**names, **letters(**names))


def _restore_names(contact_id: UUID) -> None:
    contact = Contact.objects.get(pk=contact_id)
    names = {"name": contact.own_name or "", "company": contact.own_company or ""}
    if not all(names.values()):
        names = {**_told(contact_id), **{field: v for field, v in names.items() if v}}
    Contact.objects.filter(pk=contact_id).update(
        **names, **letters(**names), own_name=None, own_company=None
    )


def _told(contact_id: UUID) -> dict[str, str]:
    """What a contact called themselves first, in all that they sent."""
    person = Person(contact_id, is_new=False)
    own = _messages(FIRSTS, [contact_id]) + _sent_by(contact_id)
    arrivals = _arrivals(m.submission_id for m in own)
    for message in sorted(own, key=lambda m: (m.at, m.submission_id)):
        arrival = arrivals[message.submission_id]
        meet(person, arrival, open_body(arrival.submission_id, arrival.body), [])
    return {"name": person.name, "company": person.company}


def _sent_by(contact_id: UUID) -> list[_Message]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select r.submission_id, r.lead_id, %(id)s::uuid, r.at from contacts_repeat r
            where r.contact_id = %(id)s or r.contact_id is null and r.lead_id in
              (select id from contacts_lead where contact_id = %(id)s)
            """,
            {"id": contact_id},
        )
        return [_Message(*row) for row in cursor.fetchall()]
