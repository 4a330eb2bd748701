"""Naming sources."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clew.base.ledger import Actor, append
from clew.capture.errors import SourceKeyTaken
from clew.capture.events import SourceAdded, SourceChanged
from clew.capture.models import Source
from clew.errors import Missing


@dataclass(frozen=True, slots=True)
class SourceData:
    """What a source is; cost in cents of one lead. The key stays as it was first given."""

    key: str
    name: str
    kind: str
    is_online: bool
    cost_minor: int
    is_active: bool = True


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
