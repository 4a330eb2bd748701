"""Suspected pairs as the page shows them: both sides, why, and what a merge would do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from clew.access.models import Member, Role
from clew.contacts.models import Contact, Identifier, Lead, Merge, Suspect
from clew.contacts.queries import masked
from clew.contacts.rules import yields
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
    shown = [_pair(suspect, now) for suspect in rows[:PAGE]]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(shown, total, f"{last.score}.{last.pk}" if last else "")


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


def roots_of(suspect: Suspect) -> tuple[UUID, UUID]:
    """The people behind a pair, the older first."""
    both = Contact.objects.filter(pk__in=[suspect.first_id, suspect.second_id])
    roots = {c.survivor_id or c.pk for c in both}
    people = Contact.objects.filter(pk__in=roots).order_by("created_at", "pk")
    first, *others = people.values_list("pk", flat=True)
    return first, others[0] if others else first


def _pair(suspect: Suspect, now: datetime) -> Pair:
    first, second = (_side(root) for root in roots_of(suspect))
    open_leads = [
        one for one in standings(_members(first) + _members(second)) if one.state == "open"
    ]
    outcome = [_("One person from then on: what either of them sends strengthens the same lead.")]
    if len(open_leads) > 1:
        younger = yields(*open_leads).lead_id
        older = next(one.lead_id for one in open_leads if one.lead_id != younger)
        outcome = [_stays(older, now), _closes(younger, now)]
    return Pair(
        suspect.pk,
        suspect.score,
        why(suspect.reasons),
        first,
        second,
        outcome,
        is_contested(open_leads),
    )


def _members(side: Side) -> list[UUID]:
    group = Contact.objects.filter(Q(pk=side.contact_id) | Q(survivor=side.contact_id))
    return list(group.values_list("pk", flat=True))


def _side(root: UUID) -> Side:
    contact = Contact.objects.get(pk=root)
    members = Contact.objects.filter(Q(pk=root) | Q(survivor=root))
    ways = Identifier.objects.filter(contact__in=members).order_by("pk")
    leads = Lead.objects.filter(contact__in=members).order_by("-opened_at")
    return Side(
        root,
        contact.name,
        contact.company,
        [masked(w) for w in ways],
        _held(leads),
        contact.created_at,
    )


def _held(leads: Iterable[Lead]) -> list[Held]:
    found: Sequence[Lead] = list(leads)
    stands = Placement.objects.filter(lead__in=found, closed_at=None)
    places = {p.lead_id: p for p in stands.select_related("seat__member", "team")}
    return [
        Held(one.pk, one.opened_at, _where(places[one.pk]), one.ended_at is None)
        for one in found
        if one.pk in places
    ]


def _where(place: Placement) -> str:
    if place.seat:
        return place.seat.member.name
    if place.kind == Placement.Kind.CLOSED:
        return _("closed")
    return place.team.name if place.team else _("Pool")


def _stays(lead_id: UUID, now: datetime) -> str:
    return _("The lead of %(day)s with %(who)s stays open.") % _told(lead_id, now)


def _closes(lead_id: UUID, now: datetime) -> str:
    return _("The lead of %(day)s with %(who)s closes as merged.") % _told(lead_id, now)


def _told(lead_id: UUID, now: datetime) -> dict[str, str]:
    (held,) = _held(Lead.objects.filter(pk=lead_id))
    local = held.opened_at.astimezone(now.tzinfo)
    return {"day": f"{short_day(local)} {local:%H:%M}", "who": held.where}
