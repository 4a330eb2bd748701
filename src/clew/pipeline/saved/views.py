"""The pages of kept views: saving one, its name and readers, which one's list begins with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Member
from clew.base.digits import number
from clew.errors import ClewError
from clew.pipeline.naming import in_words, names
from clew.pipeline.saved.actions import begin_with, delete, overwrite, rename, save
from clew.pipeline.saved.forms import ViewForm, said_of
from clew.pipeline.saved.queries import Look, filter_of, layout, look, may_change, view_seen, views


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """List the views that the member finds."""
    viewer = _viewer(request)
    known = names(viewer)
    rows = [
        (view, in_words(filter_of(view), known), may_change(viewer, view)) for view in views(viewer)
    ]
    begins = layout(viewer).begins_with_id
    return render(request, "pipeline/views.html", {"rows": rows, "begins": begins})


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Keep what the address shows as a view."""
    viewer = _viewer(request)
    seen = look(viewer, request.GET.dict() or {"view": ""})
    form, error = ViewForm(viewer, request.POST or None), None
    if form.is_valid():
        view_id = _id(request)
        try:
            save(view_id, form.sharing(), seen.wanted, _columns(seen), viewer=viewer, now=_now())
            if form.cleaned_data["begins"]:
                begin_with(view_id, viewer=viewer)
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("The view is saved."))
            return _open(view_id)
    context = {
        "form": form,
        "error": error,
        "seen": seen,
        "words": in_words(seen.wanted, names(viewer)),
    }
    return _form_page(request, context, form, error)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Give a view another name, or other readers."""
    viewer = _viewer(request)
    view = view_seen(viewer, view_id)
    form = ViewForm(viewer, request.POST or None, initial=said_of(view), view=view)
    del form.fields["begins"]
    error = None
    if form.is_valid():
        try:
            rename(view_id, form.sharing(), edition=_edition(request), viewer=viewer, now=_now())
        except ClewError as refused:
            error = refused
        else:
            messages.success(request, _("The view is changed."))
            return redirect("pipeline:views")
    context = {
        "form": form,
        "error": error,
        "view": view,
        "may_change": may_change(viewer, view),
        "words": in_words(filter_of(view), names(viewer)),
    }
    return _form_page(request, context, form, error)


@require_POST
def keep(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Let a view show what is shown now."""
    viewer = _viewer(request)
    view_seen(viewer, view_id)
    state = QueryDict(request.POST.get("state", "")[:4_000])
    seen = look(viewer, state.dict() or {"view": ""})
    try:
        overwrite(
            view_id,
            seen.wanted,
            _columns(seen),
            edition=_edition(request),
            viewer=viewer,
            now=_now(),
        )
    except ClewError as refused:
        messages.error(request, _(refused.message))
        return HttpResponseRedirect(f"{reverse('pipeline:leads')}?{state.urlencode()}")
    messages.success(request, _("The view is saved."))
    return _open(view_id)


@require_POST
def remove(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Delete a view."""
    viewer = _viewer(request)
    view_seen(viewer, view_id)
    try:
        delete(view_id, viewer=viewer, now=_now())
    except ClewError as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("The view is deleted."))
    return redirect("pipeline:views")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Let one's own list begin with a view, or with all leads."""
    sent = request.POST.get("view", "")
    try:
        begin_with(UUID(sent) if sent else None, viewer=_viewer(request))
    except (ValueError, ClewError):
        messages.error(request, _("There is no such view, or it is not shared with you."))
    else:
        messages.success(request, _("Your list begins with it from now on."))
    return redirect("pipeline:views")


def _form_page(
    request: HttpRequest, context: Mapping[str, object], form: ViewForm, error: ClewError | None
) -> HttpResponse:
    is_refused = error is not None or bool(form.errors)
    return render(request, "pipeline/view.html", dict(context), status=422 if is_refused else 200)


def _columns(seen: Look) -> list[str]:
    """Give the columns that a view keeps: what the address names, or the view it came from; else each reader's own."""
    if seen.given:
        return seen.given.split(",")
    return list(seen.view.columns) if seen.view else []


def _open(view_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('pipeline:leads')}?view={view_id}")


def _id(request: HttpRequest) -> UUID:
    """Give the id that the page has made, so that a double click is one view."""
    try:
        return UUID(request.POST.get("once", ""))
    except ValueError:
        return uuid4()


def _edition(request: HttpRequest) -> int:
    return number(request.POST.get("edition", "")) or 0


def _viewer(request: HttpRequest) -> Member:
    """Give the member; strangers have been turned away before any view runs."""
    return cast(Member, request.user)


def _now() -> datetime:
    return datetime.now(UTC)
