"""The only writer of how long teams are patient."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from clew.base.ledger import Actor, append
from clew.pipeline.moves.errors import StageMissing
from clew.pipeline.moves.models import Stage
from clew.pipeline.recycling.events import PatienceSet
from clew.pipeline.recycling.models import Patience


@transaction.atomic
def set_patience(team_id: int, days: Mapping[int, int], *, actor: Actor, now: datetime) -> None:
    """Say after how many working days leads of a team go back from which stage. Raises StageMissing.

    Where a stage is not named, the grade decides. Saying the same again changes nothing.
    """
    stands = Patience.objects.filter(team=team_id)
    if dict(stands.values_list("stage_id", "days")) == dict(days):
        return
    if Stage.objects.filter(pk__in=days, retired_at=None).count() < len(days):
        raise StageMissing
    stands.delete()
    Patience.objects.bulk_create(
        Patience(team_id=team_id, stage_id=stage_id, days=count) for stage_id, count in days.items()
    )
    append(PatienceSet(team_id, dict(days)), actor=actor, at=now)
