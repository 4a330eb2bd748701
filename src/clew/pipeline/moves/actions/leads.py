"""Moving leads along their pipelines, and out of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.base.live import Hint, announce
from clew.base.sealing import seal
from clew.handoff.actions.locks import lock_leads
from clew.handoff.belt.placing import held
from clew.handoff.calendars import time_between
from clew.handoff.models import Placement
from clew.handoff.queries import check_changeable, placement_of, visible_lead
from clew.pipeline.actions.leads import NOTE_AT_MOST, close_lead
from clew.pipeline.belt import enter_stage
from clew.pipeline.errors import LeadNotClaimed, NoteTooLong
from clew.pipeline.moves.errors import (
    ExitReasonMissing,
    LeadElsewhere,
    LeadThereAlready,
    RivalTooLong,
    StageIsAfterWinning,
    StageIsBeforeWinning,
    StageMissing,
    StageOfAnotherPipeline,
    StageRetired,
)
from clew.pipeline.moves.events import LeadLeft, LeadMoved, ValueEstimated
from clew.pipeline.moves.models import Estimate, Exit, ExitReason, Stage, Stay
from clew.pipeline.moves.queries import Standing, note_place, stages_beside, standing_of, step
from clew.pipeline.moves.rules import how, is_open_to
from clew.pipeline.stages import ANSWERS

FLOW = Actor("system", "flow")
NAME_AT_MOST = 60
WON = "won"
SETTLED = {"merged"}  # ends that are no loss
PIECE = 100


@dataclass(frozen=True, slots=True)
class Leaving:
    """Why a lead leaves: a reason of its stage; where it went to another one, to whom and at which price."""

    reason_id: int
    rival: str = ""
    price_minor: int | None = None


@transaction.atomic
def move(
    lead_id: UUID,
    stage_id: int,
    *,
    member: Member,
    now: datetime,
    note: str = "",
    seen: int | None = None,
) -> Stay:
    """Put a lead into another stage of its pipeline; `seen`: the stage that the member saw it in.

    Raises LeadMissing, LeadNotClaimed, LeadElsewhere, LeadThereAlready, StageMissing, StageRetired,
    StageOfAnotherPipeline, StageIsAfterWinning, StageIsBeforeWinning, NoteTooLong.
    """
    if len(note) > NOTE_AT_MOST:
        raise NoteTooLong
    placement = _locked(member, lead_id)
    stands = _standing(placement.lead_id)
    if seen is not None and seen != stands.stage_id:
        raise LeadElsewhere
    stages = stages_beside(stands.stage_id)
    to = _chosen(stage_id, stages)
    is_won = placement.kind == Placement.Kind.CLOSED
    if not is_open_to(step(to), map(step, stages), is_won=is_won):
        raise StageIsBeforeWinning if is_won else StageIsAfterWinning
    if to.pk == stands.stage_id:
        raise LeadThereAlready
    return _go(placement.lead_id, stands, to, stages, actor=_by(member), now=now, note=note)


@transaction.atomic
def leave(lead_id: UUID, leaving: Leaving, *, member: Member, now: datetime) -> Exit:
    """Let a lead leave its pipeline lost, and close it as the reason says.

    Raises LeadMissing, LeadNotClaimed, ExitReasonMissing where the reason is none of its stage, RivalTooLong.
    """
    placement = _locked(member, lead_id)
    if placement.kind != Placement.Kind.PERSON:
        raise LeadNotClaimed
    stands = _standing(placement.lead_id)
    reason = ExitReason.objects.filter(
        pk=leaving.reason_id, stage=stands.stage_id, retired_at=None
    ).first()
    if reason is None:
        raise ExitReasonMissing
    if len(leaving.rival) > NAME_AT_MOST:
        raise RivalTooLong
    _end(placement.lead_id, stands, Stay.Outcome.LEFT, now)
    _return(placement.lead_id, now)
    made = Exit.objects.create(
        lead_id=placement.lead_id,
        stage_id=stands.stage_id,
        reason=reason,
        end=reason.end,
        rival=leaving.rival if reason.asks_rival else "",
        price_minor=leaving.price_minor if reason.asks_rival else None,
        team_id=placement.team_id,
        member_id=placement.seat.member_id if placement.seat else None,
        at=now,
    )
    close_lead(placement.lead_id, reason=reason.end, member=member, now=now)
    append(LeadLeft(made.lead_id, made.stage_id, reason.pk, made.end), actor=_by(member), at=now)
    return made


@transaction.atomic
def estimate(lead_id: UUID, value_minor: int, *, member: Member, now: datetime) -> Estimate:
    """Say what a lead may be worth, in cents. Raises LeadMissing, LeadNotOpen."""
    lock_leads([visible_lead(member, lead_id).pk])
    lead = visible_lead(member, lead_id)
    check_changeable(member, [lead.pk])
    Estimate.objects.filter(lead=lead, superseded_at=None).update(superseded_at=now)
    made = Estimate.objects.create(lead=lead, value_minor=value_minor, member=member, at=now)
    append(ValueEstimated(lead.pk, made.pk), actor=_by(member), at=now)
    return made


@transaction.atomic
def advance(lead_id: UUID, sign: str, now: datetime) -> None:
    """Put a lead into the stage that a sign brings it to, if it stands before it. Repeating it does nothing."""
    lock_leads([lead_id])
    placement = placement_of(lead_id)
    is_closed = placement.kind == Placement.Kind.CLOSED
    if is_closed != (sign == WON) or (is_closed and placement.reason != WON):
        return
    stands = standing_of(lead_id)
    stages = stages_beside(stands.stage_id) if stands else []
    to = next((s for s in stages if s.enters_on == sign and s.retired_at is None), None)
    if stands is None or to is None:
        return
    before = next(s for s in stages if s.pk == stands.stage_id)
    if before.position < to.position:
        _go(lead_id, stands, to, stages, actor=FLOW, now=now)


def follow_call(lead_id: UUID, result: str, now: datetime) -> None:
    """Put a lead into the stage that an attempt, or an answered one, brings it to."""
    advance(lead_id, Stage.Sign.TRIED, now)
    if result in ANSWERS:
        advance(lead_id, Stage.Sign.ANSWERED, now)


@transaction.atomic
def close(lead_id: UUID, end: str, now: datetime) -> None:
    """Let a lead that was closed otherwise than by `leave` end its stay, with no reason but how it ended.

    A won one comes into the winning stage. Repeating it, or a lead that is open again, changes nothing.
    """
    if end == WON:
        advance(lead_id, WON, now)
        return
    lock_leads([lead_id])
    placement = placement_of(lead_id)
    stands = standing_of(lead_id)
    is_known = Exit.objects.filter(
        lead=lead_id, returned_at=None, at__gte=placement.opened_at
    ).exists()
    if placement.kind != Placement.Kind.CLOSED or stands is None or is_known:
        return
    at = placement.opened_at
    if end in SETTLED:
        _end(lead_id, stands, Stay.Outcome.ASIDE, at)
        return
    _end(lead_id, stands, Stay.Outcome.LEFT, at)
    _return(lead_id, at)
    last = _holder(lead_id)
    made = Exit.objects.create(
        lead_id=lead_id,
        stage_id=stands.stage_id,
        end=end,
        team_id=placement.team_id,
        member_id=last.seat.member_id if last and last.seat else None,
        at=at,
    )
    append(LeadLeft(lead_id, made.stage_id, None, end), actor=FLOW, at=now)


@transaction.atomic
def take_up(lead_id: UUID, now: datetime) -> None:
    """Let a lead that is open again go on in the stage that it stood in before it ended. Repeating does nothing."""
    lock_leads([lead_id])
    if placement_of(lead_id).kind == Placement.Kind.CLOSED:
        return
    _return(lead_id, now)
    stays = list(Stay.objects.filter(lead=lead_id).select_related("stage").order_by("-number"))
    if not stays:
        return
    last = stays[0]
    stages = stages_beside(last.stage_id)
    winning = next((s.position for s in stages if s.enters_on == WON and not s.retired_at), None)
    is_customer = winning is not None and last.stage.position >= winning
    if last.left_at is None and not is_customer:
        return
    before = (s.stage for s in stays if winning is None or s.stage.position < winning)
    back = next(before, last.stage)
    to = next((s for s in stages if s.pk == (back.into_id or back.pk)), back)
    if last.left_at is None:
        _end(lead_id, Standing(last.stage_id, last.entered_at, last.number), Stay.Outcome.BACK, now)
    _stay(lead_id, to, last.number + 1, Stay.How.REOPENED, actor=FLOW, now=now)


def empty_retired(now: datetime) -> bool:
    """Move some leads out of a retired stage. Returns whether there was anything to do."""
    waiting = Stay.objects.filter(stage__retired_at__isnull=False, left_at=None)
    found = list(waiting.order_by("stage", "lead").values_list("lead_id", flat=True)[:PIECE])
    for lead_id in found:
        _move_out(lead_id, now)
    return bool(found)


@transaction.atomic
def _move_out(lead_id: UUID, now: datetime) -> None:
    lock_leads([lead_id])
    stands = _standing(lead_id)
    stages = {stage.pk: stage for stage in stages_beside(stands.stage_id)}
    to = stages[stands.stage_id]
    while to.into_id:
        to = stages[to.into_id]
    if to.pk != stands.stage_id:
        _end(lead_id, stands, Stay.Outcome.ASIDE, now)
        _stay(lead_id, to, stands.number + 1, Stay.How.RETIRED, actor=FLOW, now=now)


def _go(
    lead_id: UUID,
    stands: Standing,
    to: Stage,
    stages: Sequence[Stage],
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> Stay:
    before = next(stage for stage in stages if stage.pk == stands.stage_id)
    way = how(step(before), step(to), map(step, stages))
    outcome = Stay.Outcome.BACK if way == Stay.How.BACK else Stay.Outcome.ONWARD
    number = _end(lead_id, stands, outcome, now)
    stay = _stay(lead_id, to, number + 1, way, actor=actor, now=now, note=note)
    append(LeadMoved(lead_id, to.pk, before.pk, way), actor=actor, at=now)
    return stay


def _stay(
    lead_id: UUID,
    stage: Stage,
    number: int,
    way: str,
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> Stay:
    sealed = seal(note.encode(), note_place(lead_id, number)) if note else None
    stay = Stay.objects.create(
        lead_id=lead_id,
        stage=stage,
        number=number,
        how=way,
        entered_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        note=sealed,
    )
    enter_stage(lead_id, now)
    placement = placement_of(lead_id)
    if placement.seat:
        announce([Hint(lead_id, member_id=placement.seat.member_id)])
    return stay


def _end(lead_id: UUID, stands: Standing, outcome: str, now: datetime) -> int:
    """End the stay that a lead stands in; the first one is written now, where nobody had moved it. Give its number."""
    at = max(now, stands.since)
    ended = {"left_at": at, "outcome": outcome, "work_seconds": _worked(lead_id, stands.since, at)}
    _open_stay(lead_id).update(**ended)
    if stands.number:
        return stands.number
    Stay.objects.create(
        lead_id=lead_id,
        stage_id=stands.stage_id,
        number=1,
        how=Stay.How.ENTERED,
        entered_at=stands.since,
        actor_kind="system",
        actor_id="belt",
        **ended,
    )
    return 1


def _return(lead_id: UUID, now: datetime) -> None:
    """Let an exit stand no more: the lead was taken up again since."""
    Exit.objects.filter(lead=lead_id, returned_at=None).update(returned_at=now)


def _open_stay(lead_id: UUID) -> QuerySet[Stay]:
    return Stay.objects.filter(lead=lead_id, left_at=None)


def _worked(lead_id: UUID, since: datetime, until: datetime) -> int:
    """Count working seconds by the hours of whoever has the lead; by the clock where nobody has."""
    hours = next((p.hours for p in held(lead_id)), None)
    spent = time_between(hours, since, until) if hours else until - since
    return spent // timedelta(seconds=1)


def _locked(member: Member, lead_id: UUID) -> Placement:
    """Lock a lead and give where it stands, if the member may see it and somebody has it, or it is won."""
    lock_leads([visible_lead(member, lead_id).pk])
    placement = placement_of(visible_lead(member, lead_id).pk)
    is_won = placement.kind == Placement.Kind.CLOSED and placement.reason == WON
    if placement.kind != Placement.Kind.PERSON and not is_won:
        raise LeadNotClaimed
    return placement


def _standing(lead_id: UUID) -> Standing:
    stands = standing_of(lead_id)
    if stands is None:
        raise StageMissing
    return stands


def _chosen(stage_id: int, stages: Sequence[Stage]) -> Stage:
    """Give a stage in use among those of the lead's pipeline. One retired at this moment is emptied later."""
    chosen = next((stage for stage in stages if stage.pk == stage_id), None)
    if chosen is None:
        is_there = Stage.objects.filter(pk=stage_id).exists()
        raise StageOfAnotherPipeline if is_there else StageMissing
    if chosen.retired_at is not None:
        raise StageRetired
    return chosen


def _holder(lead_id: UUID) -> Placement | None:
    found = Placement.objects.filter(lead=lead_id, kind=Placement.Kind.PERSON)
    return found.select_related("seat").order_by("-pk").first()


def _by(member: Member) -> Actor:
    return Actor("member", str(member.pk))
