"""Suspected pairs as page and API show them: both sides, why, and what a merge would do.

A fixed number of statements, however many pairs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from clew.access.models import Member, Role
from clew.base.sealing import SealBroken
from clew.contacts.models import Contact, Identifier, Merge, Suspect
from clew.contacts.queries import masked
from clew.contacts.rules import Standing, yields
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.duplicates import Joined, joined, why
from clew.pipeline.wording import short_day
from clew.web.merging import is_contested, standings

PAGE = 20
RECENT = timedelta(days=30)
RECENT_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Held:
    """A lead of one side: since when, with whom."""

    lead_id: UUID
    opened_at: datetime
    where: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two people."""

    contact_id: UUID
    name: str
    company: str
    ways: list[str]
    leads: list[Held]
    since: datetime


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who may be one. `first` is the older and stays the main one unless somebody says so."""

    suspect_id: int
    score: int
    why: list[str]
    first: Side
    second: Side
    outcome: list[str]
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some pairs by score, and the key after which the next page begins."""

    pairs: list[Pair]
    total: int
    after: str


def suspects(viewer: Member) -> QuerySet[Suspect]:
    """The open pairs both of whom the viewer may see."""
    found = Suspect.objects.filter(state=Suspect.State.OPEN)
    if viewer.role == Role.ADMINISTRATOR:
        return found
    mine = visible_leads(viewer)
    return found.filter(
        Exists(mine.filter(contact=OuterRef("first"))),
        Exists(mine.filter(contact=OuterRef("second"))),
    )


def page(viewer: Member, now: datetime, *, only: str = "", after: str = "") -> Page:
    """Give a page of pairs, the likeliest first, or `only` one. `now` is local."""
    found = suspects(viewer).order_by("-score", "-pk")
    total = found.count()
    if only.isdecimal() and len(only) < 18:
        found = found.filter(pk=int(only))
    score, _dot, pk = after.partition(".")
    if score.isdecimal() and pk.isdecimal() and len(after) < 24:
        found = found.filter(Q(score__lt=int(score)) | Q(score=int(score), pk__lt=int(pk)))
    rows = list(found[: PAGE + 1])
    shown = compared(rows[:PAGE], now)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(shown, total, f"{last.score}.{last.pk}" if last else "")


def visible_roots(viewer: Member, groups: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    """Give those of some people of whom the viewer may see an enquiry."""
    root_of = {id_: root for root, group in groups.items() for id_ in group}
    seen = visible_leads(viewer).filter(contact__in=root_of).values_list("contact", flat=True)
    return {root_of[id_] for id_ in seen.distinct()}


def compared(rows: Sequence[Suspect], now: datetime) -> list[Pair]:
    """Give suspected pairs side by side. `now` is local."""
    roots = roots_of(rows)
    people = gather({root for both in roots.values() for root in both})
    return [_pair(suspect, *roots[suspect.pk], people, now) for suspect in rows]


def recent(viewer: Member, now: datetime) -> list[Joined]:
    """The merges of the last days that stand, of people whom the viewer may see."""
    found = Merge.objects.filter(undone_at=None, at__gt=now - RECENT).order_by("-at")
    if viewer.role != Role.ADMINISTRATOR:
        mine = visible_leads(viewer)
        found = found.filter(
            Exists(mine.filter(contact=OuterRef("contact"))),
            Exists(mine.filter(contact=OuterRef("survivor"))),
        )
    return joined(found[:RECENT_AT_MOST])


def roots_of(rows: Iterable[Suspect]) -> dict[int, tuple[UUID, UUID]]:
    """Give the two people behind each pair, the older first; twice the same where they are one by now."""
    pairs = {s.pk: (s.first_id, s.second_id) for s in rows}
    found = Contact.objects.filter(pk__in={id_ for both in pairs.values() for id_ in both})
    stands_for = {c.pk: c.survivor_id or c.pk for c in found}
    since = Contact.objects.filter(pk__in=stands_for.values()).values_list("pk", "created_at")
    age = {pk: (created_at, pk) for pk, created_at in since}
    return {pk: _older_first([stands_for[id_] for id_ in both], age) for pk, both in pairs.items()}


def _older_first(both: list[UUID], age: Mapping[UUID, tuple[datetime, UUID]]) -> tuple[UUID, UUID]:
    first, second = sorted(both, key=lambda id_: age[id_])
    return first, second


@dataclass(frozen=True, slots=True)
class People:
    """What is known of some people, by the contact that stands for each."""

    contacts: dict[UUID, Contact]
    ways: dict[UUID, list[str]]
    leads: dict[UUID, list[Held]]
    standings: dict[UUID, list[Standing]]
    held_by: dict[UUID, int]

    def side(self, root: UUID) -> Side:
        """Give one person."""
        c = self.contacts[root]
        ways, leads = self.ways.get(root, []), self.leads.get(root, [])
        return Side(root, c.name, c.company, ways, leads, c.created_at)

    def open_leads(self, roots: Iterable[UUID]) -> list[Standing]:
        """Give the open leads of one or two people."""
        return [
            one for root in roots for one in self.standings.get(root, []) if one.state == "open"
        ]

    def held(self, lead_id: UUID) -> Held:
        """Give one of the leads."""
        return next(h for leads in self.leads.values() for h in leads if h.lead_id == lead_id)


def gather(roots: Collection[UUID]) -> People:
    """Read all that is shown of some people, and of whoever was merged into them."""
    members = Contact.objects.filter(Q(pk__in=roots) | Q(survivor__in=roots))
    contacts = {c.pk: c for c in members}
    root_of = {c.pk: c.survivor_id or c.pk for c in contacts.values()}
    people = People({root: contacts[root] for root in roots if root in contacts}, {}, {}, {}, {})
    for way in Identifier.objects.filter(contact__in=root_of).order_by("pk"):
        people.ways.setdefault(root_of[way.contact_id], []).append(_shown(way))
    standing = sorted(standings(root_of), key=lambda one: one.opened_at, reverse=True)
    stands = Placement.objects.filter(lead__in=[s.lead_id for s in standing], closed_at=None)
    places = {p.lead_id: p for p in stands.select_related("seat__member", "team")}
    people.held_by.update({id_: p.seat.member_id for id_, p in places.items() if p.seat})
    for one in standing:
        root = root_of[one.contact_id]
        people.standings.setdefault(root, []).append(one)
        if one.lead_id in places:
            held = Held(
                one.lead_id, one.opened_at, _where(places[one.lead_id]), one.state == "open"
            )
            people.leads.setdefault(root, []).append(held)
    return people


def _pair(suspect: Suspect, first: UUID, second: UUID, people: People, now: datetime) -> Pair:
    open_leads = people.open_leads({first, second})
    outcome = [_("One person from then on: what either of them sends strengthens the same lead.")]
    if len(open_leads) > 1:
        younger = yields(*open_leads).lead_id
        older = next(one.lead_id for one in open_leads if one.lead_id != younger)
        outcome = [_stays(people.held(older), now), _closes(people.held(younger), now)]
    return Pair(
        suspect.pk,
        suspect.score,
        why(suspect.reasons),
        people.side(first),
        people.side(second),
        outcome,
        is_contested(open_leads, people.held_by),
    )


def _shown(way: Identifier) -> str:
    """Give nothing where the present key does not open it: the others are shown all the same."""
    try:
        return masked(way)
    except SealBroken:
        return ""


def _where(place: Placement) -> str:
    if place.seat:
        return place.seat.member.name
    if place.kind == Placement.Kind.CLOSED:
        return _("closed")
    return place.team.name if place.team else _("Pool")


def _stays(held: Held, now: datetime) -> str:
    return _("The lead of %(day)s with %(who)s stays open.") % _told(held, now)


def _closes(held: Held, now: datetime) -> str:
    return _("The lead of %(day)s with %(who)s closes as merged.") % _told(held, now)


def _told(held: Held, now: datetime) -> dict[str, str]:
    local = held.opened_at.astimezone(now.tzinfo)
    return {"day": f"{short_day(local)} {local:%H:%M}", "who": held.where}
