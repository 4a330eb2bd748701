"""Reading what one was told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Prefetch
from django.utils.translation import get_language

from clew.access.models import Member
from clew.capture.regions import shown
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.handoff.pools.claiming import veil
from clew.handoff.queries import visible_among
from clew.pipeline.rules import LeadFacts, first_line
from clew.reach.models import Delivery, Message, Notice, Outlet, Patience, QuietTime, Wish
from clew.reach.rules import USUAL
from clew.reach.vendors import SPEECH
from clew.reach.wording import ICONS, TONES, VENDORS, news, outcome, outlet_state, over, problem

PAGE = 50
COUNTED = 100  # and more


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its reader sees it: nothing of a lead that they may not see any more, no name that a pool hides."""

    notice: Notice
    words: str
    icon: str
    tone: str
    title: str
    line: str
    over: str
    is_visible: bool
    outcomes: list[str]

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
    went = Prefetch("deliveries", Delivery.objects.select_related("outlet").order_by("pk"))
    mine = Notice.objects.filter(member=viewer).order_by("-pk")
    mine = mine.select_related("by").prefetch_related(went)
    if before is not None:
        mine = mine.filter(pk__lt=before)
    found = list(mine[: PAGE + 1])
    rows = _told(viewer, found[:PAGE])
    return Page(rows, found[PAGE - 1].pk if len(found) > PAGE else None)


def _told(viewer: Member, found: Sequence[Notice]) -> list[Told]:
    ids = {notice.lead_id for notice in found}
    leads = visible_among(viewer, ids).select_related("contact", "source")
    stands = Placement.objects.filter(lead__in=ids, closed_at=None)
    places, veiling = {place.lead_id: place for place in stands}, veil(viewer)
    seen = {lead.pk: veiling.over(lead, places.get(lead.pk)) for lead in leads}
    holders = holding(ids, besides=viewer)
    return [_one(n, seen.get(n.lead_id), holders.get(n.lead_id, "")) for n in found]


def holding(lead_ids: Iterable[UUID], besides: Member | None = None) -> dict[UUID, str]:
    """Give the names of those who have leads now."""
    held = Placement.objects.filter(
        lead__in=set(lead_ids), closed_at=None, kind=Placement.Kind.PERSON
    )
    others = held.exclude(seat__member=besides) if besides else held
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
        outcomes=[outcome(d.outlet.vendor, d.state) for d in notice.deliveries.all()],
    )


def _facts(lead: Lead) -> LeadFacts:
    return LeadFacts(
        source=lead.source.name,
        submission_count=lead.submission_count,
        interest=lead.interest,
        category=lead.category,
        region=shown(lead.region, lead.region_code),
    )


@dataclass(frozen=True, slots=True)
class Health:
    """How a robot does: its state in words, what is wrong, and how much waits for it."""

    outlet: Outlet
    vendor: str
    state: str
    tone: str
    problem: str
    minute: int
    most: int
    waiting: int
    unknown: int


def serving(member_ids: Iterable[int]) -> dict[int, list[tuple[UUID, int | None]]]:
    """Give the outlets of each member: their own, else those of their teams, each with the team that it is of."""
    ids = list(member_ids)
    outlets = Outlet.objects.filter(retired_at=None).exclude(vendor=Outlet.Vendor.EMAIL)
    found: dict[int, list[tuple[UUID, int | None]]] = {}
    for member_id, outlet_id in outlets.filter(member__in=ids).values_list("member_id", "pk"):
        found.setdefault(member_id, []).append((outlet_id, None))
    others = [member_id for member_id in ids if member_id not in found]
    of_teams = outlets.filter(team__memberships__member__in=others)
    for member_id, outlet_id, team_id in of_teams.values_list(
        "team__memberships__member", "pk", "team_id"
    ):
        if member_id in others:
            found.setdefault(member_id, []).append((outlet_id, team_id))
    return found


def health(now: datetime) -> list[Health]:
    """Give every robot that is not retired, in a fixed number of statements."""
    robots = Outlet.objects.filter(retired_at=None).exclude(vendor=Outlet.Vendor.EMAIL)
    outlets = list(robots.select_related("team", "member").order_by("made_at"))
    minute = Message.objects.filter(sent_at__gt=now - timedelta(minutes=1), sent_at__lte=now)
    sent = dict(minute.values_list("outlet").annotate(n=Count("pk")))
    by_state = Delivery.objects.filter(state__in=["waiting", "unknown"])
    held = {
        (outlet_id, state): count
        for outlet_id, state, count in by_state.values_list("outlet", "state").annotate(
            n=Count("pk")
        )
    }
    return [_health(one, sent.get(one.pk, 0), held, now) for one in outlets]


def _health(
    outlet: Outlet, minute: int, held: Mapping[tuple[UUID, str], int], now: datetime
) -> Health:
    tone, state = outlet_state(outlet, now)
    return Health(
        outlet=outlet,
        vendor=str(VENDORS[outlet.vendor]),
        state=state,
        tone=tone,
        problem=problem(outlet.problem) if outlet.problem else "",
        minute=minute,
        most=SPEECH[outlet.vendor].PER_MINUTE,
        waiting=held.get((outlet.pk, "waiting"), 0),
        unknown=held.get((outlet.pk, "unknown"), 0),
    )


@dataclass(frozen=True, slots=True)
class MailHealth:
    """How mail does, over all mailboxes: when it was last taken, what is wrong, and how much waits."""

    took_at: datetime | None
    problem: str
    waiting: int


def mail_health() -> MailHealth:
    """Tell how mail does."""
    boxes = Outlet.objects.filter(vendor=Outlet.Vendor.EMAIL)
    worst = boxes.exclude(problem="").order_by("-failed_at").first()
    code = worst.problem if worst else ""
    waiting = Delivery.objects.filter(outlet__in=boxes, state="waiting").count()
    took_at = boxes.aggregate(at=Max("took_at"))["at"]
    return MailHealth(took_at, problem(code) if code else "", waiting)


def patience() -> Patience:
    """Give for how long something may stay unread."""
    return Patience.objects.filter(pk=1).first() or Patience()


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a member is told: by kind and medium, from when until when not, and by what they can be reached."""

    times: dict[tuple[str, str], str]
    quiet: QuietTime | None
    robots: list[str]
    has_mail: bool


def wishes(viewer: Member) -> Wishes:
    """Give a member's wishes, as usual where they said nothing."""
    own = Wish.objects.filter(member=viewer).values_list("kind", "medium", "when")
    times = {place: str(when) for place, when in USUAL.items()}
    times |= {(kind, medium): when for kind, medium, when in own if (kind, medium) in times}
    served_by = [outlet_id for outlet_id, _team in serving([viewer.pk]).get(viewer.pk, [])]
    robots = Outlet.objects.filter(pk__in=served_by)
    return Wishes(
        times,
        QuietTime.objects.filter(member=viewer).first(),
        list(robots.order_by("made_at").values_list("name", flat=True)),
        bool(settings.SMTP and viewer.email),
    )
