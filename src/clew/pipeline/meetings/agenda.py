"""The day's meetings of one's own or of one's people, and what waits for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from clew.access.models import Member, Role
from clew.access.queries import members
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.queries import is_over, opened_by
from clew.pipeline.meetings.wording import KINDS, STATES, TONES, when

AT_MOST = 200
State = Meeting.State


@dataclass(frozen=True, slots=True)
class Line:
    """A meeting in the agenda; without a lead where the viewer may not open it any more."""

    meeting_id: UUID
    lead_id: UUID | None
    title: str
    company: str
    with_whom: str
    from_at: datetime | None
    until_at: datetime | None
    kind: str
    place: str
    state: str
    tone: str
    is_off: bool
    is_over: bool
    said: str  # the time with its day


@dataclass(frozen=True, slots=True)
class Agenda:
    """One day, what is over and not told, and what waits for an answer."""

    day: date
    lines: list[Line]
    untold: list[Line]
    waiting: list[Line]


def visible_meetings(viewer: Member) -> QuerySet[Meeting]:
    """Give the meetings a member may see: own ones, those of one's people, or all."""
    if viewer.role == Role.ADMINISTRATOR:
        return Meeting.objects.all()
    if viewer.role == Role.MANAGER:
        of_people = members(viewer).values("pk")
        return Meeting.objects.filter(Q(organiser=viewer) | Q(organiser__in=of_people))
    return Meeting.objects.filter(organiser=viewer)


def people(viewer: Member) -> list[Member]:
    """Give whose agenda a member may look at, in the order of their names."""
    return list(members(viewer).filter(is_active=True).order_by("name", "pk"))


def agenda(viewer: Member, day: date, now: datetime, who: int | None = None) -> Agenda:
    """Give a local day of what the viewer may see, of one member where one is asked for. Four statements."""
    seen = visible_meetings(viewer).select_related("organiser", "lead__contact")
    if who is not None:
        seen = seen.filter(organiser=who)
    begin = datetime.combine(day, time(), timezone.get_current_timezone())
    of_day = seen.filter(from_at__gte=begin, from_at__lt=begin + timedelta(days=1))
    untold = seen.filter(state=State.CONFIRMED, from_at__lte=now)
    waiting = seen.filter(state__in=[State.OFFERED, State.WISHED])
    found = [
        list(of_day.order_by("from_at", "pk")[:AT_MOST]),
        list(untold.order_by("from_at", "pk")[:AT_MOST]),
        list(waiting.order_by("-state", "made_at", "pk")[:AT_MOST]),
    ]
    open_to = opened_by(viewer, (meeting for part in found for meeting in part))
    return Agenda(day, *([_line(m, open_to, now) for m in part] for part in found))


def _line(meeting: Meeting, open_to: Iterable[UUID], now: datetime) -> Line:
    is_seen = meeting.pk in open_to
    contact = meeting.lead.contact
    return Line(
        meeting_id=meeting.pk,
        lead_id=meeting.lead_id if is_seen else None,
        title=contact.name if is_seen else "",
        company=contact.company if is_seen else "",
        with_whom=meeting.organiser.name,
        from_at=meeting.from_at,
        until_at=meeting.until_at,
        kind=str(KINDS[meeting.kind]),
        place=meeting.place,
        state=str(STATES[meeting.state]),
        tone=TONES.get(meeting.state, ""),
        is_off=meeting.state in {State.CANCELLED, State.DECLINED},
        is_over=is_over(meeting, now),
        said=when(meeting.from_at, meeting.until_at) if meeting.from_at else "",
    )
