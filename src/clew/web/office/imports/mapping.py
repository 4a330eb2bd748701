"""What a file is: new enquiries or history, where it comes from, and what each column means."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clew.access.models import Role
from clew.capture import columns
from clew.capture.actions import imports
from clew.capture.actions.sources import add_source
from clew.capture.columns import Plan
from clew.capture.models import Import, Source
from clew.capture.queries import last_plan
from clew.capture.sheets.encodings import ENCODINGS
from clew.capture.sheets.layout import FIND, Layout
from clew.errors import ClewError
from clew.web.office.imports import wording
from clew.web.office.imports.draft import Draft, begin, posted, profiles_of, regarding
from clew.web.office.imports.errors import KindMissing, LayoutWrong, SourceNotChosen, WayMissing
from clew.web.office.imports.pages import State, batch_of, frame, theirs
from clew.web.office.imports.peek import first_rows, layout_of
from clew.web.office.requests import actor, caller, clock, refusal

OPEN = frozenset({State.EXAMINED, State.CHECKED})
PREVIEWED = 5
SHOWN = 300  # columns; of a wider file the others stay as they were guessed
WAYS = frozenset({"phone", "email", "wechat"})
HIGHEST_ROW = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the file as the page shows it."""

    number: int
    name: str
    samples: list[str]
    filled: int
    target: str
    kind: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A row of the file as the lead that it would be."""

    fields: list[tuple[str, str]]
    faults: list[tuple[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Say what is in the file; sent, every row is checked."""
    batch = batch_of(request, import_id)
    if batch.state not in OPEN:
        return redirect("office:import", batch.pk)
    if request.method != "POST":
        return _page(request, batch, begin(batch, theirs(caller(request))))
    draft = posted(request.POST, batch, theirs(caller(request)))
    what = request.POST.get("do", "")
    if what == "saved":
        return _page(request, batch, _as_last_time(batch, draft))
    if what == "again":
        return _page(request, batch, regarding(batch, draft))
    error = refusal(request, lambda: _settle(request, batch, draft))
    if error:
        return _page(request, batch, draft, error)
    return redirect("office:import", batch.pk)


@require_POST
def preview(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The first rows as leads, by the columns as they are chosen at this moment."""
    batch = batch_of(request, import_id)
    if batch.layout is None:
        return HttpResponse(status=204)
    draft = posted(request.POST, batch, theirs(caller(request)))
    return render(request, "office/imports/_preview.html", _looks(batch, draft))


@require_POST
def read_otherwise(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Read the file in another way, chosen by hand."""
    batch = batch_of(request, import_id)
    error = refusal(request, lambda: imports.choose_layout(batch.pk, _layout(request, batch)))
    if error and batch.state in OPEN:
        return _page(request, batch, begin(batch, theirs(caller(request))), error)
    if error:
        raise error
    return redirect("office:import", batch.pk)


def _settle(request: HttpRequest, batch: Import, draft: Draft) -> None:
    """Make the new source, if there is one, and let every row be checked. Raises what is missing."""
    if draft.is_history is None:
        raise KindMissing
    if not draft.is_history and not WAYS & {c.target for c in draft.plan.columns}:
        raise WayMissing
    key = draft.source_key
    with transaction.atomic():
        if draft.new_source and caller(request).role == Role.ADMINISTRATOR:
            key = add_source(draft.new_source, actor=actor(request), now=clock()).key
        if not key:
            raise SourceNotChosen
        imports.settle(batch.pk, source_key=key, plan=draft.plan, actor=actor(request), now=clock())


def _as_last_time(batch: Import, draft: Draft) -> Draft:
    source = Source.objects.filter(key=draft.source_key).first()
    plan = last_plan(source, layout_of(batch).columns) if source else None
    return draft.by(plan) if plan else draft


def _layout(request: HttpRequest, batch: Import) -> Layout:
    """Read the choices off the form. Raises LayoutWrong."""
    given, known = request.POST, layout_of(batch)
    header = given.get("header_row", "")
    row = int(header) if header.isascii() and header.isdecimal() and len(header) < 6 else FIND
    sheet = given.get("sheet", known.sheet)
    encoding, separator = given.get("encoding", ""), given.get("separator", "")
    is_known = encoding in {"", known.encoding, *ENCODINGS} and separator in {
        "",
        known.separator,
        *wording.SEPARATORS,
    }
    if not is_known or row > HIGHEST_ROW or (known.sheets and sheet not in known.sheets):
        raise LayoutWrong
    return Layout(
        kind=known.kind,
        encoding=encoding or known.encoding,
        separator=separator or known.separator,
        quote=known.quote,
        sheet=sheet,
        sheets=known.sheets,
        header_row=row,
        first_row=known.first_row if row == known.header_row and sheet == known.sheet else 0,
    )


def _page(
    request: HttpRequest, batch: Import, draft: Draft, error: ClewError | None = None
) -> HttpResponse:
    viewer = caller(request)
    layout = layout_of(batch)
    context = frame(
        batch,
        error=error,
        step=2,
        layout=layout,
        read_as=wording.read_as(layout, batch.row_count),
        encodings=ENCODINGS,
        separators=wording.SEPARATORS,
        lines=_lines(batch, draft.plan),
        more_columns=max(0, len(draft.plan.columns) - SHOWN),
        targets=wording.targets(draft.plan.fields, has_ends=bool(draft.is_history)),
        kinds=wording.KINDS,
        chips=wording.chips(draft.plan.fields, has_ends=bool(draft.is_history)),
        sources=Source.objects.filter(is_active=True).order_by("name"),
        may_add_source=viewer.role == Role.ADMINISTRATOR,
        earlier=_earlier(batch, theirs(viewer)),
        **_looks(batch, draft),
    )
    return render(
        request, "office/imports/columns.html", context, status=error.status if error else 200
    )


def _lines(batch: Import, plan: Plan) -> list[Line]:
    return [
        Line(
            number=number,
            name=column.name,
            samples=profile.samples,
            filled=100 * profile.filled // batch.row_count if batch.row_count else 0,
            target=column.target or "ignore",
            kind=column.kind,
            is_required=column.is_required,
        )
        for number, (column, profile) in enumerate(
            islice(zip(plan.columns, profiles_of(batch), strict=False), SHOWN)
        )
    ]


def _looks(batch: Import, draft: Draft) -> dict[str, Any]:
    """What changes with every choice: the values of the result, the first rows as leads."""
    return {
        "draft": draft,
        "results": draft.results(profiles_of(batch)),
        "glimpses": [_glimpse(draft, cells) for cells in first_rows(batch, PREVIEWED)],
        "has_way": bool(WAYS & {c.target for c in draft.plan.columns}),
    }


def _glimpse(draft: Draft, cells: list[str]) -> Glimpse:
    read = columns.read(draft.plan, cells, draft.source_key or "preview")
    return Glimpse(
        fields=wording.fields(read, draft.plan.fields),
        faults=[(fault.column, wording.explain(fault.code)[0]) for fault in read.faults],
    )


def _earlier(batch: Import, batches: Any) -> Import | None:
    """The same file, gone in before and not undone."""
    if batch.digest is None:
        return None
    same = batches.filter(digest=batch.digest, started_at__isnull=False).exclude(state=State.UNDONE)
    found: Import | None = same.select_related("source").exclude(pk=batch.pk).first()
    return found
