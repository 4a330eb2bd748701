"""What a lead's page tells of the same person elsewhere: merged with, or suspected to be."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clew.access.models import Member, Role
from clew.contacts.models import Contact, Identifier, Lead, Merge, Suspect
from clew.contacts.queries import masked, same_person
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads

WHY: dict[str, str | Promise] = {
    "number_elsewhere": gettext_lazy(
        "The number of one stands in a message or another field of the other"
    ),
    "same_name": gettext_lazy("Same company, same name"),
    "typo": gettext_lazy("Same name, numbers one digit or one swap apart"),
    "overlap": gettext_lazy("One wrote with a number or address of the other"),
    "same_mailbox": gettext_lazy("Same company, same mailbox name"),
    "alike_name": gettext_lazy("Same company, one name may be short for the other"),
}
AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody who may be the same person, and a lead of theirs that the viewer may see."""

    suspect_id: int
    title: str
    lead_id: UUID
    why: list[str]


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge that stands."""

    merge_id: UUID
    gone: str
    kept: str
    at: datetime
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same person elsewhere. `teams`: who holds leads of them that the viewer may not see."""

    merges: list[Joined]
    open_lead: UUID | None  # the one that goes on, where this one was closed by a merge
    likely: list[Likely]
    teams: list[str]
    may_decide: bool


def elsewhere(lead: Lead, viewer: Member) -> Elsewhere:
    """Tell of merges and suspects of a lead's contact, as far as the viewer may know."""
    group = same_person(lead)
    suspects = list(
        Suspect.objects.filter(
            Q(first__in=group) | Q(second__in=group), state=Suspect.State.OPEN
        ).order_by("-score", "-pk")[:AT_MOST]
    )
    others = {s.pk: s.second_id if s.first_id in group else s.first_id for s in suspects}
    seen = visible_by_contact(viewer, others.values())
    names = titles(others.values())
    return Elsewhere(
        merges=joined(Merge.objects.filter(contact__in=group, undone_at=None)),
        open_lead=_open_lead(lead, group, viewer),
        likely=[
            Likely(s.pk, names[others[s.pk]], seen[others[s.pk]], why(s.reasons))
            for s in suspects
            if others[s.pk] in seen
        ],
        teams=teams_of(set(others.values()) - seen.keys()),
        may_decide=viewer.role != Role.SALESPERSON,
    )


def why(reasons: Iterable[str]) -> list[str]:
    """Say reasons in words."""
    return [str(WHY[code]) for code in reasons if code in WHY]


def joined(merges: Iterable[Merge]) -> list[Joined]:
    """Tell merges in words, the newest first."""
    found = sorted(merges, key=lambda m: (m.at, m.pk), reverse=True)
    names = titles({id_ for m in found for id_ in (m.contact_id, m.survivor_id)})
    ids = [int(m.actor_id) for m in found if m.actor_kind == "member"]
    people = dict(Member.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Joined(
            m.pk,
            names[m.contact_id],
            names[m.survivor_id],
            m.at,
            people.get(int(m.actor_id), "") if m.actor_kind == "member" else "",
            m.reason,
        )
        for m in found
    ]


def titles(contact_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Name contacts by what they were called themselves, or by a masked way of reaching them."""
    ids = list(contact_ids)
    ways: dict[UUID, str] = {}
    for way in Identifier.objects.filter(contact__in=ids).order_by("-pk"):
        ways[way.contact_id] = masked(way)
    found = Contact.objects.filter(pk__in=ids)
    return {
        c.pk: (c.name if c.own_name is None else c.own_name) or ways.get(c.pk, "?") for c in found
    }


def visible_by_contact(viewer: Member, contact_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Give for contacts a lead that the viewer may see, the open one or the newest. Others are left out."""
    leads = visible_leads(viewer).filter(contact__in=list(contact_ids))
    rows = leads.order_by("opened_at").values_list("contact_id", "pk", "ended_at")
    ordered = sorted(rows, key=lambda row: row[2] is None)  # of one contact the last is kept
    return {contact_id: lead_id for contact_id, lead_id, _ended_at in ordered}


def teams_of(contact_ids: Collection[UUID]) -> list[str]:
    """Name the teams that hold leads of contacts, and nothing else of them."""
    stands = Placement.objects.filter(lead__contact__in=list(contact_ids), closed_at=None)
    names = stands.select_related("team").order_by("pk")
    return sorted({p.team.name if p.team else _("another team") for p in names})


def _open_lead(lead: Lead, group: Sequence[UUID], viewer: Member) -> UUID | None:
    if lead.ended_at is None or len(group) == 1:
        return None
    leads = visible_leads(viewer).filter(contact__in=group, ended_at=None)
    return leads.values_list("pk", flat=True).first()
