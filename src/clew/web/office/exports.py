"""Sheets of leads: asked for, made in the background, taken until they expire."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clew.access.models import Role
from clew.base.sealing import SealBroken
from clew.base.sheets_out import MEDIA, Format
from clew.base.workbook import SheetFull
from clew.errors import ClewError
from clew.pipeline.actions.exports import Order, ask, delete
from clew.pipeline.actions.exports import take as take_sheet
from clew.pipeline.errors import ExportBroken, RightsChanged
from clew.pipeline.exports import exports, wanted_of
from clew.pipeline.extract import USUAL, how_many
from clew.pipeline.filters import Filter
from clew.pipeline.models import Export
from clew.pipeline.naming import Names, in_words, names
from clew.pipeline.saved.queries import look
from clew.web.office.forms import ExportForm
from clew.web.office.requests import caller, clock, refusal

PAGE = 30
FRAGMENT = "X-Fragment"
PROBLEMS: dict[str, type[ClewError]] = {
    kind.code: kind for kind in (SheetFull, RightsChanged, ExportBroken, SealBroken)
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An export as the list shows it."""

    export: Export
    leads: str
    problem: str
    is_ready: bool
    is_expired: bool

    @property
    def is_under_way(self) -> bool:
        """Tell whether it is still being made."""
        return self.export.ended_at is None


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Exports, newest first: one's own, all for administrators. Only the list for a fragment."""
    viewer, now = caller(request), clock()
    page = Paginator(exports(viewer), PAGE).get_page(request.GET.get("page"))
    known = names(viewer)
    shown = [_shown(export, known, now) for export in page]
    context = {
        "page": page,
        "shown": shown,
        "is_all": viewer.role == Role.ADMINISTRATOR,
        "is_under_way": any(one.is_under_way for one in shown),
    }
    name = "office/_exports.html" if request.headers.get(FRAGMENT) else "office/exports.html"
    return render(request, name, context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Choose what is to be in the sheet; which leads, the address says as that of the list does."""
    viewer = caller(request)
    seen = look(viewer, request.GET.dict() or {"view": ""})
    wanted = seen.wanted.settled(viewer, timezone.localdate())
    form, error = ExportForm(request.POST or None), None
    is_chosen = seen.given or (seen.view and seen.view.columns)
    form.begin_with(seen.columns if is_chosen else USUAL)
    may_unmask = viewer.role == Role.ADMINISTRATOR
    if not may_unmask:
        del form.fields["is_full"], form.fields["reason"]
    if form.is_valid():
        order = _order(form.cleaned_data, wanted)
        error = refusal(request, lambda: ask(order, viewer=viewer, now=clock()))
        if error is None:
            messages.success(request, _("The export is being made. You may go on working."))
            return redirect("office:exports")
    context = {
        "form": form,
        "error": error,
        "wanted": in_words(seen.wanted, names(viewer)),
        "back": seen.address(),
        "count": how_many(viewer, wanted),
        "may_unmask": may_unmask,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "office/export.html", context, status=status)


@require_POST
def take(request: HttpRequest, export_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Send the sheet, piece by piece."""
    export, content = take_sheet(export_id, viewer=caller(request), now=clock())
    kind = Format(export.format)
    answer = StreamingHttpResponse(content, content_type=MEDIA[kind])
    answer.headers["Content-Length"] = str(export.size)
    answer.headers["Content-Disposition"] = attachment(export)
    return answer


@require_POST
def remove(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Delete the sheet; the record of it stays."""
    delete(export_id, viewer=caller(request), now=clock())
    messages.success(request, _("The sheet is deleted."))
    return redirect("office:exports")


def attachment(export: Export) -> str:
    """Name the file for old and new browsers; nothing that somebody typed is in it."""
    at = export.asked_at.astimezone(ZoneInfo(export.zone)).strftime("%Y%m%d-%H%M")
    named = quote(f"{_('leads')}-{at}.{export.format}")
    return f"attachment; filename=\"leads-{at}.{export.format}\"; filename*=UTF-8''{named}"


def _order(data: dict[str, object], wanted: Filter) -> Order:
    columns = data["columns"]
    return Order(
        wanted=wanted,
        columns=tuple(columns) if isinstance(columns, list) else (),
        format=Format(str(data["format"])),
        language=get_language() or "en",
        zone=timezone.get_current_timezone_name(),
        is_masked=not data.get("is_full"),
        reason=str(data.get("reason") or ""),
    )


def _shown(export: Export, known: Names, now: datetime) -> Shown:
    is_expired = export.state == Export.State.DONE and export.expires_at <= now
    return Shown(
        export=export,
        leads=_leads(export, known),
        problem=_(PROBLEMS.get(export.problem, ClewError)().message) if export.problem else "",
        is_ready=export.state == Export.State.DONE and not is_expired,
        is_expired=is_expired,
    )


def _leads(export: Export, known: Names) -> str:
    try:
        return in_words(wanted_of(export), known)
    except SealBroken as broken:
        return _(broken.message)
