"""Reading what one was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language

from clew.access.models import Member
from clew.capture.regions import shown
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.handoff.queries import visible_leads
from clew.pipeline.rules import LeadFacts, first_line
from clew.reach.models import Notice
from clew.reach.wording import ICONS, TONES, news, over

PAGE = 50
COUNTED = 100  # and more


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its reader sees it: nothing of a lead that they may not see any more."""

    notice: Notice
    words: str
    icon: str
    tone: str
    title: str
    line: str
    over: str
    is_visible: bool

    @property
    def is_unread(self) -> bool:
        """Whether it still waits to be read."""
        return self.notice.read_at is None and self.notice.over_at is None


@dataclass(frozen=True, slots=True)
class Page:
    """Some notices, newest first, and the id of the last where there are more."""

    rows: list[Told]
    before: int | None


def unread_count(viewer: Member) -> int:
    """Count what waits to be read, up to `COUNTED`."""
    waiting = Notice.objects.filter(member=viewer, read_at=None, over_at=None)
    return len(waiting.values_list("pk")[:COUNTED])


def notices(viewer: Member, before: int | None = None) -> Page:
    """Give one page of what a member was told."""
    mine = Notice.objects.filter(member=viewer).select_related("by").order_by("-pk")
    if before is not None:
        mine = mine.filter(pk__lt=before)
    found = list(mine[: PAGE + 1])
    rows = _told(viewer, found[:PAGE])
    return Page(rows, found[PAGE - 1].pk if len(found) > PAGE else None)


def _told(viewer: Member, found: Sequence[Notice]) -> list[Told]:
    ids = {notice.lead_id for notice in found}
    leads = visible_leads(viewer).filter(pk__in=ids).select_related("contact", "source")
    seen = {lead.pk: lead for lead in leads}
    holders = _holders(ids, besides=viewer)
    return [_one(n, seen.get(n.lead_id), holders.get(n.lead_id, "")) for n in found]


def _holders(lead_ids: set[UUID], besides: Member) -> dict[UUID, str]:
    held = Placement.objects.filter(lead__in=lead_ids, closed_at=None, kind=Placement.Kind.PERSON)
    others = held.exclude(seat__member=besides)
    return dict(others.values_list("lead_id", "seat__member__name"))


def _one(notice: Notice, lead: Lead | None, holder: str) -> Told:
    return Told(
        notice=notice,
        words=news(notice.kind, notice.by.name if notice.by else "", holder),
        icon=ICONS[Notice.Kind(notice.kind)],
        tone=TONES.get(Notice.Kind(notice.kind), ""),
        title=(lead.contact.name or lead.contact.company) if lead else "",
        line=first_line(_facts(lead), get_language() or "") if lead else "",
        over=over(notice.end, holder) if notice.over_at else "",
        is_visible=lead is not None,
    )


def _facts(lead: Lead) -> LeadFacts:
    return LeadFacts(
        source=lead.source.name,
        submission_count=lead.submission_count,
        interest=lead.interest,
        category=lead.category,
        region=shown(lead.region, lead.region_code),
    )
