"""Who may be the same person: candidates by hashed keys and indexes, then the rules of `likeness`.

A fixed number of statements, however many submissions are looked at. It reads; `belt/suspecting.py` keeps.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from clew.base.bulk import as_array
from clew.base.json import dumps
from clew.base.sealing import SealBroken, lookup, unseal
from clew.capture.queries import open_body
from clew.capture.schemas import LeadIn
from clew.capture.ways import normal_phone
from clew.contacts.likeness import AT_LEAST, Face, keys, numbers_in, reasons, score

PARTNERS = 30  # at most so many candidates of one contact: a key that many share tells little
WROTE = """
select s.id, coalesce(r.contact_id, l.contact_id), s.body
from capture_submission s left join contacts_repeat r on r.submission_id = s.id
join contacts_lead l on l.id = coalesce(r.lead_id, s.id) where s.id = any(%s::uuid[])
"""
FACES = """
select c.id, coalesce(c.own_name, c.name), coalesce(c.own_company, c.company),
  coalesce(c.survivor_id, c.id), i.kind, i.digest, i.sealed
from contacts_contact c left join contacts_identifier i on i.contact_id = c.id
where c.id = any(%s::uuid[]) order by c.id, i.id
"""
CANDIDATES = """
select k.id, t.contact_id, t.digests
from json_to_recordset(%(keys)s) as k(id uuid, digests bigint[])
cross join lateral (select t.contact_id, t.digests from contacts_trait t
  where t.digests && k.digests and t.contact_id <> k.id limit %(most)s) t
"""
OWNERS = """
select m.id, i.contact_id from json_to_recordset(%s) as m(id uuid, digest text)
join contacts_identifier i on i.kind = 'phone' and i.digest = decode(m.digest, 'hex')
where i.contact_id <> m.id
"""
OVERLAPS = """
select coalesce(r.contact_id, l.contact_id), i.contact_id
from contacts_overlap o left join contacts_repeat r on r.submission_id = o.submission_id
join contacts_lead l on l.id = coalesce(r.lead_id, o.submission_id)
join contacts_identifier i on i.kind = o.kind and i.digest = o.digest
where o.submission_id = any(%s::uuid[])
"""

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Found:
    """Two contacts that may be one person. `first` has the smaller id."""

    first: UUID
    second: UUID
    reasons: list[str]
    score: int


@dataclass(slots=True)
class Known:
    """A contact with what it is found by; `numbers` are hashes of its own, `mentions` of those it wrote."""

    face: Face
    person_id: UUID
    numbers: set[int] = field(default_factory=set)
    mentions: dict[int, bytes] = field(default_factory=dict)
    stored: list[int] = field(default_factory=list)
    sought: list[int] = field(default_factory=list)

    def hash(self) -> None:
        """Hash by what it is found and what it looks for: once, since that is most of the work."""
        by_text = keys(self.face)
        hashes = {key: _short(lookup(key, "trait")) for key in by_text.stored | by_text.sought}
        self.stored = sorted({hashes[key] for key in by_text.stored} | self.mentions.keys())
        self.sought = sorted({hashes[key] for key in by_text.sought} | self.numbers)


def seek(submission_ids: Collection[UUID]) -> list[Found]:
    """Find people whom the senders of these submissions may be as well, whether that is kept or not."""
    return partners(senders(submission_ids), submission_ids)


def partners(known: Mapping[UUID, Known], submission_ids: Collection[UUID]) -> list[Found]:
    """Find whom these contacts may be, among all that are kept."""
    told: dict[Pair, set[str]] = defaultdict(set)
    pairs = _candidates(known, told)
    for one, other in _pairs(OWNERS, dumps(_mentions(known))):
        told[_pair(one, other)].add("number_elsewhere")
    for one, other in _pairs(OVERLAPS, as_array(submission_ids)):
        told[_pair(one, other)].add("overlap")
    pairs |= told.keys()
    others = {id_ for pair in pairs for id_ in pair} - known.keys()
    everybody = {**known, **_faces(others)}
    judged = (_judged(pair, told.get(pair, set()), everybody) for pair in sorted(pairs))
    return [found for found in judged if found]


def senders(submission_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Open what these submissions say, and who sent them."""
    with connection.cursor() as cursor:
        cursor.execute(WROTE, [as_array(submission_ids)])
        wrote = cursor.fetchall()
    known = _faces({contact_id for _, contact_id, _ in wrote})
    for submission_id, contact_id, sealed in wrote:
        one = known.get(contact_id)
        if one is None:
            continue
        try:
            given = open_body(submission_id, bytes(sealed)).lead
        except SealBroken:
            continue
        for number in map(normal_phone, numbers_in(_texts(given))):
            if number and number not in one.face.phones:
                digest = lookup(number, "phone")
                one.mentions[_short(digest)] = digest
    for one in known.values():
        one.hash()
    return known


def _texts(given: LeadIn) -> Iterable[str]:
    yield from (given.name, given.company, given.message, given.wechat)
    yield from (v for v in (*given.answers.values(), *given.extra.values()) if isinstance(v, str))


def _faces(contact_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Open what is known of contacts; a way whose key is gone tells nothing."""
    rows: dict[UUID, list[tuple[str, str, UUID, str | None, bytes, bytes]]] = defaultdict(list)
    if contact_ids:
        with connection.cursor() as cursor:
            cursor.execute(FACES, [as_array(contact_ids)])
            for contact_id, *row in cursor.fetchall():
                rows[contact_id].append(tuple(row))
    return {contact_id: _known(contact_id, found) for contact_id, found in rows.items()}


def _known(
    contact_id: UUID, found: Sequence[tuple[str, str, UUID, str | None, bytes, bytes]]
) -> Known:
    values: dict[str, set[str]] = {"phone": set(), "email": set()}
    numbers = set()
    for *_, kind, digest, sealed in found:
        if kind is None or kind == "wechat":
            continue
        if kind == "phone":
            numbers.add(_short(bytes(digest)))
        try:
            values[kind].add(unseal(bytes(sealed), b"identifier:" + contact_id.bytes).decode())
        except SealBroken:
            continue
    name, company, person_id = found[0][:3]
    face = Face(name, company, frozenset(values["phone"]), frozenset(values["email"]))
    return Known(face, person_id, numbers)


def _candidates(known: Mapping[UUID, Known], told: dict[Pair, set[str]]) -> set[Pair]:
    """Find who has a key in common; whose own number somebody else wrote is told at once."""
    rows = [{"id": id_, "digests": one.sought} for id_, one in known.items() if one.sought]
    pairs = set()
    with connection.cursor() as cursor:
        # the index, whatever a limit seems to save
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(CANDIDATES, {"keys": dumps(rows), "most": PARTNERS})
        for one, other, digests in cursor.fetchall():
            pairs.add(_pair(one, other))
            if not known[one].numbers.isdisjoint(digests):
                told[_pair(one, other)].add("number_elsewhere")
    return pairs


def _mentions(known: Mapping[UUID, Known]) -> list[dict[str, object]]:
    return [
        {"id": id_, "digest": digest.hex()}
        for id_, one in known.items()
        for digest in one.mentions.values()
    ]


def _pairs(sql: str, given: str) -> list[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [given])
        return [(one, other) for one, other in cursor.fetchall() if one != other]


def _judged(pair: Pair, told: set[str], everybody: Mapping[UUID, Known]) -> Found | None:
    one, other = (everybody.get(id_) for id_ in pair)
    if one is None or other is None or one.person_id == other.person_id:
        return None
    why = sorted(told | set(reasons(one.face, other.face)))
    likely = score(why)
    return Found(*pair, why, likely) if likely >= AT_LEAST else None


def _pair(one: UUID, other: UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def _short(digest: bytes) -> int:
    return int.from_bytes(digest[:8], signed=True)
