"""Where a play may begin, as one list to choose from."""

from django.utils.translation import gettext as _

from clew.pipeline.moves.models import ExitReason, Stage
from clew.pipeline.moves.queries import name
from clew.pipeline.plays.actions.plays import Place
from clew.pipeline.plays.errors import PlayPlaceUnknown
from clew.pipeline.plays.speaking import place

Choices = list[tuple[str, list[tuple[str, str]]]]


def choices() -> Choices:
    """Offer for each stage in use: who is in it, who left it, and who left it for each reason."""
    stages = Stage.objects.filter(retired_at=None).select_related("pipeline")
    reasons: dict[int, list[ExitReason]] = {}
    for reason in ExitReason.objects.filter(retired_at=None).order_by("position", "pk"):
        reasons.setdefault(reason.stage_id, []).append(reason)
    return [
        (
            place(stage),
            [
                (f"entered:{stage.pk}:", _("who is in this stage")),
                (f"left:{stage.pk}:", _("who left from this stage")),
                *(
                    (f"left:{stage.pk}:{one.pk}", _("who left: %(reason)s") % {"reason": name(one)})
                    for one in reasons.get(stage.pk, [])
                ),
            ],
        )
        for stage in stages.order_by("-pipeline__side", "position", "pk")
    ]


def chosen(code: str) -> Place:
    """Give the place that a choice means. Raises PlayPlaceUnknown."""
    begins, stage, reason = [*code.split(":"), "", ""][:3]
    try:
        return Place(int(stage), begins, int(reason) if reason else None)
    except ValueError as unknown:
        raise PlayPlaceUnknown from unknown
