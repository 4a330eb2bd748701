"""Reading scripts: what to say in one call, and all of them for whoever writes them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from clew.pipeline.models import FirstContact
from clew.pipeline.moves.models import Pipeline, Stage
from clew.pipeline.moves.queries import name, standing_of
from clew.pipeline.plays.models import Script


@dataclass(frozen=True, slots=True)
class Told:
    """A script as it is read: lines to say, what not to do, the stage that it is for."""

    said: str
    lines: list[str]
    avoid: str
    stage: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a call sheet shows: how to begin, where that is needed, and what to answer."""

    opening: Told | None
    answers: list[Told]


def prompt(lead_id: UUID) -> Prompt:
    """Choose the scripts for a call: those of the lead's stage before those of any.

    How to begin in general is for people who never answered; a stage may have an opening of its own.
    """
    stands = standing_of(lead_id)
    stage_id = stands.stage_id if stands else None
    found = scripts().filter(Q(stage=None) | Q(stage=stage_id)).order_by("stage")
    by_said: dict[str, Script] = {}
    for script in found:  # those of a stage come first, those of any after them
        by_said.setdefault(script.said, script)
    opening = by_said.pop("", None)
    if opening and opening.stage_id is None and _has_answered(lead_id):
        opening = None
    return Prompt(told(opening) if opening else None, [told(one) for one in by_said.values()])


def scripts() -> QuerySet[Script]:
    """Give the scripts in use."""
    return Script.objects.filter(retired_at=None).select_related("stage__pipeline", "writer")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The scripts of a stage, or those for any."""

    stage: Stage | None
    title: str
    scripts: list[tuple[Script, Told]]


def shelves() -> list[Shelf]:
    """Give all scripts in use by stage: first those for any, then along each pipeline."""
    found: dict[int | None, list[Script]] = {}
    for script in scripts().order_by("said", "pk"):
        found.setdefault(script.stage_id, []).append(script)
    stages = Stage.objects.filter(pk__in=[s for s in found if s]).select_related("pipeline")
    ordered = [None, *stages.order_by("-pipeline__side", "position", "pk")]
    return [
        Shelf(
            stage,
            place(stage) if stage else "",
            [(one, told(one)) for one in found.get(stage.pk if stage else None, [])],
        )
        for stage in ordered
    ]


def places() -> list[tuple[int, str]]:
    """Give the stages in use that a script can be for, with pipeline and name."""
    stages = Stage.objects.filter(retired_at=None).select_related("pipeline")
    return [(s.pk, place(s)) for s in stages.order_by("-pipeline__side", "position", "pk")]


def place(stage: Stage) -> str:
    """Name a stage with its pipeline."""
    pipeline: Pipeline = stage.pipeline
    return f"{name(pipeline)} · {name(stage)}"


def told(script: Script) -> Told:
    """Give a script in the reader's language, or in the one that there is."""
    is_chinese = (get_language() or "").startswith("zh")
    lines = script.lines_zh if is_chinese else script.lines_en
    avoid = script.avoid_zh if is_chinese else script.avoid_en
    stage = name(script.stage) if script.stage else ""
    return Told(
        script.said,
        (lines or script.lines_zh or script.lines_en).splitlines(),
        avoid or script.avoid_zh or script.avoid_en,
        stage,
    )


def _has_answered(lead_id: UUID) -> bool:
    return FirstContact.objects.filter(lead=lead_id, answered_at__isnull=False).exists()
