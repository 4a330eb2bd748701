"""Changing the stages of a pipeline and the reasons for leaving them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.pipeline.actions.leads import ENDS
from clew.pipeline.moves.errors import (
    ExitReasonMissing,
    KeyTaken,
    NameMissing,
    SignTaken,
    StageMissing,
    StageNeeded,
)
from clew.pipeline.moves.events import ExitReasonChanged, StageChanged
from clew.pipeline.moves.models import ExitReason, Pipeline, Stage
from clew.pipeline.moves.seed import PIPELINES, StageSeed

STAGES = 0x73746167  # "stag": stages are put into order by one at a time
NAME_AT_MOST = 40
LOSSES = tuple(end for end in ENDS if end != "won")


@dataclass(frozen=True, slots=True)
class Naming:
    """Names in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StageIn:
    """A stage as it is to be: `enters_on` as in `Stage.Sign`, the assumed lift in basis points."""

    name: Naming
    enters_on: str = ""
    is_contract: bool = False
    lift_bp: int = 0


@transaction.atomic
def ensure() -> None:
    """Put the default pipelines in place where there is none."""
    for side, (zh, en, stages) in PIPELINES.items():
        pipeline, is_new = Pipeline.objects.get_or_create(
            side=side, defaults={"name_zh": zh, "name_en": en}
        )
        if is_new:
            _fill(pipeline, stages)


@transaction.atomic
def add_stage(
    pipeline_id: int, given: StageIn, *, after: int | None, member: Member, now: datetime
) -> Stage:
    """Add a stage behind another one, or before all. Raises NameMissing, SignTaken, StageMissing."""
    _alone()
    _check(given.name)
    stages = list(Stage.objects.filter(pipeline=pipeline_id).order_by("position", "pk"))
    if not Pipeline.objects.filter(pk=pipeline_id).exists():
        raise StageMissing
    place = next((n for n, s in enumerate(stages, 1) if s.pk == after), 0)
    made = Stage(pipeline_id=pipeline_id, key=f"stage-{1 + len(stages)}", position=0)
    _save(made, given)
    _arrange([*stages[:place], made, *stages[place:]])
    _tell(made, "added", member, now)
    return made


@transaction.atomic
def change_stage(stage_id: int, given: StageIn, *, member: Member, now: datetime) -> Stage:
    """Rename a stage, or change what brings leads into it and the lift that is assumed.

    Raises StageMissing, NameMissing, SignTaken.
    """
    _alone()
    _check(given.name)
    stage = _stage(stage_id)
    _save(stage, given)
    _tell(stage, "changed", member, now)
    return stage


@transaction.atomic
def put_stage(stage_id: int, *, by: int, member: Member, now: datetime) -> None:
    """Move a stage by so many places, -1 to the front. Raises StageMissing."""
    _alone()
    stage = _stage(stage_id)
    stages = list(
        Stage.objects.filter(pipeline=stage.pipeline_id, retired_at=None).order_by("position", "pk")
    )
    stages.remove(stage)
    before = Stage.objects.filter(
        pipeline=stage.pipeline_id, retired_at=None, position__lt=stage.position
    ).count()
    stages.insert(max(0, before + by), stage)
    retired = Stage.objects.filter(pipeline=stage.pipeline_id, retired_at__isnull=False)
    _arrange([*stages, *retired.order_by("position", "pk")])
    _tell(stage, "put", member, now)


@transaction.atomic
def retire_stage(stage_id: int, *, into: int, member: Member, now: datetime) -> None:
    """Take a stage out of use; the leads that are in it go into another one, behind this.

    Raises StageMissing, StageNeeded where the other is none of the pipeline in use.
    """
    _alone()
    stage = _stage(stage_id)
    other = (
        Stage.objects.filter(pk=into, pipeline=stage.pipeline_id, retired_at=None)
        .exclude(pk=stage.pk)
        .first()
    )
    if other is None:
        raise StageNeeded
    stage.retired_at, stage.into = now, other
    stage.save(update_fields=["retired_at", "into"])
    _tell(stage, "retired", member, now)


@transaction.atomic
def keep_reason(
    stage_id: int,
    name: Naming,
    *,
    end: str,
    asks_rival: bool,
    member: Member,
    now: datetime,
    reason_id: int | None = None,
) -> ExitReason:
    """Add a reason for leaving a stage, or change one. Raises StageMissing, NameMissing, ExitReasonMissing."""
    _alone()
    _check(name)
    stage = _stage(stage_id)
    if end not in LOSSES:
        raise ExitReasonMissing
    found = ExitReason.objects.filter(stage=stage, retired_at=None)
    if reason_id is None:
        count = ExitReason.objects.filter(stage=stage).count()
        reason = ExitReason(stage=stage, key=f"reason-{1 + count}", position=1 + count)
    else:
        reason = found.filter(pk=reason_id).first() or _none()
    reason.name_zh, reason.name_en = name.zh.strip(), name.en.strip()
    reason.end, reason.asks_rival = end, asks_rival
    reason.save()
    what = "added" if reason_id is None else "changed"
    append(ExitReasonChanged(reason.pk, what), actor=_by(member), at=now)
    return reason


@transaction.atomic
def retire_reason(reason_id: int, *, member: Member, now: datetime) -> ExitReason:
    """Take a reason out of use; exits keep it. Raises ExitReasonMissing."""
    found = ExitReason.objects.select_for_update().filter(pk=reason_id, retired_at=None).first()
    reason = found or _none()
    reason.retired_at = now
    reason.save(update_fields=["retired_at"])
    append(ExitReasonChanged(reason.pk, "retired"), actor=_by(member), at=now)
    return reason


def _fill(pipeline: Pipeline, stages: Iterable[StageSeed]) -> None:
    for position, one in enumerate(stages, 1):
        stage = Stage.objects.create(
            pipeline=pipeline,
            key=one.key,
            position=position,
            name_zh=one.zh,
            name_en=one.en,
            enters_on=one.enters_on,
            is_contract=one.is_contract,
            lift_bp=one.lift_bp,
        )
        ExitReason.objects.bulk_create(
            ExitReason(
                stage=stage,
                key=reason.key,
                position=number,
                name_zh=reason.zh,
                name_en=reason.en,
                end=reason.end,
                asks_rival=reason.asks_rival,
            )
            for number, reason in enumerate(one.reasons, 1)
        )


def _save(stage: Stage, given: StageIn) -> None:
    stage.name_zh, stage.name_en = given.name.zh.strip(), given.name.en.strip()
    stage.enters_on, stage.is_contract = given.enters_on, given.is_contract
    stage.lift_bp = given.lift_bp
    try:
        with transaction.atomic():
            stage.save()
    except IntegrityError as taken:
        raise (SignTaken if given.enters_on else KeyTaken) from taken


def _arrange(stages: Iterable[Stage]) -> None:
    for position, stage in enumerate(stages, 1):
        if stage.position != position:
            Stage.objects.filter(pk=stage.pk).update(position=position)


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [STAGES])


def _check(name: Naming) -> None:
    if not all(0 < len(text.strip()) <= NAME_AT_MOST for text in (name.zh, name.en)):
        raise NameMissing


def _stage(stage_id: int) -> Stage:
    stage = Stage.objects.filter(pk=stage_id, retired_at=None).first()
    if stage is None:
        raise StageMissing
    return stage


def _none() -> ExitReason:
    raise ExitReasonMissing


def _tell(stage: Stage, what: str, member: Member, now: datetime) -> None:
    append(StageChanged(stage.pk, what), actor=_by(member), at=now)


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
