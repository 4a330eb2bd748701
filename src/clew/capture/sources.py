"""Sources: read with what each brought, added and changed by administrators."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q

from clew.access.models import Member
from clew.base.ledger import Actor, Event, append
from clew.capture.models import Source, Submission
from clew.errors import Conflict, Missing

RECENT = timedelta(days=30)


class SourceKeyTaken(Conflict):
    """There is a source with this key already."""

    code = "source_key_taken"


@dataclass(frozen=True, slots=True)
class SourceAdded(Event):
    """A source was named."""

    source_id: int


@dataclass(frozen=True, slots=True)
class SourceChanged(Event):
    """A source's kind, way, cost or state changed for what arrives from then on."""

    source_id: int
    kind: str
    is_online: bool
    cost_minor: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a source is; cost in cents of one lead. The key stays as it was first given."""

    key: str
    name: str
    kind: str
    is_online: bool
    cost_minor: int
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Yield:
    """A source and what it brought."""

    source: Source
    recent_count: int
    newest_at: datetime | None


def add_source(given: SourceData, *, actor: Actor, now: datetime) -> Source:
    """Name a source. Raises SourceKeyTaken."""
    try:
        with transaction.atomic():
            source = Source.objects.create(**asdict(given), created_at=now)
            append(SourceAdded(source.pk), actor=actor, at=now)
    except IntegrityError as taken:
        raise SourceKeyTaken from taken
    return source


@transaction.atomic
def change_source(given: SourceData, *, actor: Actor, now: datetime) -> Source:
    """Change the source with this key. Leads that have arrived keep their cost. Raises Missing."""
    source = Source.objects.select_for_update().filter(key=given.key).first()
    if source is None:
        raise Missing
    source.name, source.kind, source.is_online = given.name, given.kind, given.is_online
    source.cost_minor, source.is_active = given.cost_minor, given.is_active
    source.save()
    changed = SourceChanged(
        source.pk, given.kind, given.is_online, given.cost_minor, given.is_active
    )
    append(changed, actor=actor, at=now)
    return source


def yields(viewer: Member, now: datetime) -> list[Yield]:
    """Give every source with its leads of the last thirty days, open ones first."""
    since = now - RECENT
    brought = (
        Submission.objects.values("source")
        .annotate(recent=Count("pk", filter=Q(received_at__gt=since)), newest=Max("received_at"))
        .values_list("source", "recent", "newest")
    )
    by_source = {source: (recent, newest) for source, recent, newest in brought}
    return [
        Yield(source, *by_source.get(source.pk, (0, None)))
        for source in Source.objects.order_by("-is_active", "name")
    ]
