"""Looking after a customer: planned when a lead is won, done, put off, dropped when it is taken up again."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from clew.access.models import Member, Role, Team
from clew.access.tokens import digest
from clew.base.ids import uuid7
from clew.base.ledger import Actor, append
from clew.base.sealing import seal
from clew.handoff.actions.locks import lock_leads
from clew.handoff.models import Placement
from clew.handoff.queries import placement_of
from clew.pipeline.aftersale import events, rules
from clew.pipeline.aftersale.errors import PlanUnfit, StepMissing, StepOver
from clew.pipeline.aftersale.links import token_of
from clew.pipeline.aftersale.models import CarePlan, CareStep, Survey
from clew.pipeline.aftersale.queries import (
    hours_of_team,
    plan_of,
    step_place,
    steps_of,
    survey_for,
)
from clew.pipeline.errors import NextTimePassed, NoteTooLong

FLOW = Actor("system", "flow")
OPEN_FOR = timedelta(days=90)  # so long a customer may answer after being asked
NOTE_AT_MOST = 2000
Kind = CareStep.Kind


@transaction.atomic
def begin(lead_id: UUID, now: datetime) -> None:
    """Plan what follows a sale for whoever made it. Repeating it, or a lead that is open again, changes nothing."""
    lock_leads([lead_id])
    placement, last = placement_of(lead_id), _last_holder(lead_id)
    if not _is_won(placement) or last is None or last.seat is None:
        return
    if CareStep.objects.filter(lead=lead_id, made_at__gte=placement.opened_at).exists():
        return
    plan, hours = plan_of(last.team_id), hours_of_team(last.team_id)
    for kind, days in ((Kind.CHECK, plan.check_days), (Kind.ASK, plan.ask_days)):
        due_at = rules.due(placement.opened_at, days, hours)
        put(lead_id, kind, keeper(lead_id, last.seat.member), due_at, actor=FLOW, now=now)


@transaction.atomic
def drop(lead_id: UUID, now: datetime) -> None:
    """Let go of what was to be done for a customer whose lead was taken up again. Repeating it does nothing.

    Where it was won anew before anybody heard of that, what follows the new sale stays.
    """
    lock_leads([lead_id])
    going, placement = CareStep.objects.filter(lead=lead_id, done_at=None), placement_of(lead_id)
    if _is_won(placement):
        going = going.filter(made_at__lt=placement.opened_at)
    for step in going:
        step.done_at, step.is_dropped = now, True
        step.save(update_fields=["done_at", "is_dropped"])
        append(events.CareDropped(lead_id, step.pk, step.kind), actor=FLOW, at=now)


@transaction.atomic
def hand_on(member_id: int, now: datetime) -> None:
    """Let others do what a member was to do who has left. Repeating it does nothing."""
    theirs = CareStep.objects.filter(member=member_id, done_at=None)
    lock_leads(list(theirs.values_list("lead_id", flat=True)))
    for step in theirs.select_related("member").order_by("pk"):
        to = keeper(step.lead_id, step.member)
        if to.pk == member_id:
            continue
        step.member = to
        step.save(update_fields=["member"])
        append(events.CareHandedOn(step.lead_id, step.pk, to.pk), actor=FLOW, at=now)


def put(
    lead_id: UUID, kind: str, member: Member, due_at: datetime, *, actor: Actor, now: datetime
) -> None:
    """Put something to be done on a member's day, unless the like is there. The caller holds the lead's lock."""
    if CareStep.objects.filter(lead=lead_id, kind=kind, done_at=None).exists():
        return
    step = CareStep.objects.create(
        lead_id=lead_id, member=member, kind=kind, due_at=due_at, made_at=now
    )
    append(events.CarePlanned(lead_id, step.pk, kind, due_at), actor=actor, at=now)


@transaction.atomic
def finish(step_id: int, note: str, *, member: Member, now: datetime) -> CareStep:
    """Say that something was done, and in one's own words what came of it. Raises StepMissing, StepOver, NoteTooLong."""
    step, said = _lock(step_id, member), note.strip()
    if len(said) > NOTE_AT_MOST:
        raise NoteTooLong
    step.done_at = now
    step.note = seal(said.encode(), step_place(step.pk)) if said else None
    step.save(update_fields=["done_at", "note"])
    done = events.CareDone(step.lead_id, step.pk, step.kind)
    append(done, actor=Actor("member", str(member.pk)), at=now)
    return step


@transaction.atomic
def put_off(step_id: int, due_at: datetime, *, member: Member, now: datetime) -> CareStep:
    """Do something at another time. Raises StepMissing, StepOver, NextTimePassed."""
    step = _lock(step_id, member)
    if due_at <= now:
        raise NextTimePassed
    step.due_at = due_at
    step.save(update_fields=["due_at"])
    planned = events.CarePlanned(step.lead_id, step.pk, step.kind, due_at)
    append(planned, actor=Actor("member", str(member.pk)), at=now)
    return step


@transaction.atomic
def ask(step_id: int, *, member: Member, now: datetime) -> Survey:
    """Make the link under which a customer answers, once for a sale. Raises StepMissing, StepOver."""
    step = _lock(step_id, member)
    known = survey_for(step)
    if known is not None:
        return known
    survey = Survey(
        pk=uuid7(),
        lead_id=step.lead_id,
        member_id=step.member_id,
        made_at=now,
        expires_at=now + OPEN_FOR,
    )
    survey.digest = digest(token_of(survey))
    survey.save(force_insert=True)
    asked = events.SatisfactionAsked(step.lead_id, survey.pk)
    append(asked, actor=Actor("member", str(member.pk)), at=now)
    return survey


@transaction.atomic
def set_plan(team_id: int, plan: rules.Plan, *, member: Member, now: datetime) -> None:
    """Say how a team looks after its customers from the next sale on. The caller has checked the team.

    Raises PlanUnfit.
    """
    if not rules.is_sound(plan):
        raise PlanUnfit
    CarePlan.objects.update_or_create(
        team_id=team_id,
        defaults={
            "check_days": plan.check_days,
            "ask_days": plan.ask_days,
            "low_until": plan.low_until,
            "high_from": plan.high_from,
        },
    )
    changed = events.CarePlanChanged(
        team_id, plan.check_days, plan.ask_days, plan.low_until, plan.high_from
    )
    append(changed, actor=Actor("member", str(member.pk)), at=now)


def manager_of(team_id: int | None, otherwise: Member) -> Member:
    """Give who mends what went wrong: the team's manager who came first, else whoever made the sale."""
    managers = Member.objects.filter(role=Role.MANAGER, is_active=True).order_by("pk")
    return (managers.filter(memberships__team=team_id).first() if team_id else None) or otherwise


def keeper(lead_id: UUID, member: Member) -> Member:
    """Give who does what a member was to do for a customer: they themselves.

    Where they have left, whoever has the lead by now, else the manager of the team that made the sale, else an
    administrator.
    """
    if member.is_active:
        return member
    seat, team = placement_of(lead_id).seat, team_of(lead_id)
    if seat and seat.member.is_active:
        return seat.member
    administrators = Member.objects.filter(
        organisation=member.organisation_id, role=Role.ADMINISTRATOR, is_active=True
    )
    last = administrators.order_by("pk").first() or member
    return manager_of(team.pk if team else None, last)


def team_of(lead_id: UUID) -> Team | None:
    """Give the team that made the sale."""
    last = _last_holder(lead_id)
    return last.team if last else None


def _is_won(placement: Placement) -> bool:
    return placement.kind == Placement.Kind.CLOSED and placement.reason == "won"


def _last_holder(lead_id: UUID) -> Placement | None:
    held = Placement.objects.filter(lead=lead_id, kind=Placement.Kind.PERSON)
    return held.select_related("seat__member", "team").order_by("-pk").first()


def _lock(step_id: int, member: Member) -> CareStep:
    seen = steps_of(member).filter(pk=step_id).first()
    if seen is None:
        raise StepMissing
    lock_leads([seen.lead_id])
    step = CareStep.objects.select_for_update().get(pk=step_id)
    if step.done_at is not None:
        raise StepOver
    return step
