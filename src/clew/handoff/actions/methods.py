"""How teams take leads."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clew.base.ledger import Actor, append
from clew.handoff.errors import SideTaken
from clew.handoff.events import MethodChanged
from clew.handoff.models import Method


@dataclass(frozen=True, slots=True)
class Taking:
    """How a team takes leads: side, hours, and for each grade `turn`, `idle` or `pool`."""

    side: str
    calendar_id: int
    high: str = Method.Way.TURN
    medium: str = Method.Way.TURN
    low: str = Method.Way.POOL


def set_method(team_id: int, taking: Taking, *, actor: Actor, now: datetime) -> Method:
    """Let a team take leads in this way from the next lead on. Raises SideTaken."""
    try:
        with transaction.atomic():
            method, _ = Method.objects.update_or_create(team_id=team_id, defaults=asdict(taking))
            append(MethodChanged(team_id, **asdict(taking)), actor=actor, at=now)
    except IntegrityError as taken:
        raise SideTaken from taken
    return method
