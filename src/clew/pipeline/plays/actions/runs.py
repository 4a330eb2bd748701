"""Letting leads into plays, by hand or by what happens to them; and out of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from clew.access.models import Member
from clew.base.bulk import as_array
from clew.base.ledger import Actor, append, append_all
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement
from clew.handoff.queries import visible_lead
from clew.pipeline.models import Call
from clew.pipeline.moves.queries import standing_of
from clew.pipeline.plays.errors import (
    LeadHadPlay,
    LeadInPlay,
    NobodyToReach,
    PlayDoesNotFit,
    PlayMissing,
    PlayNotRunning,
    RunMissing,
    StepNotDue,
)
from clew.pipeline.plays.events import PlayBegan, PlayEnded, PlayStepMet
from clew.pipeline.plays.models import Deed, Play, Run
from clew.pipeline.plays.queries import fitting, is_reachable, lead_left
from clew.pipeline.plays.rules import is_held_back
from clew.pipeline.plays.steps import Channel, Kind, read
from clew.pipeline.stages import ANSWERS

PLAYING = Actor("system", "plays")
TAKING = (Play.State.RUNNING, Play.State.PROMOTED)
# What goes on with leads that have a later place where nobody works on them.
OVERTAKEN = """
select r.id, p.kind from plays_run r
join handoff_placement p on p.lead_id = r.lead_id and p.closed_at is null and p.opened_at > r.started_at
where r.lead_id = any(%s::uuid[]) and r.ended_at is null and not r.is_held_back
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """A run that ended: which, of which lead."""

    id: int
    lead_id: UUID


@transaction.atomic
def start(lead_id: UUID, play_id: int, *, member: Member, now: datetime) -> Run:
    """Let a lead into a play that fits it; chance, not the member, says whether it is held back.

    Raises LeadMissing, PlayMissing, PlayNotRunning, PlayDoesNotFit, LeadHadPlay, LeadInPlay, NobodyToReach.
    """
    lock_leads([lead_left(member, lead_id).pk])
    lead = lead_left(member, lead_id)
    play = Play.objects.select_for_update(no_key=True).filter(pk=play_id).first()
    if play is None:
        raise PlayMissing
    if play.state not in TAKING:
        raise PlayNotRunning
    if play.pk not in {one.pk for one in fitting(lead.pk)}:
        raise PlayDoesNotFit
    if Run.objects.filter(lead=lead, play=play).exists():
        raise LeadHadPlay
    if Run.objects.filter(lead=lead, ended_at=None, is_held_back=False).exists():
        raise LeadInPlay
    if not is_reachable(lead.pk):
        raise NobodyToReach
    return _begin(lead.pk, play, Actor("member", str(member.pk)), now)


@transaction.atomic
def follow_left(lead_id: UUID, now: datetime) -> None:
    """Let a lead that left into the play that starts by itself: that of the reason, else that of the stage."""
    _begin_itself(lead_id, Play.Begins.LEFT, now)


@transaction.atomic
def follow_moved(lead_id: UUID, now: datetime) -> None:
    """End what goes on with a lead that moved to another stage, and let it into the play that starts there."""
    lock_leads([lead_id])
    stands = standing_of(lead_id)
    going = Run.objects.filter(lead=lead_id, ended_at=None)
    if stands is not None:
        _end(going.exclude(stage=stands.stage_id).values_list("pk", flat=True), "moved", now)
    _begin_itself(lead_id, Play.Begins.ENTERED, now)


@transaction.atomic
def follow_call(lead_id: UUID, call_id: UUID, now: datetime) -> None:
    """End what goes on with a lead that answered; an attempt alone is the step that was due."""
    lock_leads([lead_id])
    call = Call.objects.filter(pk=call_id).first()
    if call is None:
        return
    at, has_answered = call.at, call.result in ANSWERS
    runs = Run.objects.filter(lead=lead_id, ended_at=None, is_held_back=False, started_at__lte=at)
    _meet(list(runs), at, calls_alone=not has_answered, actor=PLAYING)
    if has_answered:
        _end(runs.values_list("pk", flat=True), "answered", now)


@transaction.atomic
def halt(lead_id: UUID, now: datetime) -> None:
    """End what goes on with a lead that was closed or put into a pool since. Repeating it does nothing."""
    lock_leads([lead_id])
    halt_all([lead_id], now)


def halt_all(lead_ids: Collection[UUID], now: datetime) -> None:
    """Do so for many leads, by one statement where nothing goes on. The caller holds their locks."""
    if not lead_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN, [as_array(lead_ids)])
        found = cursor.fetchall()
    for why, kind in (("closed", Placement.Kind.CLOSED), ("pooled", Placement.Kind.POOL)):
        _end([run_id for run_id, placed in found if placed == kind], why, now)


@transaction.atomic
def heed_writing(now: datetime) -> int:
    """End what goes on with leads whose people have written again. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select r.id from plays_run r where r.ended_at is null and not r.is_held_back
              and exists (select from contacts_repeat p where p.lead_id = r.lead_id and p.at > r.started_at)
            order by r.lead_id limit 1000
            """
        )
        ids = [id_ for (id_,) in cursor.fetchall()]
    if not ids:
        return 0
    lock_leads(list(Run.objects.filter(pk__in=ids).values_list("lead_id", flat=True)))
    return _end(ids, "wrote", now)


@transaction.atomic
def stop(lead_id: UUID, *, member: Member, now: datetime) -> None:
    """Stop the play that goes on with a lead. Raises LeadMissing, RunMissing."""
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)
    going = Run.objects.filter(lead=lead, ended_at=None, is_held_back=False)
    if not _end(
        going.values_list("pk", flat=True), "by_hand", now, Actor("member", str(member.pk))
    ):
        raise RunMissing


@transaction.atomic
def meet(lead_id: UUID, step: int, *, member: Member, now: datetime) -> Deed:
    """Say that the step which a lead's play has put to somebody is done. Saying it again changes nothing.

    Raises LeadMissing, RunMissing, StepNotDue where another step has taken its place.
    """
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)
    run = Run.objects.filter(lead=lead, ended_at=None, is_held_back=False).first()
    if run is None:
        raise RunMissing
    deed = Deed.objects.filter(run=run).order_by("-step").first()
    if deed is None or deed.step != step:
        raise StepNotDue
    if deed.met_at is None:
        actor = Actor("member", str(member.pk))
        _meet([run], now, calls_alone=False, actor=actor)
        deed.refresh_from_db()
        if run.step >= len(read(run.version.steps)):
            _end([run.pk], "through", now, actor)
    return deed


def _begin(lead_id: UUID, play: Play, actor: Actor, now: datetime) -> Run:
    """Write a run, by chance held back; the caller has locked the lead."""
    version = play.versions.latest("number")
    percent = version.held_back_percent if play.state == Play.State.RUNNING else 0
    is_without = is_held_back(lead_id, play.pk, percent)
    first = read(version.steps)[0]
    run = Run.objects.create(
        lead_id=lead_id,
        play=play,
        version=version,
        stage_id=play.stage_id,
        is_held_back=is_without,
        held_back_percent=percent,
        due_at=None if is_without else now + timedelta(days=first.days),
        started_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    append(PlayBegan(lead_id, run.pk, play.pk, is_without), actor=actor, at=now)
    return run


def _begin_itself(lead_id: UUID, begins: str, now: datetime) -> None:
    if not lock_leads([lead_id]):
        return
    plays = fitting(lead_id).filter(begins=begins, starts_itself=True, state__in=TAKING)
    going = Run.objects.filter(lead=lead_id, ended_at=None, is_held_back=False)
    if going.exists() or not is_reachable(lead_id):
        return
    had = list(Run.objects.filter(lead=lead_id).values_list("play", flat=True))
    # Locked, as `start` does, so that nothing begins behind the back of whoever stops the play.
    play = plays.exclude(pk__in=had).select_for_update(no_key=True, of=("self",)).first()
    if play is None:
        return
    _begin(lead_id, play, PLAYING, now)


def _meet(runs: list[Run], at: datetime, *, calls_alone: bool, actor: Actor) -> None:
    """Mark the newest step of each run as done, if it was not; an attempt to call does nothing but a call."""
    for run in runs:
        deed = Deed.objects.filter(run=run, met_at=None, at__lte=at).order_by("-step").first()
        if deed is None or Deed.objects.filter(run=run, step__gt=deed.step).exists():
            continue
        step = read(run.version.steps)[deed.step]
        if calls_alone and (step.kind, step.channel) != (Kind.TASK, Channel.PHONE):
            continue
        deed.met_at = at
        deed.save(update_fields=["met_at"])
        append(PlayStepMet(run.lead_id, run.pk, deed.step), actor=actor, at=at)


def _end(ids: Iterable[int], why: str, now: datetime, actor: Actor = PLAYING) -> int:
    """End runs that go on; the caller has locked their leads. Returns how many."""
    wanted = list(ids)
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update plays_run set ended_at = %s, due_at = null, why = %s
            where id = any(%s) and ended_at is null and not is_held_back returning id, lead_id
            """,
            [now, why, wanted],
        )
        gone = [Gone(*row) for row in cursor.fetchall()]
    append_all([PlayEnded(one.lead_id, one.id, why) for one in gone], actor=actor, at=now)
    return len(gone)


def forget(lead_ids: list[UUID]) -> None:
    """Drop the runs of leads that are undone, with what was done in them."""
    ids = as_array(lead_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            delete from plays_deed where run_id in (select id from plays_run where lead_id = any(%s::uuid[]))
            """,
            [ids],
        )
        cursor.execute("delete from plays_run where lead_id = any(%s::uuid[])", [ids])
