"""The pages of a change to many leads: what it would do, how far it is, what came of it."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member
from clew.errors import ClewError, Conflict, Invalid
from clew.handoff.queries import visible_leads
from clew.pipeline.bulk import actions
from clew.pipeline.bulk.forms import TermsForm, said_again
from clew.pipeline.bulk.queries import (
    Tally,
    bulk_edits,
    bulk_seen,
    left,
    may_undo,
    tally,
    terms_of,
)
from clew.pipeline.bulk.wording import ACTS, LEFT, deed
from clew.pipeline.filters import Filter
from clew.pipeline.models import BulkEdit
from clew.pipeline.saved.queries import look
from clew.pipeline.wording import word

AT_ONCE = 100  # more leads than these are the worker's
LISTED = 20


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """List one's own changes, or begin another with the leads that were ticked, or with all that fit."""
    viewer = _viewer(request)
    if request.method != "POST":
        return render(request, "pipeline/bulk_edits.html", {"bulks": _listed(viewer)})
    state = request.POST.get("state", "")[:4_000]
    try:
        bulk_id = UUID(request.POST.get("once", ""))
    except ValueError:
        bulk_id = uuid4()
    try:
        actions.choose(
            bulk_id,
            request.POST.get("act", ""),
            viewer=viewer,
            now=_now(),
            lead_ids=_ticked(request),
            wanted=_all(state, viewer) if request.POST.get("all") else None,
        )
    except Invalid as refused:
        messages.error(request, _(refused.message))
        return redirect(reverse("pipeline:leads") + "?" + QueryDict(state).urlencode())
    return _to(bulk_id, QueryDict(state))


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Show what a change would do, is doing or has done; or say anew what it is to do."""
    viewer = _viewer(request)
    bulk = bulk_seen(viewer, bulk_id)
    if request.method != "POST":
        return _page(request, bulk)
    form, error = TermsForm(bulk.act, viewer, request.POST), None
    if form.is_valid():
        try:
            actions.say(bulk_id, form.terms(), viewer=viewer, now=_now())
        except (Invalid, Conflict) as refused:
            error = refused
        else:
            return _to(bulk_id, request.GET)
    return _page(request, bulk, form=form, error=error)


@require_safe
def progress(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Say how far it has come: the part of the page that is fetched again and again."""
    bulk = bulk_seen(_viewer(request), bulk_id)
    return render(request, "pipeline/_bulk_progress.html", _progress(bulk, tally(bulk)))


@require_POST
def start(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Make the change: at once where it is short, else in the background."""
    viewer = _viewer(request)
    bulk = bulk_seen(viewer, bulk_id)
    try:
        actions.start(bulk_id, viewer=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
        return _to(bulk_id, request.GET)
    _make_short(bulk)
    return _to(bulk_id, request.GET)


@require_POST
def undo(request: HttpRequest, bulk_id: UUID) -> HttpResponse:
    """Take a change back, as far as nobody has gone on from it."""
    viewer = _viewer(request)
    bulk_seen(viewer, bulk_id)
    try:
        back = actions.undo(bulk_id, uuid4(), viewer=viewer, now=_now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
        return _to(bulk_id, request.GET)
    _make_short(back)
    return _to(back.pk, request.GET)


def _make_short(bulk: BulkEdit) -> None:
    if tally(bulk).waiting <= AT_ONCE:
        actions.go_on(bulk.pk, now=_now(), most=AT_ONCE)


def _page(
    request: HttpRequest,
    bulk: BulkEdit,
    *,
    form: TermsForm | None = None,
    error: ClewError | None = None,
) -> HttpResponse:
    viewer, counts = _viewer(request), tally(bulk)
    is_open = bulk.state in {BulkEdit.State.CHOSEN, BulkEdit.State.JUDGED}
    if form is None and is_open:
        form = TermsForm(bulk.act, viewer, initial=said_again(terms_of(bulk)))
    context = {
        **_progress(bulk, counts),
        "deed": deed(bulk.act, terms_of(bulk), viewer),
        "form": form if is_open else None,
        "error": error,
        "reasons": [(word(LEFT, code), n) for code, n in counts.reasons],
        "left": [(one, word(LEFT, one.code)) for one in left(bulk, visible_leads(viewer))],
        "may_undo": may_undo(viewer, bulk, counts, _now()),
        "back": request.GET.urlencode(),
    }
    is_refused = error is not None or bool(form and form.errors)
    return render(request, "pipeline/bulk.html", context, status=422 if is_refused else 200)


def _progress(bulk: BulkEdit, counts: Tally) -> dict[str, object]:
    through = counts.done + counts.left
    return {
        "bulk": bulk,
        "counts": counts,
        "through": through,
        "percent": round(100 * through / max(1, counts.whole)),
        "title": word(ACTS, bulk.act),
    }


def _listed(viewer: Member) -> list[tuple[BulkEdit, str, Tally]]:
    return [
        (bulk, deed(bulk.act, terms_of(bulk), viewer), tally(bulk))
        for bulk in bulk_edits(viewer)[:LISTED]
    ]


def _ticked(request: HttpRequest) -> list[UUID]:
    """Give the leads that were ticked; what is no id was not."""
    ids = []
    for text in request.POST.getlist("lead")[: actions.AT_MOST]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    return ids


def _all(state: str, viewer: Member) -> Filter:
    return look(viewer, QueryDict(state).dict()).wanted.beginning.settled(
        viewer, timezone.localdate()
    )


def _to(bulk_id: UUID, back: QueryDict) -> HttpResponseRedirect:
    query = f"?{back.urlencode()}" if back else ""
    return HttpResponseRedirect(reverse("pipeline:bulk", args=[bulk_id]) + query)


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
