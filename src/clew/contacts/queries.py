"""Reading who it is."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.sealing import lookup, unseal
from clew.capture.ways import normal_phone, ways
from clew.contacts.errors import Unreachable
from clew.contacts.models import Contact, Identifier, Lead
from clew.contacts.rules import FACTS, mask


def identifiers(lead: Lead) -> list[Identifier]:
    """Give the ways of reaching a lead's contact, and whoever it was merged with, oldest first."""
    return list(Identifier.objects.filter(contact__in=same_person(lead)).order_by("id"))


def same_person(lead: Lead) -> list[UUID]:
    """Give the contact of a lead, and all that are the same person."""
    if lead.person_id is None:
        absorbed = Contact.objects.filter(survivor=lead.contact_id)
        return [lead.contact_id, *absorbed.values_list("pk", flat=True)]
    group = Contact.objects.filter(Q(pk=lead.person_id) | Q(survivor=lead.person_id))
    return list(group.values_list("pk", flat=True))


def roots(contact_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Give for each contact the one that stands for the person: itself, or the survivor of its merges."""
    found = Contact.objects.filter(pk__in=list(contact_ids))
    return dict(found.annotate(root=Coalesce("survivor", "pk")).values_list("pk", "root"))


def masked(identifier: Identifier) -> str:
    """Give what may be shown to anybody who sees the lead. Raises SealBroken."""
    return mask(identifier.kind, value(identifier))


def value(identifier: Identifier) -> str:
    """Unseal the full value: only for actions that record who looked. Raises SealBroken."""
    return unseal(bytes(identifier.sealed), b"identifier:" + identifier.contact_id.bytes).decode()


def contacts_by_number(text: str) -> list[UUID]:
    """Find contacts by a full phone number or by its last four digits, and who is the same person."""
    if len(text) == 4 and text.isdigit():
        found = Identifier.objects.filter(tail=lookup(text, "tail"))
    else:
        number = normal_phone(text)
        found = Identifier.objects.filter(kind="phone", digest=lookup(number or "", "phone"))
    ids = list(found.values_list("contact_id", flat=True)[:200])
    persons = set(roots(ids).values())
    merged = Contact.objects.filter(
        Q(survivor__in=persons) | Q(pk__in=persons, absorbed__isnull=False)
    )
    return list({*ids, *merged.values_list("pk", flat=True)})


def contacts_by_way(*, phone: str, email: str, wechat: str) -> list[UUID]:
    """Find contacts by full ways of reaching them. Raises Unreachable where nothing given is one."""
    given = ways(phone, email, wechat)
    if not given:
        raise Unreachable
    sought = Q()
    for way in given:
        sought |= Q(kind=way.kind, digest=lookup(way.value, way.kind))
    return list(Identifier.objects.filter(sought).values_list("contact_id", flat=True).distinct())


def same_people(contact_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Give by the contact that stands for each the people whom contacts belong to, with all their contacts."""
    persons = set(roots(contact_ids).values())
    groups: dict[UUID, list[UUID]] = {root: [] for root in persons}
    members = Contact.objects.filter(Q(pk__in=persons) | Q(survivor__in=persons)).order_by("pk")
    named = members.annotate(root=Coalesce("survivor", "pk"))
    for contact_id, root in named.values_list("pk", "root"):
        groups[root].append(contact_id)
    return groups


# one by one along the indexes, whatever was counted of the tables
WITH_OPEN_LEAD = """
select i.kind, i.digest
from json_to_recordset(%s) as k(kind text, digest text)
join contacts_identifier i on i.kind = k.kind and i.digest = decode(k.digest, 'hex')
join contacts_contact c on c.id = i.contact_id
cross join lateral (select from contacts_lead l where l.ended_at is null
  and coalesce(l.person_id, l.contact_id) = coalesce(c.survivor_id, c.id) limit 1) l
"""


def with_open_lead(keys: Iterable[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
    """Give those of the keys, kind and digest, whose contact has an open lead."""
    rows = [{"kind": kind, "digest": digest.hex()} for kind, digest in set(keys)]
    with connection.cursor() as cursor:
        cursor.execute(WITH_OPEN_LEAD, [dumps(rows)])
        return frozenset((kind, bytes(digest)) for kind, digest in cursor.fetchall())


BECAME = """
select s.id,
  case when l.id is not null then 'new' when r.lead_id is not null then 'strengthened'
    else 'error' end,
  coalesce(case when l.id is null and r.lead_id is null then f.code end, '')
from unnest(%s::uuid[]) as s(id)
left join contacts_lead l on l.id = s.id
left join contacts_repeat r on r.submission_id = s.id
left join capture_failure f on f.submission_id = s.id and f.settled_at is null
where l.id is not null or r.lead_id is not null or f.code is not null
"""


def became(submission_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Tell what the belt made of submissions: new, strengthened, or error with its code.

    Those that it has not handled yet are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(BECAME, [as_array(submission_ids)])
        return {id_: (verdict, code) for id_, verdict, code in cursor.fetchall()}


def facts_of(lead: Lead) -> dict[str, str]:
    """Give what a lead is about and where it is from, as it holds them."""
    return {fact: getattr(lead, fact) for fact in FACTS}
