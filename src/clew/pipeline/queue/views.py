"""The page of a salesperson's day."""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clew.access.models import Member
from clew.base.json import dumps
from clew.handoff.models import Seat
from clew.handoff.pools.claiming import is_unopened
from clew.handoff.queries import Share, placement_of, shares, visible_lead
from clew.pipeline.aftersale.queries import care_of_day
from clew.pipeline.bulk.queries import acts
from clew.pipeline.bulk.wording import ACTS
from clew.pipeline.dossier import dossier
from clew.pipeline.plays.queries import step_words
from clew.pipeline.queue import actions, late, queries
from clew.pipeline.queue.wording import STRAYS
from clew.pipeline.recycling.wording import warnings
from clew.pipeline.sheet import suggestions, times
from clew.pipeline.wording import GROUPS, RESULTS, word

FRAGMENT = "X-Fragment"
LETTERS_AT_MOST = 200
OF_THE_DAY = {"plan", "pool", "close"}  # what is done to several at once from here


@dataclass(frozen=True, slots=True)
class Section:
    """What waits now, or what comes later today; empty ones too, so that arriving rows find their place."""

    number: int
    title: str
    rows: Sequence[queries.Row]


@dataclass(frozen=True, slots=True)
class Tab:
    """What leads may wait for, and how many do."""

    number: int
    title: str | Promise
    count: int


@require_GET
def my_day(request: HttpRequest) -> HttpResponse:
    """Show what to do today, or only the list where the page asks for a fragment."""
    viewer, now = _viewer(request), _now()
    day = queries.my_day(viewer, now)
    part = request.GET.get("part", "")
    ids = [row.lead_id for row in day.rows]
    backs, told = warnings(ids, now), step_words(ids)
    rows = [
        replace(row, back=backs.get(row.lead_id, ""), why=told.get(row.lead_id, row.why))
        for row in day.rows
        if part in {"", str(int(row.group))}
    ]
    seats = Seat.objects.filter(member=viewer, left_at__isnull=True)
    context = {
        "day": day,
        "sections": _sections(rows),
        "shown": rows,
        "part": part,
        "now": now,
        "has_seat": bool(day.rows) or seats.exists(),
    }
    if request.headers.get(FRAGMENT):
        return render(request, "pipeline/_day.html", context)
    first = rows[0] if rows else None
    more = {
        "tabs": _tabs(day.rows),
        "shares": _own_shares(viewer),
        "selected": dossier(viewer, first.lead_id, now) if first else None,
        "row": first,
        "results": RESULTS.items(),
        "care": care_of_day(viewer, now),
        "strays": [(one, word(STRAYS, one.code)) for one in queries.strays(viewer)],
        "times": times(now, is_final=True),
        "seal": late.seal_key(),
        "acts": [(act, ACTS[act]) for act in acts(viewer) if act in OF_THE_DAY],
        "suggestions": dumps(suggestions(now)),
    }
    return render(request, "pipeline/my_day.html", context | more)


@require_POST
def keep_order(request: HttpRequest) -> HttpResponse:
    """Keep the order in which the page shows the day, so that rows stay where they are."""
    ids = _ids(request.POST.getlist("lead")[: actions.ROWS_AT_MOST])
    actions.keep_order(ids, member=_viewer(request), now=_now())
    return HttpResponse(status=204)


@require_POST
def results(request: HttpRequest) -> HttpResponse:
    """Take in what was given without network. Says which are settled, logged or not, and which cannot be read."""
    viewer, now = _viewer(request), _now()
    try:
        sent = int(request.POST.get("now", ""))
    except ValueError:
        return HttpResponse(status=400)
    done, unread = [], []
    for number, text in enumerate(request.POST.getlist("letter")[:LETTERS_AT_MOST]):
        result = late.read(_letter(text), viewer)
        if result is None:
            unread.append(number)
            continue
        at = late.moment(result, sent=sent, now=now)
        actions.take_in(result, at=at, member=viewer, now=now)
        done.append(number)
    return JsonResponse({"done": done, "unread": unread})


@require_POST
def dismiss(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Drop a result that could not be logged, once its words are read."""
    actions.dismiss(call_id, member=_viewer(request))
    return redirect("pipeline:my_day")


@require_GET
def row(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Give one row of the day; nothing where the lead is the member's, but for another day."""
    viewer = _viewer(request)
    found = queries.row(viewer, lead_id, _now())
    if found is None:
        visible_lead(viewer, lead_id)
        return HttpResponse(status=204)
    back = warnings([lead_id], _now()).get(lead_id, "")
    told = step_words([lead_id]).get(lead_id, found.why)
    shown = replace(found, back=back, why=told)
    return HttpResponse(render_to_string("pipeline/_row.html", {"row": shown}))


@require_GET
def preview(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Show beside the list what to do with a lead, why now and why this grade."""
    viewer, now = _viewer(request), _now()
    place = placement_of(visible_lead(viewer, lead_id).pk)
    if is_unopened(viewer, place, now):
        return redirect("pipeline:lead", place.lead_id)
    context = {
        "selected": dossier(viewer, lead_id, now),
        "row": queries.row(viewer, lead_id, now),
        "results": RESULTS.items(),
    }
    return render(request, "pipeline/_preview.html", context)


def _sections(rows: Iterable[queries.Row]) -> list[Section]:
    found = list(rows)
    waiting = [one for one in found if not one.is_later]
    later = [one for one in found if one.is_later]
    return [Section(0, _("To do now"), waiting), Section(1, _("Later today"), later)]


def _tabs(rows: Iterable[queries.Row]) -> list[Tab]:
    counts = Counter(one.group for one in rows)
    return [Tab(int(group), title, counts[group]) for group, title in GROUPS.items()]


def _own_shares(viewer: Member) -> list[Share]:
    teams = Seat.objects.filter(member=viewer, left_at__isnull=True).values_list("team", flat=True)
    return [share for share in shares(viewer, teams) if share.member_id == viewer.pk]


def _ids(texts: Iterable[str]) -> list[UUID]:
    """Read ids; what is none was not sent."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _letter(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(timezone.get_current_timezone())
