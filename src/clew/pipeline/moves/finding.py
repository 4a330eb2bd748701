"""Finding leads by where they are on their pipeline, and by where and why they left it."""

from datetime import date, datetime, time

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clew.base.digits import number
from clew.capture.models import Source
from clew.handoff.models import Placement
from clew.pipeline.moves.models import Exit, Pipeline, Stage, Stay
from clew.pipeline.stages import NOTHING


def is_at(code: str) -> Q:
    """Find open leads that are in a stage, by its number; what is none finds nothing."""
    open_ = Placement.objects.filter(lead=OuterRef("pk"), closed_at=None).exclude(
        kind=Placement.Kind.CLOSED
    )
    return Q(Exists(open_)) & _in(code, left_at=None)


def was_at(code: str) -> Q:
    """Find leads that ever came into a stage."""
    return _in(code)


def _in(code: str, **stay: None) -> Q:
    """Find leads with such a stay in a stage; nobody's move is needed to be in the first one."""
    stage = _stage(code)
    if stage is None:
        return NOTHING
    stays = Stay.objects.filter(lead=OuterRef("pk"))
    there = Q(Exists(stays.filter(stage=stage, **stay)))
    if stage.pk == _first(stage.pipeline_id):
        there |= ~Q(Exists(stays)) & Q(source__in=_sources(stage.pipeline_id))
    return there


def has_left(stage: str, why: str, since: str) -> Q:
    """Find leads that left a stage lost: why, by a reason's number or an end, and since which day."""
    exits = Exit.objects.filter(lead=OuterRef("pk"), returned_at=None)
    if stage:
        found = _stage(stage)
        if found is None:
            return NOTHING
        exits = exits.filter(stage=found)
    if why:
        exits = exits.filter(reason=int(why)) if number(why) else exits.filter(reason=None, end=why)
    if since:
        try:
            begins = datetime.combine(
                date.fromisoformat(since), time.min, tzinfo=timezone.get_current_timezone()
            )
        except (ValueError, OverflowError):
            return NOTHING
        exits = exits.filter(at__gte=begins)
    return Q(Exists(exits))


def _stage(code: str) -> Stage | None:
    return Stage.objects.filter(pk=int(code)).first() if number(code) else None


def _first(pipeline_id: int) -> int | None:
    found = Stage.objects.filter(pipeline=pipeline_id, retired_at=None)
    return found.order_by("position", "pk").values_list("pk", flat=True).first()


def _sources(pipeline_id: int) -> list[int]:
    """Name the sources whose leads go along a pipeline: the planner knows how many leads each has."""
    side = Pipeline.objects.values_list("side", flat=True).get(pk=pipeline_id)
    found = Source.objects.filter(is_online=side == Pipeline.Side.ONLINE)
    return list(found.values_list("pk", flat=True))
