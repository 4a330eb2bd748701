"""What a lead's timeline tells of its pipeline."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from clew.base.money import money
from clew.base.sealing import SealBroken
from clew.pipeline.moves.models import Exit, Stage, Stay
from clew.pipeline.moves.queries import move_note, name


@dataclass(frozen=True, slots=True)
class Along:
    """Names of stages; by their times, why somebody moved the lead, and why it left and where it went."""

    stages: dict[int, str] = field(default_factory=dict)
    notes: dict[datetime, str] = field(default_factory=dict)
    exits: dict[datetime, tuple[str, str]] = field(default_factory=dict)


def along(lead_id: UUID, events: Collection[str]) -> Along:
    """Fetch what moves and exits are told by: three statements, none where there were none."""
    if not {"LeadMoved", "LeadLeft"} & set(events):
        return Along()
    noted = Stay.objects.filter(lead=lead_id, note__isnull=False)
    left = Exit.objects.filter(lead=lead_id).select_related("reason")
    return Along(
        stages={stage.pk: name(stage) for stage in Stage.objects.all()},
        notes={stay.entered_at: _note_of(stay) for stay in noted},
        exits={one.at: (name(one.reason), _gone_to(one)) for one in left if one.reason},
    )


def _gone_to(one: Exit) -> str:
    price = "" if one.price_minor is None else money(one.price_minor, one.currency)
    return " · ".join(part for part in (one.rival, price) if part)


def _note_of(stay: Stay) -> str:
    try:
        return move_note(stay)
    except SealBroken:
        return _("The text cannot be opened with the present key")
