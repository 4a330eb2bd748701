"""Reading pipelines: the stages, and where leads stand on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language

from clew.base.bulk import as_array
from clew.base.sealing import unseal
from clew.pipeline.moves.models import ExitReason, Pipeline, Stage, Stay
from clew.pipeline.moves.rules import Step

# Where leads stand: in the stage of the stay that is open, else of the last one, else in the first stage of
# the pipeline that their source belongs to, since they came in.
STANDINGS = """
select l.id, coalesce(y.stage_id, f.id), coalesce(y.entered_at, l.opened_at), coalesce(y.number, 0)
from contacts_lead l
join capture_source o on o.id = l.source_id
left join lateral (select stage_id, entered_at, number from moves_stay where lead_id = l.id
  order by number desc limit 1) y on true
left join lateral (select g.id from moves_stage g join moves_pipeline p on p.id = g.pipeline_id
  where p.side = case when o.is_online then 'online' else 'offline' end and g.retired_at is null
  order by g.position, g.id limit 1) f on true
where l.id = any(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a lead stands: the stage, since when, and which of its stays that is; 0 where nobody moved it yet."""

    stage_id: int
    since: datetime
    number: int


def standings(lead_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Say where leads stand on their pipelines, or stood last. A lead without any pipeline is left out."""
    with connection.cursor() as cursor:
        cursor.execute(STANDINGS, [as_array(list(lead_ids))])
        return {
            lead_id: Standing(stage_id, since, number)
            for lead_id, stage_id, since, number in cursor.fetchall()
            if stage_id is not None
        }


def standing_of(lead_id: UUID) -> Standing | None:
    """Say where one lead stands."""
    return standings([lead_id]).get(lead_id)


def stages_of(pipeline_id: int) -> list[Stage]:
    """Give all stages of a pipeline in order, retired ones too."""
    return list(Stage.objects.filter(pipeline=pipeline_id).order_by("position", "pk"))


def stages_beside(stage_id: int) -> list[Stage]:
    """Give all stages of the pipeline that a stage is of, in order."""
    of = Stage.objects.filter(pk=stage_id).values("pipeline")
    return list(Stage.objects.filter(pipeline__in=of).order_by("position", "pk"))


def step(stage: Stage) -> Step:
    """Give a stage as the rules take it."""
    return Step(stage.pk, stage.position, stage.enters_on, stage.retired_at is not None)


def reasons_of(stage_id: int) -> list[ExitReason]:
    """Give the reasons in use for leaving a stage, in order."""
    found = ExitReason.objects.filter(stage=stage_id, retired_at=None)
    return list(found.order_by("position", "pk"))


def name(named: Pipeline | Stage | ExitReason) -> str:
    """Name something in the reader's language."""
    language = get_language() or "en"
    names = (named.name_zh, named.name_en)
    mine, other = names if language.startswith("zh") else names[::-1]
    return mine or other


def stays_of(lead_id: UUID) -> Sequence[Stay]:
    """Give the stays of a lead, oldest first."""
    return list(Stay.objects.filter(lead=lead_id).order_by("number"))


def move_note(stay: Stay) -> str:
    """Unseal why a lead was moved, in somebody's own words. Raises SealBroken."""
    return (
        unseal(bytes(stay.note), note_place(stay.lead_id, stay.number)).decode()
        if stay.note
        else ""
    )


def note_place(lead_id: UUID, number: int) -> bytes:
    """Name the place that such words are sealed for."""
    return b"move:" + lead_id.bytes + str(number).encode()
