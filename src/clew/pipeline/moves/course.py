"""The way of one lead as its page draws it: where it was, where it is, what lies ahead, and how it may go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from clew.base.sealing import SealBroken
from clew.handoff.models import Placement
from clew.pipeline.clocks.queries import limits
from clew.pipeline.moves.models import Estimate, ExitReason, Stage, Stay, Usual
from clew.pipeline.moves.queries import (
    Standing,
    move_note,
    name,
    reasons_of,
    stages_beside,
    standing_of,
    stays_of,
    step,
)
from clew.pipeline.moves.rules import Knot, Loop, draw, is_open_to
from clew.pipeline.wording import ENDS, moment, span, word

WIDTH = 1168
MARGIN = 64
STEP_AT_MOST = 190
KNOTS_AT_MOST = 7
WON = "won"


@dataclass(frozen=True, slots=True)
class Stop:
    """A point of the drawing. `state` done, now or ahead; `length` of the thread to the next point."""

    x: int
    title: str
    under: str
    state: str
    length: int
    leads_ahead: bool


@dataclass(frozen=True, slots=True)
class Back:
    """A way back: an arc from `x` to `to`, with why in somebody's own words."""

    x: int
    to: int
    why: str

    @property
    def middle(self) -> int:
        """Where its words stand."""
        return (self.x + self.to) // 2


@dataclass(frozen=True, slots=True)
class Choice:
    """A stage that a lead may be moved into; the one that it is in stands among them."""

    stage_id: int
    name: str
    is_here: bool
    is_next: bool


@dataclass(frozen=True, slots=True)
class Course:
    """The way of a lead: the drawing, and what may be done about it."""

    stage_id: int
    name: str
    since: str
    usual: str
    limit: str  # until when it may stay, where that is said
    is_over: bool
    stops: list[Stop]
    backs: list[Back]
    choices: list[Choice]
    reasons: list[tuple[ExitReason, str]]
    estimate: Estimate | None


def course(lead_id: UUID, placement: Placement, now: datetime) -> Course | None:
    """Draw the way of a lead; nothing where there is no pipeline for it. `now` is local."""
    stands = standing_of(lead_id)
    if stands is None:
        return None
    stages = stages_beside(stands.stage_id)
    here = next(stage for stage in stages if stage.pk == stands.stage_id)
    usual = Usual.objects.filter(stage=here.pk, seconds__isnull=False).first()
    usually = span(usual.seconds or 0) if usual else ""
    is_over = placement.kind == Placement.Kind.CLOSED
    is_won = is_over and placement.reason == WON
    end = None
    if is_over:
        end = (word(ENDS, placement.reason), moment(placement.opened_at, now=now))
    limit = limits([lead_id], now).get(lead_id)
    stops, backs = _drawn(stands, stages, lead_id, end=end, usually=usually, now=now)
    is_kept = placement.kind == Placement.Kind.PERSON
    return Course(
        stage_id=here.pk,
        name=name(here),
        since=span(int((now - stands.since).total_seconds())),
        usual=usually,
        limit=moment(limit.until, now=now) if limit else "",
        is_over=limit is not None and limit.is_over,
        stops=stops,
        backs=backs,
        choices=choices(here, stages, is_won=is_won) if is_kept or is_won else [],
        reasons=[(reason, name(reason)) for reason in reasons_of(here.pk)] if is_kept else [],
        estimate=Estimate.objects.filter(lead=lead_id, superseded_at=None).first(),
    )


def choices(here: Stage, stages: Sequence[Stage], *, is_won: bool) -> list[Choice]:
    """Give the stages in use that a lead may be moved into, and the one that it is in."""
    steps = [step(stage) for stage in stages]
    offered = [
        stage
        for stage in stages
        if stage.pk == here.pk
        or (stage.retired_at is None and is_open_to(step(stage), steps, is_won=is_won))
    ]
    following = next((s.pk for s in offered if s.position > here.position), None)
    return [Choice(s.pk, name(s), s.pk == here.pk, s.pk == following) for s in offered]


def _drawn(
    stands: Standing,
    stages: Sequence[Stage],
    lead_id: UUID,
    *,
    end: tuple[str, str] | None,
    usually: str,
    now: datetime,
) -> tuple[list[Stop], list[Back]]:
    """Lay out the stays of a lead, then its end, or else what is still ahead."""
    stays = {stay.number: stay for stay in stays_of(lead_id)}
    names = {stage.pk: name(stage) for stage in stages}
    knots, loops = draw((s.number, s.stage_id, s.how) for s in stays.values())
    last = max(stays, default=0)
    cut, knots, loops = _shortened(knots or [Knot(stands.stage_id, 0)], loops, last)
    points = [
        (names[k.stage], _under(stays.get(k.stay), stands, is_first=cut + i == 0, now=now), "done")
        for i, k in enumerate(knots)
    ]
    at = next(i for i, k in enumerate(knots) if k.stay == last)
    if end:
        points.append((*end, "now"))
    else:
        lasts = span(int((now - stands.since).total_seconds()))
        if usually:
            lasts = _("%(span)s, usually %(usual)s") % {"span": lasts, "usual": usually}
        points[at] = (points[at][0], lasts, "now")
        points += [(names[s.pk], "", "ahead") for s in _ahead(stages, knots[at].stage)]
    stops = _stops(points)
    return stops, [
        Back(stops[loop.start].x, stops[loop.end].x, _why(stays[loop.stay])) for loop in loops
    ]


def _shortened(
    knots: list[Knot], loops: list[Loop], last: int
) -> tuple[int, list[Knot], list[Loop]]:
    """Keep the newest points of a long way, or those from where it is now, and the loops among them."""
    here = next(i for i, knot in enumerate(knots) if knot.stay == last)
    cut = min(here, max(0, len(knots) - KNOTS_AT_MOST))
    end = cut + KNOTS_AT_MOST
    kept = [
        Loop(loop.start - cut, loop.end - cut, loop.stay)
        for loop in loops
        if cut <= min(loop.start, loop.end) and max(loop.start, loop.end) < end
    ]
    return cut, knots[cut:end], kept


def _ahead(stages: Sequence[Stage], stage_id: int) -> list[Stage]:
    """Give the stages in use behind one, as far as the one that wins."""
    here = next(stage for stage in stages if stage.pk == stage_id)
    ahead = [s for s in stages if s.retired_at is None and s.position > here.position]
    winning = next((i for i, s in enumerate(ahead) if s.enters_on == WON), len(ahead))
    return ahead[: winning + 1]


def _stops(points: Sequence[tuple[str, str, str]]) -> list[Stop]:
    wide = min(STEP_AT_MOST, (WIDTH - 2 * MARGIN) // max(1, len(points) - 1))
    following = [*points[1:], None]
    return [
        Stop(
            MARGIN + number * wide,
            *point,
            length=wide if after else 0,
            leads_ahead=bool(after and after[2] == "ahead"),
        )
        for number, (point, after) in enumerate(zip(points, following, strict=True))
    ]


def _under(stay: Stay | None, stands: Standing, *, is_first: bool, now: datetime) -> str:
    if is_first or stay is None:
        return moment(stay.entered_at if stay else stands.since, now=now)
    until = stay.left_at or now
    return span(int((until - stay.entered_at).total_seconds()))


def _why(stay: Stay) -> str:
    try:
        return move_note(stay)
    except SealBroken:
        return ""
