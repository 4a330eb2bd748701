"""Writing plays, and deciding about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from clew.access.models import Member
from clew.base.json import to_builtins
from clew.base.ledger import Actor, append
from clew.handoff.actions.locks import lock_leads
from clew.pipeline.moves.models import ExitReason, Stage
from clew.pipeline.plays.default_plays import PLAYS
from clew.pipeline.plays.errors import (
    DecisionUnfounded,
    LiftUnreadable,
    NobodyEntersFirstStage,
    PlayChanged,
    PlayMissing,
    PlayNameless,
    PlayPlaceUnknown,
    PlayStateUnfit,
    ShareOutOfRange,
    WindowOutOfRange,
    WindowTooShort,
)
from clew.pipeline.plays.events import PlayDecided, PlayWritten
from clew.pipeline.plays.measuring import measure
from clew.pipeline.plays.models import Decision, Play, Run, Version
from clew.pipeline.plays.rules import FEWEST_HELD_BACK, HELD_BACK_PERCENT, MOST_HELD_BACK
from clew.pipeline.plays.steps import Step, examine, length

NAME_AT_MOST, REASON_AT_MOST = 40, 200
LONGEST_WINDOW = 365
NEXT = {  # what may become of a play, from where
    Play.State.RUNNING: (Play.State.DRAFT, Play.State.STOPPED),
    Play.State.PROMOTED: (Play.State.RUNNING,),
    Play.State.STOPPED: (Play.State.RUNNING, Play.State.PROMOTED),
}
State = Play.State


@dataclass(frozen=True, slots=True)
class PlayIn:
    """A play as it is to be; the assumed lift in basis points, the share in percent."""

    name_zh: str
    name_en: str
    steps: Sequence[Step]
    assumed_bp: int = 0
    starts_itself: bool = False
    held_back_percent: int = HELD_BACK_PERCENT
    window_days: int = 30


@dataclass(frozen=True, slots=True)
class Place:
    """What leads a play is for; fixed once it is written."""

    stage_id: int
    begins: str
    reason_id: int | None = None


@transaction.atomic
def ensure(now: datetime) -> None:
    """Put the default plays in place, as drafts, where there has never been one."""
    if Play.objects.exists():
        return
    stages = {(s.pipeline.side, s.key): s for s in Stage.objects.select_related("pipeline")}
    for one in PLAYS:
        stage = stages.get((one.side, one.stage))
        if stage is None:
            continue
        play = Play.objects.create(
            name_zh=one.zh,
            name_en=one.en,
            stage=stage,
            begins=one.begins,
            assumed_bp=stage.lift_bp,
        )
        Version.objects.create(
            play=play,
            number=1,
            steps=to_builtins(list(one.steps)),
            window_days=one.window_days,
            written_at=now,
        )


@transaction.atomic
def add(place: Place, given: PlayIn, *, member: Member, now: datetime) -> Play:
    """Write a new play, as a draft. Raises PlayPlaceUnknown, NobodyEntersFirstStage and what `change` does."""
    _check(given)
    stage = Stage.objects.filter(pk=place.stage_id, retired_at=None).first()
    if stage is None or place.begins not in Play.Begins.values:
        raise PlayPlaceUnknown
    if place.reason_id is not None:
        found = ExitReason.objects.filter(pk=place.reason_id, stage=stage, retired_at=None)
        if place.begins != Play.Begins.LEFT or not found.exists():
            raise PlayPlaceUnknown
    play = Play(stage=stage, reason_id=place.reason_id, begins=place.begins)
    _fill(play, given)
    play.save()
    _write(play, given, 1, member, now)
    return play


@transaction.atomic
def change(play_id: int, given: PlayIn, *, edition: int, member: Member, now: datetime) -> Play:
    """Change a play that the member has before them as `edition`.

    Other steps, share or days are a new version: leads that are in the play go on by theirs. Of a draft, which no
    lead was in, the one version is written over. Raises PlayMissing, PlayChanged, PlayNameless, LiftUnreadable,
    ShareOutOfRange, WindowOutOfRange, WindowTooShort, NobodyEntersFirstStage, and what `steps.examine` does.
    """
    _check(given)
    play = _locked(play_id)
    if play.edition != edition:
        raise PlayChanged
    _fill(play, given)
    play.edition += 1
    play.save()
    newest = play.versions.latest("number")
    said = (newest.steps, newest.held_back_percent, newest.window_days)
    if said == (_stored(given), given.held_back_percent, given.window_days):
        append(PlayWritten(play.pk, newest.number), actor=_by(member), at=now)
        return play
    if Run.objects.filter(version=newest).exists() or play.state != State.DRAFT:
        _write(play, given, newest.number + 1, member, now)
    else:
        newest.delete()
        _write(play, given, newest.number, member, now)
    return play


@transaction.atomic
def decide(play_id: int, state: str, *, reason: str, member: Member, now: datetime) -> Decision:
    """Start a play, promote it to all leads, or stop it, and keep what its measure says at this moment.

    A stopped one ends at once with every lead. Promoting and stopping need a reason. Raises PlayMissing,
    PlayStateUnfit, DecisionUnfounded.
    """
    play = _locked_with_leads(play_id) if state == State.STOPPED else _locked(play_id)
    if state not in NEXT or play.state not in NEXT[Play.State(state)]:
        raise PlayStateUnfit
    why = " ".join(reason.split())
    if len(why) > REASON_AT_MOST or (state != State.RUNNING and not why):
        raise DecisionUnfounded
    version = play.versions.latest("number")
    measured = measure(version, now)
    bounds = measured.tally.interval()
    decision = Decision.objects.create(
        play=play,
        version=version,
        state=state,
        reason=why,
        member=member,
        at=now,
        played_count=measured.tally.played.count,
        held_back_count=measured.tally.held_back.count,
        difference_bp=round(measured.tally.difference * 10_000),
        low_bp=round(bounds.low * 10_000),
        high_bp=round(bounds.high * 10_000),
    )
    play.state = state
    play.edition += 1
    play.save(update_fields=["state", "edition"])
    if state == State.STOPPED:
        _end_all(play, now)
    append(PlayDecided(play.pk, state, decision.pk), actor=_by(member), at=now)
    return decision


def _end_all(play: Play, now: datetime) -> None:
    """End a play with all leads at once, which the caller has locked; its next steps fall due never more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update plays_run set ended_at = %s, due_at = null, why = 'stopped'
            where play_id = %s and ended_at is null
            """,
            [now, play.pk],
        )


def _write(play: Play, given: PlayIn, number: int, member: Member, now: datetime) -> None:
    Version.objects.create(
        play=play,
        number=number,
        steps=_stored(given),
        held_back_percent=given.held_back_percent,
        window_days=given.window_days,
        written_at=now,
        writer=member,
    )
    append(PlayWritten(play.pk, number), actor=_by(member), at=now)


def _stored(given: PlayIn) -> object:
    return to_builtins(list(given.steps))


def _fill(play: Play, given: PlayIn) -> None:
    if given.starts_itself and play.begins == Play.Begins.ENTERED and _is_first(play.stage):
        raise NobodyEntersFirstStage
    play.name_zh, play.name_en = given.name_zh.strip(), given.name_en.strip()
    play.assumed_bp, play.starts_itself = given.assumed_bp, given.starts_itself


def _is_first(stage: Stage) -> bool:
    before = Stage.objects.filter(pipeline=stage.pipeline_id, retired_at=None)
    return not before.filter(position__lt=stage.position).exists()


def _check(given: PlayIn) -> None:
    names = (given.name_zh.strip(), given.name_en.strip())
    if not any(names) or any(len(name) > NAME_AT_MOST for name in names):
        raise PlayNameless
    if not 0 <= given.assumed_bp <= 10_000:
        raise LiftUnreadable
    if not FEWEST_HELD_BACK <= given.held_back_percent <= MOST_HELD_BACK:
        raise ShareOutOfRange
    if not 1 <= given.window_days <= LONGEST_WINDOW:
        raise WindowOutOfRange
    examine(given.steps)
    if length(given.steps) >= timedelta(days=given.window_days):
        raise WindowTooShort


def _locked(play_id: int) -> Play:
    play = Play.objects.select_for_update().filter(pk=play_id).first()
    if play is None:
        raise PlayMissing
    return play


def _locked_with_leads(play_id: int) -> Play:
    """Lock the leads that a play goes on with, then the play, as all do; anew where others began meanwhile."""
    going = Run.objects.filter(play=play_id, ended_at=None).order_by("lead_id")
    while True:
        with transaction.atomic():
            leads = set(lock_leads(list(going.values_list("lead_id", flat=True))))
            play = _locked(play_id)
            if set(going.values_list("lead_id", flat=True)) <= leads:
                return play
            transaction.set_rollback(True)


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
