"""Whether they came, what was learnt, who goes on: the pages after a meeting, and what a team notes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clew.access.queries import teams
from clew.base.digits import number
from clew.base.ids import uuid7
from clew.errors import ClewError, Conflict, Invalid, Missing
from clew.handoff.errors import LeadNotOpen
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of
from clew.pipeline.errors import LeadNotClaimed
from clew.pipeline.meetings import queries
from clew.pipeline.meetings.actions import holding, inviting
from clew.pipeline.meetings.actions.inviting import Plan
from clew.pipeline.meetings.views import done, local_now, viewer_of

ANSWER = "answer"


@require_POST
def check(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Say that the person is reminded."""

    def act() -> None:
        holding.check_off(meeting_id, member=viewer_of(request), now=local_now())

    return done(request, meeting_id, act, _("Done. What was planned before is next again"))


@require_POST
def came(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Say that they came."""
    return _tell(request, meeting_id, did_come=True)


@require_POST
def missed(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Say that they did not come."""
    return _tell(request, meeting_id, did_come=False)


def _tell(request: HttpRequest, meeting_id: UUID, *, did_come: bool) -> HttpResponse:
    def act() -> None:
        holding.tell(meeting_id, did_come=did_come, member=viewer_of(request), now=local_now())

    words = _("Noted: they came") if did_come else _("Noted: they did not come")
    return done(request, meeting_id, act, words)


@require_POST
def again(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Invite whoever did not come once more, in the same way, when whoever has the lead now is free next."""
    viewer, now = viewer_of(request), local_now()
    before = queries.meeting(viewer, meeting_id)
    there, place = inviting.of_lead_open(before.lead_id), placement_of(before.lead_id)
    if there is not None:
        return redirect("meetings:meeting", there.pk)
    if place.seat is None:
        refused = LeadNotOpen() if place.kind == Placement.Kind.CLOSED else LeadNotClaimed()
        messages.error(request, _(refused.message))
        return redirect("meetings:meeting", before.pk)
    times = queries.proposals(place.seat, before.minutes, now=now)[:3]
    plan = Plan(before.kind, before.place, before.minutes, times)
    try:
        made = inviting.invite(
            before.lead_id, plan, meeting_id=uuid7(), member=viewer, now=now, follows=before
        )
    except (Invalid, Conflict) as refused:
        messages.error(request, _(refused.message))
        return redirect("meetings:meeting", before.pk)
    return redirect("meetings:meeting", made.pk)


@require_POST
def note(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Keep what was learnt."""
    labels = [label[: holding.LONGEST_LABEL] for label in request.POST.getlist("label")]
    answers = list(zip(labels, request.POST.getlist(ANSWER), strict=False))

    def act() -> None:
        holding.note(meeting_id, answers, member=viewer_of(request), now=local_now())

    return done(request, meeting_id, act, _("Kept, sealed"))


@require_POST
def hand_over(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Give the lead to somebody of the offline team, with the note."""
    viewer = viewer_of(request)
    meeting = queries.meeting(viewer, meeting_id)
    seat_id = number(request.POST.get("seat_id", "")) or 0
    try:
        placement = holding.hand_over(meeting.pk, seat_id, member=viewer, now=local_now())
    except (Invalid, Conflict) as refused:
        messages.error(request, _(refused.message))
        return redirect("meetings:meeting", meeting.pk)
    name = placement.seat.member.name if placement.seat else ""
    messages.success(request, _("Handed over to %(name)s, with the note") % {"name": name})
    return redirect("pipeline:my_day")


@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, team_id: int) -> HttpResponse:
    """Show and set what a team notes of its meetings."""
    viewer = viewer_of(request)
    team = teams(viewer).filter(pk=team_id).first()
    if team is None:
        raise Missing
    error: ClewError | None = None
    lines = "\n".join(queries.labels_of(team.pk))
    if request.method == "POST":
        lines = request.POST.get("labels", "")
        try:
            holding.set_template(team.pk, lines.splitlines(), member=viewer, now=local_now())
        except Invalid as refused:
            error = refused
        else:
            messages.success(request, _("Kept. It holds from the next note on"))
            return redirect("meetings:template", team.pk)
    context = {
        "team": team,
        "teams": teams(viewer).order_by("pk"),
        "lines": lines,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "meetings/template.html", context, status=status)
