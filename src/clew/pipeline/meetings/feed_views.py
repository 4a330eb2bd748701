"""The calendar feed: a secret address instead of signing in, and where a member gets or ends it."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.access.tokens import digest
from clew.contacts.rules import veil
from clew.errors import Missing
from clew.pipeline.meetings import ics
from clew.pipeline.meetings.actions import feeds
from clew.pipeline.meetings.links import feed_address
from clew.pipeline.meetings.models import Feed, Meeting
from clew.pipeline.meetings.queries import opened_by
from clew.pipeline.meetings.views import local_now, viewer_of
from clew.pipeline.meetings.wording import KINDS

BEHIND = timedelta(days=60)
AT_MOST = 2000
State = Meeting.State


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Give a member's meetings to their calendar. Nothing where the address was ended or the member has left."""
    found = Feed.objects.filter(digest=digest(token), revoked_at=None, member__is_active=True)
    read = found.select_related("member__organisation").first()
    if read is None:
        raise Missing
    body = _calendar(read.member, local_now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="clew.ics"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the address of one's own calendar feed, or offer one."""
    mine = Feed.objects.filter(member=viewer_of(request), revoked_at=None).first()
    context = {"feed": mine, "address": feed_address(mine) if mine else ""}
    return render(request, "meetings/feed.html", context)


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make an address; an earlier one ends."""
    feeds.make_feed(member=viewer_of(request), now=local_now())
    return redirect("meetings:my_feed")


@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """End the address."""
    feeds.revoke_feed(member=viewer_of(request), now=local_now())
    messages.success(request, _("The address gives nothing any more"))
    return redirect("meetings:my_feed")


def _calendar(member: Member, now: datetime) -> bytes:
    language = member.language or settings.LANGUAGE_CODE
    told = Meeting.objects.filter(
        organiser=member, from_at__gte=now - BEHIND, until_at__isnull=False
    )
    meetings = list(told.select_related("lead__contact").order_by("from_at", "pk")[:AT_MOST])
    open_to = opened_by(member, meetings)
    host = urlsplit(settings.BASE_URL).hostname or "clew"
    with override(language):
        name = _("Meetings of %(name)s") % {"name": member.name}
        return ics.calendar(
            name, host, [_event(one, is_open=one.pk in open_to) for one in meetings]
        )


def _event(meeting: Meeting, *, is_open: bool) -> ics.Event:
    """Name the person as long as the member may open the meeting; the time stays taken after that."""
    contact = meeting.lead.contact
    known = (contact.name, contact.company) if is_open else ()
    whom = " · ".join(part for part in known if part)
    kind = str(KINDS[meeting.kind])
    return ics.Event(
        uid=meeting.pk,
        sequence=meeting.sequence,
        changed_at=meeting.changed_at,
        from_at=meeting.from_at or meeting.changed_at,
        until_at=meeting.until_at or meeting.changed_at,
        summary=veil(f"{kind}: {whom}" if whom else kind),
        place=veil(meeting.place),
        url=settings.BASE_URL + reverse("meetings:meeting", args=[meeting.pk]) if is_open else "",
        is_off=meeting.state == State.CANCELLED,
    )
