"""The no-intent pool as whoever looks after it sees it: what is due, one lead, and what came of a touch."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member, Role
from clew.base.digits import number
from clew.base.ids import uuid7
from clew.base.ledger import Actor
from clew.contacts.actions import reveal as reveal_identifiers
from clew.errors import ClewError, Conflict, Invalid
from clew.pipeline.leads import listed
from clew.pipeline.resting import queries
from clew.pipeline.resting.actions import leads as actions
from clew.pipeline.resting.errors import RestOver, TouchedAlready, TouchUnknown
from clew.pipeline.resting.models import Touch
from clew.pipeline.resting.wording import OVER, RESULT_ICONS, RESULTS
from clew.pipeline.wording import short_day, word

WHOLE = "all"
KEY = 15  # digits of the key of a page


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """List what is due today, or all that rests."""
    viewer, now = _viewer(request), _now()
    is_whole = request.GET.get("show") == WHOLE
    page = queries.page(
        viewer, now, is_whole=is_whole, after=number(request.GET.get("after", ""), KEY)
    )
    context = {
        "page": page,
        "rows": [(row, uuid7()) for row in page.rows],
        "is_whole": is_whole,
        "is_keeper": queries.is_keeper(viewer),
        "may_set": viewer.role != Role.SALESPERSON,
        "most": queries.PAGE,
        "results": _results(),
        "now": now,
    }
    return render(request, "resting/list.html", context)


@require_safe
def lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show a resting lead: how it is reached, why it rests, and what was done about it."""
    return _page(request, lead_id)


@require_POST
def reveal(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show the full numbers of somebody who rests, on the record."""
    viewer = _viewer(request)
    rest = queries.resting(viewer, lead_id)
    if rest.ended_at:
        messages.error(request, _(RestOver().message))
        return redirect("resting:lead", lead_id)
    actor = Actor("member", str(viewer.pk))
    numbers = reveal_identifiers(rest.lead, purpose="call", actor=actor, now=_now())
    return _page(request, lead_id, numbers=numbers)


@require_POST
def touch(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Keep what came of a touch; where somebody was faster, say who."""
    viewer, now = _viewer(request), _now()
    queries.resting(viewer, lead_id)
    try:
        kept = actions.touch(lead_id, _said(request), member=viewer, now=now)
    except (Conflict, Invalid) as refused:
        messages.error(request, _refused(refused))
    else:
        messages.success(request, _kept(kept, now))
    if request.POST.get("back") == WHOLE:
        return redirect(f"{reverse('resting:list')}?show={WHOLE}")
    return redirect("resting:list")


def _page(
    request: HttpRequest, lead_id: UUID, *, numbers: list[tuple[str, str]] | None = None
) -> HttpResponse:
    viewer = _viewer(request)
    rest = queries.resting(viewer, lead_id)
    context = {
        "rest": rest,
        "shown": listed([rest.lead_id])[rest.lead_id],
        "why": queries.why_of([rest])[rest.pk],
        "over": word(OVER, rest.end) if rest.end else "",
        "ways": queries.ways(rest),
        "numbers": numbers,
        "touches": queries.touches_of(rest),
        "results": _results(),
        "touch_id": uuid7(),
        "is_seen": queries.is_seen(viewer, rest.lead_id),
        "now": _now(),
    }
    return render(request, "resting/lead.html", context)


def _results() -> list[tuple[str, object, str]]:
    return [(code, RESULTS[code], RESULT_ICONS[code]) for code in Touch.Result.values]


def _said(request: HttpRequest) -> actions.TouchIn:
    """Read what was sent. Raises TouchUnknown."""
    seen = number(request.POST.get("seen", ""))
    try:
        touch_id = UUID(request.POST.get("touch", ""))
    except ValueError as wrong:
        raise TouchUnknown from wrong
    if seen is None:
        raise TouchUnknown
    return actions.TouchIn(touch_id, request.POST.get("result", ""), seen)


def _kept(kept: Touch, now: datetime) -> str:
    words = {"result": word(RESULTS, kept.result)}
    if kept.result == Touch.Result.INTEREST:
        return _("Kept: %(result)s. The lead goes to somebody by turn.") % words
    if kept.result == Touch.Result.NEVER:
        return _("Kept: %(result)s. Nobody will touch it any more.") % words
    next_at = kept.rest.next_touch_at
    if next_at is None:
        return _("Kept: %(result)s. That was the last touch; it rests on.") % words
    words["time"] = short_day(next_at.astimezone(now.tzinfo))
    return _("Kept: %(result)s. Due again %(time)s") % words


def _refused(refused: ClewError) -> str:
    name = refused.details.get("name")
    if isinstance(refused, TouchedAlready) and name:
        return _("%(name)s was faster and has touched it already.") % {"name": name}
    return _(refused.message)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
