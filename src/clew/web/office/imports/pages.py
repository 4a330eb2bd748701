"""The imports there are, and one of them as it stands: being read, checked, brought in, done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clew.access.models import Member, Role
from clew.base.files import LARGEST_PIECE
from clew.capture.actions import imports
from clew.capture.errors import ImportMoved
from clew.capture.models import Import
from clew.errors import ClewError, Missing
from clew.web.office.imports import wording
from clew.web.office.requests import actor, caller, clock, refusal

PAGE = 30
COPIED_AT_MOST = 50_000_000  # bytes that are taken once more while somebody waits
State = Import.State
WORKING = frozenset({State.EXAMINING, State.CHECKING, State.IMPORTING, State.UNDOING})
STEPS = {
    State.UPLOADING: 1,
    State.EXAMINING: 1,
    State.FAILED: 1,
    State.EXAMINED: 2,
    State.CHECKING: 3,
    State.CHECKED: 3,
    State.DONE: 5,  # all four are past
    State.UNDONE: 5,
}
LAST_STEP = 4
COUNTED = WORKING - {State.EXAMINING, State.CHECKING} | {State.PAUSED, State.DONE, State.UNDONE}
PAGES = {
    State.UPLOADING: "office/imports/sending.html",
    State.CHECKED: "office/imports/checked.html",
    State.PAUSED: "office/imports/working.html",
    State.FAILED: "office/imports/failed.html",
    State.DONE: "office/imports/result.html",
    State.UNDONE: "office/imports/result.html",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """An import in the list."""

    batch: Import
    state: str
    tone: str
    is_working: bool
    is_counted: bool  # rows have gone in
    share: int
    tally: wording.Tally
    by: str


@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """Every import that the member may see, newest first."""
    batches = theirs(caller(request)).select_related("source")
    page = Paginator(batches, PAGE).get_page(request.GET.get("page"))
    return render(request, "office/imports/list.html", {"page": page, "rows": _listed(list(page))})


@require_safe
def show(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """One import, whatever it waits for."""
    batch = batch_of(request, import_id)
    if batch.state == State.EXAMINED:
        return redirect("office:import_columns", batch.pk)
    return page_of(request, batch)


@require_safe
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """How far it has come: the part of the page that is fetched again and again."""
    return render(request, "office/imports/_progress.html", frame(batch_of(request, import_id)))


@require_POST
def start(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Let the good rows in."""
    return _then_show(request, import_id, imports.start)


@require_POST
def pause(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Let no further row in."""
    return _then_show(request, import_id, imports.pause)


@require_POST
def resume(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Go on."""
    return _then_show(request, import_id, imports.resume)


@require_POST
def undo(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Take back what it brought."""
    return _then_show(request, import_id, imports.undo)


@require_POST
def discard(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Forget a file of which nothing went in."""
    is_there = theirs(caller(request)).filter(pk=import_id).exists()

    def forget() -> None:
        if not is_there:
            raise Missing
        imports.discard(import_id, actor=actor(request), now=clock())

    error = refusal(request, forget)
    if error:
        raise error if is_there else Missing
    return redirect("office:imports")  # also at the second click, when it is gone


def theirs(viewer: Member) -> QuerySet[Import]:
    """The imports that a member may see, newest first: administrators all, others their own."""
    found = Import.objects.order_by("-created_at", "-pk")
    if viewer.role == Role.ADMINISTRATOR:
        return found
    return found.filter(actor_kind="member", actor_id=str(viewer.pk))


def batch_of(request: HttpRequest, import_id: UUID) -> Import:
    """One import that the caller may see. Raises Missing."""
    found = theirs(caller(request)).select_related("source", "file").filter(pk=import_id).first()
    if found is None:
        raise Missing
    return found


def frame(batch: Import, **more: Any) -> dict[str, Any]:
    """What every page of an import shows around its content."""
    return {
        "batch": batch,
        "step": STEPS.get(State(batch.state), LAST_STEP),
        "steps": wording.STEPS,
        "state_words": wording.STATES[batch.state],
        "is_working": batch.state in WORKING,
        "tally": wording.tally(batch),
        "percent": wording.share(batch),
        "is_countable": batch.row_count > 0 and batch.state != State.EXAMINING,
        **more,
    }


def page_of(request: HttpRequest, batch: Import, error: ClewError | None = None) -> HttpResponse:
    """The page of an import as it stands; `error` says why what was asked did not happen."""
    template = PAGES.get(State(batch.state), "office/imports/working.html")
    more: dict[str, Any] = {
        "error": error,
        "problem": wording.problem(batch.problem),
        "took": wording.duration(batch),
        "undo_words": wording.undoing(batch),
        "has_file": batch.file is not None and batch.size <= COPIED_AT_MOST,
        "addresses": addresses(batch),
        "piece_size": LARGEST_PIECE,
    }
    return render(request, template, frame(batch, **more), status=error.status if error else 200)


def addresses(batch: Import) -> dict[str, str]:
    """Where the page's module sends the pieces of a file."""
    places = {"page": "import", "piece": "import_piece", "finish": "import_finish"}
    places["discard"] = "import_discard"
    return {name: reverse(f"office:{route}", args=[batch.pk]) for name, route in places.items()}


def _then_show(
    request: HttpRequest, import_id: UUID, change: Callable[..., object]
) -> HttpResponse:
    batch = batch_of(request, import_id)
    error = refusal(request, lambda: change(batch.pk, actor=actor(request), now=clock()))
    if isinstance(error, ImportMoved):
        raise error
    if error:
        batch.refresh_from_db()
        return page_of(request, batch, error)
    return redirect("office:import", batch.pk)


def _listed(batches: list[Import]) -> list[Listed]:
    ids = {int(b.actor_id) for b in batches if b.actor_kind == "member"}
    names = {str(m.pk): m.name for m in Member.objects.filter(pk__in=ids)}
    return [
        Listed(
            batch=batch,
            state=str(wording.STATES[batch.state]),
            tone=wording.TONES.get(batch.state, "c-t-acc"),
            is_working=batch.state in WORKING,
            is_counted=batch.state in COUNTED,
            share=wording.share(batch),
            tally=wording.tally(batch),
            by=names.get(batch.actor_id, str(wording.TERMINAL)),
        )
        for batch in batches
    ]
