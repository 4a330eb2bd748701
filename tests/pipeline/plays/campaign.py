"""What tests of plays begin with: a running play of the stage that a lead is in, and leads in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from clew.base.outbox import follow
from clew.pipeline.moves.models import ExitReason, Stage
from clew.pipeline.plays.actions.playing import advance
from clew.pipeline.plays.actions.plays import Place, PlayIn, add, decide
from clew.pipeline.plays.models import Play
from clew.pipeline.plays.rules import is_held_back
from clew.pipeline.plays.steps import Channel, Kind, Step
from clew.web.flow import FACTS
from tests.company import HOT, enquire
from tests.pipeline.desk import NOON, Desk

DAY = timedelta(days=1)
NUMBERS = count(1)
STEPS = (
    Step(Kind.TASK, 1, zh="再打一次", en="Call once more"),
    Step(Kind.MESSAGE, 3, Channel.WECHAT, "发视频", "Send the video", cost_minor=5),
)
GIVEN = PlayIn("换渠道", "Another channel", STEPS, assumed_bp=700)


def stage(key: str, side: str = "online") -> Stage:
    return Stage.objects.get(pipeline__side=side, key=key)


def reason(key: str, of: str) -> ExitReason:
    return ExitReason.objects.get(stage=stage(of), key=key)


def running(
    at: Desk,
    place: Place | None = None,
    *,
    steps: Sequence[Step] = STEPS,
    starts_itself: bool = False,
    key: str = "asked",
) -> Play:
    """Write a play for who is in a stage, and start it."""
    given = replace(GIVEN, steps=steps, starts_itself=starts_itself)
    place = place or Place(stage(key).pk, Play.Begins.ENTERED)
    play = add(place, given, member=at.company.manager, now=NOON)
    decide(play.pk, "running", reason="", member=at.company.manager, now=NOON)
    play.refresh_from_db()
    return play


def one_played(at: Desk, play: Play, *, is_without: bool = False) -> UUID:
    """Let leads come in until chance gives one of them the play, or none of it."""
    for _ in range(200):
        phone = f"139{next(NUMBERS):08}"
        lead_id = enquire(at.company.site, name="甲", phone=phone, **HOT)
        if is_held_back(lead_id, play.pk, 20) == is_without:
            return lead_id
    raise AssertionError


def settle(now: datetime = NOON) -> None:
    """Follow all facts."""
    while follow(FACTS, now):
        pass


def play_on(now: datetime) -> None:
    """Carry on all that is due."""
    while advance(now):
        pass
