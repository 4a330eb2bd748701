"""Reading what arrived."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q

from clew.access.models import Member
from clew.base.sealing import unseal
from clew.capture.models import Source, Submission
from clew.capture.schemas import Body, decode_body


def open_body(submission_id: UUID, sealed: bytes | memoryview) -> Body:
    """Unseal a submission's body. Raises SealBroken."""
    return decode_body(unseal(bytes(sealed), b"submission:" + submission_id.bytes))


RECENT = timedelta(days=30)


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
        Submission.objects.exclude(channel=Submission.Channel.HISTORY)
        .values("source")
        .annotate(recent=Count("pk", filter=Q(received_at__gt=since)), newest=Max("received_at"))
        .values_list("source", "recent", "newest")
    )
    by_source = {source: (recent, newest) for source, recent, newest in brought}
    return [
        Yield(source, *by_source.get(source.pk, (0, None)))
        for source in Source.objects.order_by("-is_active", "name")
    ]
