"""One's notices: the list, how many wait to be read, and that they were."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member
from clew.base.digits import number
from clew.errors import Invalid
from clew.handoff.queries import visible_lead
from clew.reach.actions.notices import read
from clew.reach.actions.wishes import wish
from clew.reach.errors import NothingNamed
from clew.reach.forms import sent_quiet, sent_wishes, shown
from clew.reach.queries import notices, unread_count

KEY = 18  # digits of the key of a page


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The list, newest first; the fragment alone where an open page fetches it again."""
    page = notices(_viewer(request), number(request.GET.get("before", ""), KEY))
    is_fragment = "X-Fragment" in request.headers
    template = "reach/_notices.html" if is_fragment else "reach/notices.html"
    return render(request, template, {"page": page})


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


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """When one is told of what, by what, and from when until when not at all."""
    viewer, error = _viewer(request), None
    if request.method == "POST":
        try:
            wish(viewer, sent_wishes(request.POST), sent_quiet(request.POST))
        except Invalid as refused:
            error = refused
        else:
            messages.success(request, _("Kept. Holds for what happens from now on."))
            return redirect("reach:preferences")
    context = {"error": error and _(error.message), "page": shown(viewer, request.POST)}
    return render(request, "reach/preferences.html", context, status=422 if error else 200)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)
