"""The rows of an import by their verdict, and the file of the bad ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clew.base.sheets_out import MEDIA, Format, sheet
from clew.capture.models import Import, ImportRow
from clew.capture.queries import left_out, open_cells, verdicts
from clew.contacts.models import Lead, Repeat
from clew.errors import Missing
from clew.handoff.queries import visible_leads
from clew.web.office.imports import wording
from clew.web.office.imports.pages import batch_of, frame
from clew.web.office.imports.peek import few_rows
from clew.web.office.requests import caller, line

PAGE = 50
HIGHEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in which column, what stands there, and what to do."""

    what: str
    advice: str
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as the page shows it: what stands in it, or the lead that it became."""

    number: int
    faults: list[Fault]
    cells: list[tuple[str, str]]
    lead_id: UUID | None
    title: str


@require_safe
def show(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Exactly the rows with one verdict, or one reason, fifty at a time by their number."""
    batch = batch_of(request, import_id)
    verdict = request.GET.get("verdict", "")
    verdict = verdict if verdict in wording.VERDICTS else ImportRow.Verdict.ERROR.value
    code, after = line(request.GET.get("code", ""), 40), _number(request.GET.get("after", ""))
    found = list(verdicts(batch, verdict=verdict, code=code, after=after)[: PAGE + 1])
    rows = found[:PAGE]
    what, advice = wording.explain(code) if code else ("", "")
    shown = _shown(request, batch, rows)
    context = frame(
        batch,
        rows=shown,
        has_leads=any(row.lead_id for row in shown),
        verdict=verdict,
        code=code,
        what=what,
        advice=advice,
        after=after,
        next=rows[-1].number if len(found) > PAGE else 0,
    )
    return render(request, "office/imports/rows.html", context)


@require_safe
def bad_rows(request: HttpRequest, import_id: UUID, kind: str) -> HttpResponse:
    """The rows that stay out, with the reason beside each, as a file to correct and send again."""
    batch = batch_of(request, import_id)
    if kind not in Format.__members__.values() or batch.layout is None:
        raise Missing
    name = f"{batch.name.rsplit('.', 1)[0]}-{_('bad rows')}.{kind}"
    return HttpResponse(
        bad_sheet(batch, Format(kind)),
        content_type=MEDIA[Format(kind)],
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},  # noqa: FBT003
    )


def bad_sheet(batch: Import, kind: Format) -> Iterator[bytes]:
    """Give the rows that stay out as they were, with the reason in a column of its own, as a file."""
    columns = [*(batch.layout or {"columns": []})["columns"], _("Why it stayed out")]
    rows = islice(left_out(batch), wording.FILE_ROWS)
    lines = ([*_fitted(cells, len(columns) - 1), reasons(row)] for row, cells in rows)
    return sheet(kind, columns, lines)


def reasons(row: ImportRow) -> str:
    """Say in one line why a row stays out."""
    faults = _faults(row, {})
    words = [f"{f.column}: {f.what}" if f.column else f.what for f in faults]
    return "; ".join(words)


def _fitted(cells: list[str], width: int) -> list[str]:
    """Give a row as many cells as there are columns; what is over stands in the last one."""
    if len(cells) <= width:
        return cells + [""] * (width - len(cells))
    return [*cells[: width - 1], " ".join(cells[width - 1 :])]


def _shown(request: HttpRequest, batch: Import, rows: list[ImportRow]) -> list[Shown]:
    columns = batch.layout["columns"] if batch.layout else []
    leads = _leads(request, [row.submission_id for row in rows if row.submission_id])
    bare = [row.number for row in rows if row.cells is None and row.submission_id is None]
    in_file = few_rows(batch, bare)
    return [_one(row, columns, leads, in_file) for row in rows]


def _one(
    row: ImportRow,
    columns: list[str],
    leads: Mapping[UUID, Lead],
    in_file: Mapping[int, list[str]],
) -> Shown:
    cells = open_cells(row) if row.cells is not None else in_file.get(row.number, [])
    by_name = dict(zip(columns, cells, strict=False))
    lead = leads.get(row.submission_id) if row.submission_id else None
    return Shown(
        number=row.number,
        faults=_faults(row, by_name),
        cells=[(name, cell) for name, cell in by_name.items() if cell],
        lead_id=lead.pk if lead else None,
        title=lead.contact.name if lead else "",
    )


def _faults(row: ImportRow, by_name: Mapping[str, str]) -> list[Fault]:
    if not row.code:
        return []
    details = row.details or {}
    pairs = details.get("columns") or [["", row.code]]
    faults = [
        Fault(*wording.explain(code), column=name, value=by_name.get(name, ""))
        for name, code in pairs
    ]
    first = details.get("row")
    return [replace(f, column=wording.in_row(first)) for f in faults] if first else faults


def _leads(request: HttpRequest, ids: list[UUID]) -> dict[UUID, Lead]:
    """The leads that submissions began or strengthened, as far as the caller may see them."""
    led = dict(Repeat.objects.filter(submission__in=ids).values_list("submission", "lead"))
    wanted = {led.get(id_, id_) for id_ in ids}
    seen = visible_leads(caller(request)).filter(pk__in=wanted).select_related("contact")
    by_id = {lead.pk: lead for lead in seen}
    return {id_: by_id[key] for id_ in ids if (key := led.get(id_, id_)) in by_id}


def _number(text: str) -> int:
    return min(int(text), HIGHEST) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
