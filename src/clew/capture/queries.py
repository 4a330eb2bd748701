"""Reading what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q

from clew.access.models import Member
from clew.base.bulk import as_array
from clew.base.sealing import unseal
from clew.capture.models import Source, Submission
from clew.capture.schemas import Body, decode_body


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
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with brought as (select submission_id, batch_id from capture_importrow
              where submission_id = any(%s::uuid[] || %s::uuid[]) and verdict <> 'duplicate')
            select submission_id from brought where batch_id in
              (select batch_id from brought where submission_id = any(%s::uuid[]))
            """,
            [as_array(others), as_array(submission_ids), as_array(submission_ids)],
        )
        return {submission_id for (submission_id,) in cursor.fetchall()}


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
