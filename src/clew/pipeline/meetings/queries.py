"""Reading meetings. The first argument is who is asking, but for what an invited person may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet

from clew.access.models import Member, Role
from clew.access.tokens import digest
from clew.base.sealing import unseal
from clew.contacts.models import Lead
from clew.handoff.calendars import Hours, hours
from clew.handoff.models import Absence, Method, Placement, Seat
from clew.handoff.pools.claiming import hidden_places
from clew.handoff.queries import GOES_ON_AS_ANOTHER, visible_leads
from clew.pipeline.meetings.errors import MeetingMissing
from clew.pipeline.meetings.models import Meeting, VisitNote, VisitTemplate
from clew.pipeline.meetings.rules import About, Span, free_times, is_free
from clew.pipeline.meetings.wording import KINDS, STATES, TONES, USUAL_LABELS, when

OPEN = (Meeting.State.OFFERED, Meeting.State.WISHED, Meeting.State.CONFIRMED)
REMINDING = (About.DAY, About.SOON)
ANSWERABLE = (*OPEN, Meeting.State.DECLINED)
GOES_ON = ("won", *GOES_ON_AS_ANOTHER)  # ends of a lead after which the person still comes


def may_open(viewer: Member) -> Q:
    """Say which meetings a member may open: of leads that they see, and their own of leads that ended well.

    Such a lead may be out of sight, but whoever arranged it still meets the person and says whether they came.
    What lies in a pool that hides who it is salespeople claim before they open its meeting.
    """
    ended = Placement.objects.filter(
        lead=OuterRef("lead"), closed_at=None, kind=Placement.Kind.CLOSED, reason__in=GOES_ON
    )
    seen = Q(lead__in=visible_leads(viewer)) & _is_shown(viewer)
    return seen | Q(Exists(ended), organiser=viewer)


def _is_shown(viewer: Member) -> Q:
    """Leave out, for salespeople, meetings of leads in pools that hide who they are."""
    if viewer.role != Role.SALESPERSON:
        return Q()
    return Q(~Exists(hidden_places().filter(lead=OuterRef("lead"))))


def opened_by(viewer: Member, meetings: Iterable[Meeting]) -> set[UUID]:
    """Give which of some meetings a member may open."""
    asked = Meeting.objects.filter(may_open(viewer), pk__in=[meeting.pk for meeting in meetings])
    return set(asked.values_list("pk", flat=True))


def meeting(viewer: Member, meeting_id: UUID) -> Meeting:
    """Give a meeting that the viewer may open. Raises MeetingMissing."""
    seen = Meeting.objects.filter(may_open(viewer), pk=meeting_id)
    found = seen.select_related("organiser__organisation", "lead__contact", "task").first()
    if found is None:
        raise MeetingMissing
    return found


@dataclass(frozen=True, slots=True)
class Panel:
    """The newest meeting of a lead as its page shows it."""

    meeting: Meeting
    kind: str
    state: str
    tone: str
    time: str
    is_open: bool
    is_over: bool  # its time has passed, and nobody has said whether they came


def panel(viewer: Member, lead: Lead, now: datetime) -> Panel | None:
    """Give the newest meeting of a lead, which the caller has seen to be visible, as far as no pool hides it; or None."""
    made = Meeting.objects.filter(_is_shown(viewer), lead=lead).select_related("organiser")
    found = made.order_by("-made_at", "-pk").first()
    if found is None:
        return None
    return Panel(
        meeting=found,
        kind=str(KINDS[found.kind]),
        state=str(STATES[found.state]),
        tone=TONES.get(found.state, ""),
        time=when(found.from_at, found.until_at) if found.from_at else "",
        is_open=found.state in OPEN,
        is_over=is_over(found, now),
    )


def is_over(meeting: Meeting, now: datetime) -> bool:
    """Tell whether a settled time has passed and nobody has said whether they came."""
    return bool(
        meeting.state == Meeting.State.CONFIRMED and meeting.from_at and meeting.from_at <= now
    )


def needs_reminding(meeting: Meeting, now: datetime) -> bool:
    """Tell whether a salesperson should remind the person now: the next step is about that, and due."""
    step = meeting.task
    return bool(step and step.done_at is None and step.about in REMINDING and step.due_at <= now)


def by_link(token: str) -> Meeting:
    """Give the meeting that a link is for. Raises MeetingMissing."""
    found = (
        Meeting.objects.filter(digest=digest(token))
        .select_related("organiser__organisation")
        .first()
    )
    if found is None:
        raise MeetingMissing
    return found


def is_old(meeting: Meeting, now: datetime) -> bool:
    """Tell whether nothing can be answered any more by a meeting's link."""
    if meeting.state not in ANSWERABLE or meeting.expires_at <= now:
        return True
    others = Meeting.objects.filter(lead=meeting.lead_id, state__in=OPEN)
    return meeting.state == Meeting.State.DECLINED and others.exists()


def left(meeting: Meeting, now: datetime) -> list[datetime]:
    """Give the offered times that lie ahead and are still free."""
    taken = busy(meeting.organiser_id, now, but=meeting.pk)
    length = timedelta(minutes=meeting.minutes)
    return [at for at in meeting.offered if at > now and is_free(at, length, taken)]


def busy(member_id: int, now: datetime, *, but: UUID | None = None) -> list[Span]:
    """Give when a member is away or meets somebody, from now on; `but` one meeting."""
    away = Absence.objects.filter(
        seat__member=member_id, seat__left_at=None, cancelled_at=None, until_at__gt=now
    )
    meets = Meeting.objects.filter(
        organiser=member_id, state=Meeting.State.CONFIRMED, until_at__gt=now
    )
    spans: QuerySet[Absence, Span] = away.values_list("from_at", "until_at")
    settled = [(m.from_at, m.until_at) for m in meets if m.from_at and m.until_at and m.pk != but]
    return [*spans, *settled]


def proposals(seat: Seat, minutes: int, *, now: datetime) -> list[datetime]:
    """Propose times in a seat's working hours at which its member is there and free."""
    worked = hours_of(seat)
    return free_times(worked, busy(seat.member_id, now), minutes, now=now) if worked else []


def seat_of(member_id: int) -> Seat | None:
    """Give the seat whose hours a member meets people in: the first one."""
    seats = Seat.objects.filter(member=member_id, left_at=None)
    return seats.select_related("calendar").order_by("pk").first()


def hours_of(seat: Seat) -> Hours | None:
    """Give the working hours of a seat: its own, else those of its team."""
    own = seat.calendar
    if own is None:
        method = Method.objects.select_related("calendar").filter(team=seat.team_id).first()
        own = method.calendar if method else None
    return hours(own.time_zone, own.week, own.days_off, own.days_on) if own else None


@dataclass(frozen=True, slots=True)
class Usual:
    """How a member met somebody last, as the next invitation begins."""

    kind: str
    place: str
    minutes: int


def usual(member_id: int) -> Usual:
    """Give how a member met somebody last: people mostly meet in the same way."""
    last = Meeting.objects.filter(organiser=member_id).order_by("-made_at").first()
    if last is None:
        return Usual(Meeting.Kind.VIDEO, "", 30)
    return Usual(last.kind, last.place if last.kind != Meeting.Kind.VISIT else "", last.minutes)


def offline_seats() -> QuerySet[Seat]:
    """Give the seats of the team that takes introduced people, whoever has most room first."""
    seats = Seat.objects.filter(team__method__side=Method.Side.OFFLINE, left_at=None)
    return seats.select_related("member", "team").order_by("-is_present", "open_count", "pk")


def labels_of(team_id: int | None) -> list[str]:
    """Give what a team notes of a meeting: its own labels, else the usual ones in the reader's language."""
    own = VisitTemplate.objects.filter(team=team_id).first()
    return own.labels if own else [str(label) for label in USUAL_LABELS]


def visit_note(meeting: Meeting) -> list[tuple[str, str]]:
    """Unseal what was learnt in a meeting: labels with answers."""
    kept = VisitNote.objects.filter(meeting=meeting).order_by("-pk").first()
    return opened(kept) if kept else []


def opened(note: VisitNote) -> list[tuple[str, str]]:
    """Unseal a visit note."""
    body = unseal(bytes(note.body), note_place(note.meeting_id))
    return msgspec.json.decode(body, type=list[tuple[str, str]])


def note_place(meeting_id: UUID) -> bytes:
    """Name the place that a visit note is sealed for."""
    return b"visit note:" + meeting_id.bytes


def wish_of(meeting: Meeting) -> str:
    """Unseal what somebody said about the times."""
    return unseal(bytes(meeting.wish), wish_place(meeting.pk)).decode() if meeting.wish else ""


def wish_place(meeting_id: UUID) -> bytes:
    """Name the place that such words are sealed for."""
    return b"meeting wish:" + meeting_id.bytes
