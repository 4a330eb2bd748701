"""Reading what arrived."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet

from clew.access.models import Member, Role
from clew.base.bulk import as_array
from clew.base.sealing import unseal
from clew.capture.columns import Plan
from clew.capture.custom import Choice, Definition, Definitions
from clew.capture.models import CustomField, Import, ImportRow, Source, Submission
from clew.capture.schemas import Body, decode_body
from clew.errors import Denied

PLANS_LOOKED_AT = 20


def open_body(submission_id: UUID, sealed: bytes | memoryview) -> Body:
    """Unseal a submission's body. Raises SealBroken."""
    return decode_body(unseal(bytes(sealed), b"submission:" + submission_id.bytes))


RECENT = timedelta(days=30)


def not_undone(submission_ids: Sequence[UUID]) -> list[UUID]:
    """Leave out what was undone before, and what is no submission."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select id from capture_submission s where id = any(%s::uuid[])
              and not exists (select from capture_undone u where u.submission_id = s.id)
            """,
            [as_array(submission_ids)],
        )
        return [submission_id for (submission_id,) in cursor.fetchall()]


def of_same_files(submission_ids: Sequence[UUID], others: Sequence[UUID]) -> set[UUID]:
    """Give those of `others` that came by a file which one of the submissions came by."""
    others = list(set(others).difference(submission_ids))
    if not others:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with brought as (select submission_id, batch_id from capture_importrow
              where submission_id = any(%s::uuid[] || %s::uuid[]))
            select submission_id from brought where batch_id in
              (select batch_id from brought where submission_id = any(%s::uuid[]))
            """,
            [as_array(others), as_array(submission_ids), as_array(submission_ids)],
        )
        return {submission_id for (submission_id,) in cursor.fetchall()}


def definitions() -> list[Definition]:
    """Give the custom fields in use, in their order."""
    in_use = CustomField.objects.filter(retired_at=None).order_by("position", "pk")
    return [defined(field) for field in in_use]


def all_definitions() -> Definitions:
    """Give every custom field by its key, in their order; those that are retired come last."""
    fields = CustomField.objects.order_by(F("retired_at").asc(nulls_first=True), "position", "pk")
    return {field.key: defined(field) for field in fields}


def defined(field: CustomField) -> Definition:
    """Give a custom field as the rules of its values see it."""
    return Definition(
        key=field.key,
        label=field.label,
        kind=field.kind,  # type: ignore[arg-type]  # the database knows no other
        choices=tuple(Choice(**choice) for choice in field.choices),
        unit=field.unit,
        currency=field.currency,
        is_retired=field.retired_at is not None,
    )


@dataclass(frozen=True, slots=True)
class Yield:
    """A source and what it brought."""

    source: Source
    recent_count: int
    newest_at: datetime | None


def yields(viewer: Member, now: datetime) -> list[Yield]:
    """Give every source with its enquiries of the last thirty days, open ones first. No history."""
    since = now - RECENT
    brought = (
        Submission.objects.filter(undone=None)
        .exclude(channel=Submission.Channel.HISTORY)
        .values("source")
        .annotate(recent=Count("pk", filter=Q(received_at__gt=since)), newest=Max("received_at"))
        .values_list("source", "recent", "newest")
    )
    by_source = {source: (recent, newest) for source, recent, newest in brought}
    return [
        Yield(source, *by_source.get(source.pk, (0, None)))
        for source in Source.objects.order_by("-is_active", "name")
    ]


NEVER_STORED = ("same_row", "known_id")  # duplicates that add nothing to what is there
ROWS_AT_ONCE = 50


def imports(viewer: Member) -> QuerySet[Import]:
    """Give every import, the newest first. Raises Denied to salespeople."""
    if viewer.role == Role.SALESPERSON:
        raise Denied
    return Import.objects.select_related("source").order_by("-created_at")


def verdicts(
    batch: Import, *, verdict: str = "", code: str = "", after: int = 0
) -> QuerySet[ImportRow]:
    """Give the rows of an import beyond number `after`, in order; all, or of one verdict and reason."""
    found = ImportRow.objects.filter(batch=batch, number__gt=after).order_by("number")
    if verdict:
        found = found.filter(verdict=verdict)
    return found.filter(code=code) if code else found


def left_out(batch: Import) -> Iterator[tuple[ImportRow, list[str]]]:
    """Give the refused rows of an import with their cells as they were. Raises SealBroken."""
    for row in verdicts(batch, verdict=ImportRow.Verdict.ERROR).iterator(2000):
        if row.cells is not None:
            yield row, open_cells(row)


def open_cells(row: ImportRow) -> list[str]:
    """Unseal the cells that are kept of a row. Raises SealBroken."""
    opened = unseal(bytes(row.cells or b""), cells_place(row.batch_id, row.number))
    return msgspec.json.decode(opened, type=list[str])


def cells_place(import_id: UUID, number: int) -> bytes:
    """Name the place that the cells of a row are sealed for."""
    return b"row:" + import_id.bytes + number.to_bytes(4, "big")


def last_plan(source: Source, columns: Sequence[str]) -> Plan | None:
    """Give the plan by which a file with these columns last went into the source."""
    for batch in (
        Import.objects.filter(source=source, started_at__isnull=False)
        .exclude(plan=None)
        .order_by("-started_at")[:PLANS_LOOKED_AT]
    ):
        plan = msgspec.convert(batch.plan, Plan)
        if [column.name for column in plan.columns] == list(columns):
            return plan
    return None


def fit_rows(batch: Import, first: int, last: int) -> QuerySet[ImportRow, tuple[int, str]]:
    """Give number and reason of the rows in a stretch that the check found fit to go in."""
    judged = ImportRow.objects.filter(batch=batch, number__range=(first, last), submission=None)
    fit = judged.exclude(verdict=ImportRow.Verdict.ERROR).exclude(code__in=NEVER_STORED)
    return fit.values_list("number", "code")


def known_external_ids(source_id: int, ids: Sequence[str]) -> set[str]:
    """Give those of the ids that the source has already."""
    if not ids:
        return set()
    known = Submission.objects.filter(source=source_id, external_id__in=ids)
    return {id_ for id_ in known.values_list("external_id", flat=True) if id_}


def next_to_undo(batch: Import, count: int) -> list[tuple[int, UUID]]:
    """Give the last rows below the position whose submissions stand, the last first: number and id."""
    standing = ImportRow.objects.filter(
        batch=batch, submission__isnull=False, submission__undone=None
    )
    if batch.position:
        standing = standing.filter(number__lt=batch.position)
    return list(standing.order_by("-number").values_list("number", "submission_id")[:count])


def waiting_rows(batch: Import, count: int) -> list[tuple[int, str, UUID]]:
    """Give rows that wait for the belt: number, reason at the check, submission."""
    waiting = verdicts(batch, verdict=ImportRow.Verdict.WAITING)
    return list(waiting.values_list("number", "code", "submission_id")[:count])
