"""One's notices: the list, how many wait to be read, and that they were."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member
from clew.handoff.queries import visible_lead
from clew.reach.actions.notices import read
from clew.reach.errors import NothingNamed
from clew.reach.queries import notices, unread_count


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The list, newest first; the fragment alone where an open page fetches it again."""
    before = request.GET.get("before", "")
    page = notices(
        _viewer(request), int(before) if before.isdecimal() and len(before) < 19 else None
    )
    is_fragment = "X-Fragment" in request.headers
    template = "reach/_notices.html" if is_fragment else "reach/notices.html"
    return render(request, template, {"page": page, "today": datetime.now(UTC)})


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many wait to be read."""
    return JsonResponse({"unread": unread_count(_viewer(request))})


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """The member has read what there is to a lead, or all."""
    viewer, now = _viewer(request), datetime.now(UTC)
    if "all" in request.POST:
        read(viewer, now)
        return redirect("reach:notices")
    try:
        lead_id = UUID(request.POST.get("lead", ""))
    except ValueError:
        raise NothingNamed from None
    read(viewer, now, [visible_lead(viewer, lead_id).pk])
    return HttpResponse(status=204)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)
