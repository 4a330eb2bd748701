"""A salesperson's pages of one meeting: inviting, what is written to the person, how it stands."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clew.access.models import Member, Role
from clew.base.digits import number
from clew.base.ids import uuid7
from clew.errors import ClewError, Conflict, Invalid
from clew.handoff.models import Seat
from clew.handoff.queries import placement_of, visible_among, visible_lead
from clew.pipeline.errors import LeadNotClaimed
from clew.pipeline.meetings import queries
from clew.pipeline.meetings.actions import inviting
from clew.pipeline.meetings.errors import MeetingMissing
from clew.pipeline.meetings.forms import LENGTHS, OTHERS, InviteForm, SettleForm
from clew.pipeline.meetings.models import Meeting
from clew.pipeline.meetings.wording import (
    KINDS,
    LANGUAGES,
    STATES,
    TONES,
    choice,
    code,
    ready_text,
    when,
    zone,
)
from clew.pipeline.sheet import times

TICKED = 3  # of the proposed times
LONGEST = 480  # minutes


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Propose times from calendar, absences and meetings; sent, they are offered under a link."""
    viewer, now = viewer_of(request), local_now()
    lead = visible_lead(viewer, lead_id)
    seat = placement_of(lead.pk).seat
    there = inviting.of_lead_open(lead.pk)
    if seat is None:
        messages.error(request, _(LeadNotClaimed().message))
        return redirect("pipeline:lead", lead.pk)
    form = InviteForm(request.POST)
    error: ClewError | None = None
    if request.method == "POST":
        try:
            meeting_id = _id(form)
            plan = form.plan(request.POST.getlist("times"))
            made = inviting.invite(lead.pk, plan, meeting_id=meeting_id, member=viewer, now=now)
            return redirect("meetings:meeting", made.pk)
        except (Invalid, Conflict) as refused:
            error = refused
    elif there is not None:
        return redirect("meetings:meeting", there.pk)
    usual = queries.usual(seat.member_id)
    shown = {"kind": usual.kind, "place": usual.place, "minutes": usual.minutes}
    return _form(request, seat, shown, error, {"lead": lead, "meeting_id": uuid7()})


@require_GET
def show(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Show a meeting: what to write, how it stands, what can be done about it."""
    viewer, now = viewer_of(request), local_now()
    meeting = queries.meeting(viewer, meeting_id)
    language = request.GET.get("in", "")
    if language not in LANGUAGES:
        language = "zh" if (get_language() or "").startswith("zh") else "en"
    context = {
        "meeting": meeting,
        "title": meeting.lead.contact.name or _("Lead"),
        "kind": KINDS[meeting.kind],
        "state": STATES[meeting.state],
        "tone": TONES.get(meeting.state, ""),
        "time": when(meeting.from_at, meeting.until_at) if meeting.from_at else "",
        "times": [choice(at, meeting.minutes) for at in queries.left(meeting, now)],
        "wish": queries.wish_of(meeting),
        "text": ready_text(meeting, language),
        "text_in": language,
        "is_lead_seen": visible_among(viewer, [meeting.lead_id]).exists(),
        "is_open": meeting.state in queries.OPEN,
        "is_old": queries.is_old(meeting, now),
        "is_over": queries.is_over(meeting, now),
        "needs_reminding": queries.needs_reminding(meeting, now),
    }
    if meeting.state == Meeting.State.HELD:
        context |= _after(viewer, meeting, now)
    return render(request, "meetings/meeting.html", context)


def _after(viewer: Member, meeting: Meeting, now: datetime) -> dict[str, Any]:
    """Give what the page of a held meeting shows besides: the note, who may go on, the next contact."""
    place = placement_of(meeting.lead_id)
    labels, kept = queries.labels_of(place.team_id), dict(queries.visit_note(meeting))
    asked = [*labels, *(label for label in kept if label not in labels)]
    seats = [seat for seat in queries.offline_seats() if seat.pk != place.seat_id]
    return {
        "asked": [(label, kept.get(label, "")) for label in asked],
        "has_note": bool(kept),
        "is_held": place.seat_id is not None,
        "seats": seats if place.seat_id else [],
        "next_times": times(now),
        "template_team": place.team_id if viewer.role != Role.SALESPERSON else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Offer other times for a meeting under the same link."""
    viewer, now = viewer_of(request), local_now()
    meeting = queries.meeting(viewer, meeting_id)
    form, error = InviteForm(request.POST), None
    if request.method == "POST":
        try:
            form.is_valid()
            plan = form.plan(request.POST.getlist("times"))
            inviting.offer_again(meeting.pk, plan, member=viewer, now=now)
            return redirect("meetings:meeting", meeting.pk)
        except (Invalid, Conflict) as refused:
            error = refused
    seat = queries.seat_of(meeting.organiser_id)
    shown = {"kind": meeting.kind, "place": meeting.place, "minutes": meeting.minutes}
    more = {"lead": meeting.lead, "meeting": meeting, "meeting_id": meeting.pk}
    return _form(request, seat, shown, error, more)


@require_POST
def settle(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Keep the time that the person has said by word of mouth."""
    form = SettleForm(request.POST)

    def act() -> None:
        inviting.settle(meeting_id, form.time(), member=viewer_of(request), now=local_now())

    return done(request, meeting_id, act, _("Confirmed"))


@require_POST
def renew(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Make another link."""

    def act() -> None:
        inviting.renew_link(meeting_id, member=viewer_of(request), now=local_now())

    return done(request, meeting_id, act, _("Here is a new link; the old one opens nothing"))


@require_POST
def cancel(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Call a meeting off."""

    def act() -> None:
        inviting.cancel(meeting_id, member=viewer_of(request), now=local_now())

    return done(request, meeting_id, act, _("Called off. Tell them"))


def done(
    request: HttpRequest, meeting_id: UUID, act: Callable[[], None], words: str
) -> HttpResponse:
    """Go back to the meeting, with what was done or why it could not be."""
    queries.meeting(viewer_of(request), meeting_id)
    try:
        act()
    except (Invalid, Conflict) as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, words)
    return redirect("meetings:meeting", meeting_id)


def _id(form: InviteForm) -> UUID:
    form.is_valid()
    if form.meeting_id_sent is None:
        raise MeetingMissing
    return form.meeting_id_sent


def _form(
    request: HttpRequest,
    seat: Seat | None,
    shown: dict[str, Any],
    error: ClewError | None,
    more: dict[str, Any],
) -> HttpResponse:
    """The form of times: with the proposals, or with what was typed and what is wrong with it."""
    shown = {name: request.POST.get(name, value) for name, value in shown.items()}
    minutes = min(number(str(shown["minutes"])) or LENGTHS[1], LONGEST)
    found = queries.proposals(seat, minutes, now=local_now()) if seat else []
    ticked = set(request.POST.getlist("times")) if request.method == "POST" else None
    proposed = [
        choice(at, minutes, is_chosen=code(at) in ticked if ticked is not None else n < TICKED)
        for n, at in enumerate(found)
    ]
    context = (
        more
        | shown
        | {
            "minutes": minutes,
            "proposed": proposed,
            "kinds": KINDS.items(),
            "lengths": LENGTHS,
            "others": [(name, request.POST.get(name, "")) for name in OTHERS],
            "error": error,
            "zone": zone(),
        }
    )
    return render(request, "meetings/invite.html", context, status=error.status if error else 200)


def viewer_of(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def local_now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
