"""Sending a file: whole in a form, or in pieces by a module of the page that goes on where it stopped."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clew.base import files
from clew.base.files import LARGEST_PIECE
from clew.capture.actions import imports
from clew.capture.models import Import
from clew.errors import ClewError, Missing
from clew.web.errors import Unreadable, problem
from clew.web.office.imports import wording
from clew.web.office.imports.pages import State, addresses, batch_of, theirs
from clew.web.office.requests import actor, caller, clock, line, refusal

LONGEST_NAME = 200
LONGEST_NUMBER = 15  # digits of a size or an offset


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Choose a file. Without JavaScript the form carries the whole of it."""
    if request.method != "POST":
        return _page(request)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _page(request, message=_("Choose a file first."), status=422)
    begun: list[Import] = []
    error = refusal(request, lambda: begun.append(_receive(request, file)))
    if error:
        return _page(request, error=error, status=error.status)
    batch = begun[0] if begun else theirs(caller(request)).first()
    return redirect("office:import", batch.pk) if batch else redirect("office:imports")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Expect a file in pieces; tells where they go."""
    name, size = (
        line(request.POST.get("name", ""), LONGEST_NAME),
        _number(request.POST.get("size", "")),
    )
    begun: list[Import] = []
    error = refusal(
        request,
        lambda: begun.append(imports.begin(name, size, actor=actor(request), now=clock())),
    )
    if error:
        return problem(request, error)
    batch = begun[0] if begun else theirs(caller(request)).first()
    if batch is None:
        raise Unreadable
    return JsonResponse(addresses(batch))


@require_http_methods(["GET", "HEAD", "POST"])
def piece(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Take the bytes from `offset` on; tells how many there are, which is where to go on."""
    batch = batch_of(request, import_id)
    if request.method == "POST":
        offset = _number(request.GET.get("offset", ""))
        return JsonResponse({"size": imports.add_piece(batch.pk, offset, request.body)})
    return JsonResponse({"size": batch.file.size if batch.file else 0})


@require_POST
def finish(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Every byte is there: let the file be read."""
    imports.finish_upload(batch_of(request, import_id).pk)
    return JsonResponse({"page": reverse("office:import", args=[import_id])})


@require_POST
def again(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Take the file of an import that was undone once more, without sending it."""
    batch = batch_of(request, import_id)
    begun: list[Import] = []
    error = refusal(request, lambda: begun.append(_copy(request, batch)))
    if error:
        raise error
    fresh = begun[0] if begun else theirs(caller(request)).first() or batch
    return redirect("office:import", fresh.pk)


def _receive(request: HttpRequest, file: "UploadedFile[bytes]") -> Import:
    size = file.size or 0
    name = line(file.name or "", LONGEST_NAME)
    batch = imports.begin(name, size, actor=actor(request), now=clock())
    offset = 0
    for chunk in file.chunks(LARGEST_PIECE):
        offset = imports.add_piece(batch.pk, offset, chunk)
    return imports.finish_upload(batch.pk)


def _copy(request: HttpRequest, batch: Import) -> Import:
    """Send the bytes that are here already. Raises Missing where they have expired."""
    if batch.file_id is None:
        raise Missing
    fresh = imports.begin(batch.name, batch.size, actor=actor(request), now=clock())
    offset = 0
    for piece_ in files.read(batch.file_id):
        offset = imports.add_piece(fresh.pk, offset, piece_)
    return imports.finish_upload(fresh.pk)


def _number(text: str) -> int:
    """Read a size or an offset. Raises Unreadable."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise Unreadable
    return int(text)


def _page(
    request: HttpRequest, *, message: str = "", error: ClewError | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "step": 1,
        "steps": wording.STEPS,
        "message": message,
        "error": error,
        "piece_size": LARGEST_PIECE,
        "unfinished": theirs(caller(request)).filter(state=State.UPLOADING)[:5],
    }
    return render(request, "office/imports/new.html", context, status=status)
